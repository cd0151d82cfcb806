# SPDX-License-Identifier: Apache-2.0
# The PicklingTools vocabulary, in C++: brine::ptools puts its include names on the include path and links the library.
# The library needs no C++ compiler. Examples and tests are built where there is one of the same make as the C compiler;
# not in the instrumented builds, whose time they would double (tests/ptools/compile.sh has them instrumented).
add_library(brine_ptools INTERFACE)
target_include_directories(brine_ptools INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include/ptools> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/ptools>)
target_link_libraries(brine_ptools INTERFACE brine_shared)
set_target_properties(brine_ptools PROPERTIES EXPORT_NAME ptools)
add_library(brine::ptools ALIAS brine_ptools)

set(BRINE_PTOOLS_PROGRAMS OFF)
if((BRINE_PROGRAMS OR BRINE_TESTS) AND NOT BRINE_SANITIZE AND NOT BRINE_FUZZ)
    if(BRINE_HAVE_CXX AND CMAKE_CXX_COMPILER_ID STREQUAL CMAKE_C_COMPILER_ID)
        set(BRINE_PTOOLS_PROGRAMS ON)
    else()
        message(STATUS "Programs for PicklingTools are left out: no C++ compiler of the make ${CMAKE_C_COMPILER_ID}")
    endif()
endif()

# A program for PicklingTools: brine_ptools_program TARGET SOURCE. Compiled without optimization: half of the time.
function(brine_ptools_program target source)
    add_executable(${target} ${source})
    target_compile_features(${target} PRIVATE cxx_std_17)
    target_compile_options(${target} PRIVATE -Wpedantic -O0)
    target_link_libraries(${target} PRIVATE brine_ptools brine_flags Threads::Threads)
endfunction()

if(BRINE_PROGRAMS AND BRINE_PTOOLS_PROGRAMS)
    file(GLOB brine_ptools_examples CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/ptools/*.cc)
    foreach(source IN LISTS brine_ptools_examples)
        cmake_path(GET source STEM name)
        brine_ptools_program(examples_${name} ${source})
        set_target_properties(examples_${name} PROPERTIES
            OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples/ptools)
        add_dependencies(brine_programs examples_${name})
    endforeach()
endif()
