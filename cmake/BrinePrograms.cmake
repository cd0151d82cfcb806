# SPDX-License-Identifier: Apache-2.0
# Programs use the public headers only. brine_programs collects their targets.
add_custom_target(brine_programs)

function(brine_program target source library)
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE ${library} brine_flags Threads::Threads m)
    add_dependencies(brine_programs ${target})
endfunction()

# One program for each file of a folder, into a folder of the same name in the build.
function(brine_programs_of folder library)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM name)
        brine_program(${folder}_${name} ${source} ${library})
        set_target_properties(${folder}_${name} PROPERTIES
            OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
    endforeach()
endfunction()

brine_programs_of(examples brine::brine)
brine_programs_of(demo brine::brine)
brine_programs_of(bench brine::brine_static)

file(GLOB brine_cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(brine_cli_sources)
    brine_program(brine_command "${brine_cli_sources}" brine::brine)
    set_target_properties(brine_command PROPERTIES OUTPUT_NAME brine)
endif()
