# SPDX-License-Identifier: Apache-2.0
# Programs use the public headers only. brine_programs collects their targets.
add_custom_target(brine_programs)

function(brine_program target source library)
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE ${library} brine_flags Threads::Threads m)
    add_dependencies(brine_programs ${target})
endfunction()

# One program for each file of a folder, into a folder of the same name in the build. ARGN: other endings than .c.
function(brine_programs_of folder library)
    set(sources)
    foreach(ending c ${ARGN})
        file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.${ending})
        list(APPEND sources ${found})
    endforeach()
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM name)
        brine_program(${folder}_${name} ${source} ${library})
        set_target_properties(${folder}_${name} PROPERTIES
            OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
    endforeach()
endfunction()

if(BRINE_HAVE_CXX AND NOT BRINE_SANITIZE AND NOT BRINE_FUZZ)
    brine_programs_of(examples brine::brine cpp)
else()
    brine_programs_of(examples brine::brine)
endif()
brine_programs_of(demo brine::brine)
brine_programs_of(bench brine::brine_static)

# bench/wedged compares with another library, in C++. It is left out where there is no C++ compiler, and where the library
# is instrumented for another one. The other programs of bench/ in C++ are built by BrineBench.cmake when asked for.
if(BRINE_HAVE_CXX AND NOT BRINE_SANITIZE AND NOT BRINE_FUZZ)
    brine_program(bench_wedged ${PROJECT_SOURCE_DIR}/bench/wedged.cpp brine::brine_static)
    set_target_properties(bench_wedged PROPERTIES OUTPUT_NAME wedged RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
    find_path(BOOST_INTERPROCESS_INCLUDE_DIR boost/interprocess/ipc/message_queue.hpp)
    if(BOOST_INTERPROCESS_INCLUDE_DIR)
        target_compile_definitions(bench_wedged PRIVATE BRINE_BENCH_BOOST)
        target_include_directories(bench_wedged SYSTEM PRIVATE ${BOOST_INTERPROCESS_INCLUDE_DIR})
    else()
        message(STATUS "bench/wedged is built without Boost.Interprocess: libboost-dev is not installed")
    endif()
else()
    message(STATUS "bench/wedged is left out")
endif()

file(GLOB brine_cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(brine_cli_sources)
    brine_program(brine_command "${brine_cli_sources}" brine::brine)
    set_target_properties(brine_command PROPERTIES OUTPUT_NAME brine)
endif()
