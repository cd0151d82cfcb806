# SPDX-License-Identifier: Apache-2.0
# libbrine.so and libbrine.a, from the same objects.
file(GLOB brine_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*/*.c)

add_library(brine_objects OBJECT ${brine_sources})
set_target_properties(brine_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_compile_options(brine_objects PRIVATE -fno-semantic-interposition)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
    # Else gcc stores a ref or packet, which arrives in two registers, and loads it as one vector: the load waits for all
    # stores before it, see IN_REGISTER in src/base/atomics.h.
    target_compile_options(brine_objects PRIVATE -fno-tree-slp-vectorize)
endif()
target_include_directories(brine_objects
    PUBLIC ${PROJECT_SOURCE_DIR}/include
    PRIVATE ${PROJECT_SOURCE_DIR}/src ${XXHASH_INCLUDE_DIR} ${GMP_INCLUDE_DIRS})
target_link_libraries(brine_objects PRIVATE brine_flags Threads::Threads)

add_library(brine_shared SHARED $<TARGET_OBJECTS:brine_objects>)
add_library(brine_static STATIC $<TARGET_OBJECTS:brine_objects>)

foreach(library brine_shared brine_static)
    target_include_directories(${library} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${library} PRIVATE Threads::Threads ${GMP_LIBRARIES} ${YAJL_LIBRARIES} m)
    set_target_properties(${library} PROPERTIES OUTPUT_NAME brine)
endforeach()
if(BRINE_SANITIZE)
    target_link_options(brine_shared PRIVATE ${brine_sanitizers})
    target_link_options(brine_static INTERFACE $<BUILD_INTERFACE:${brine_sanitizers}>)
endif()

set_target_properties(brine_shared PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} EXPORT_NAME brine
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/src/brine.map)
target_link_options(brine_shared PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/src/brine.map)
if(NOT BRINE_SANITIZE)
    target_link_options(brine_shared PRIVATE -Wl,-z,defs)
endif()

add_library(brine::brine ALIAS brine_shared)
add_library(brine::brine_static ALIAS brine_static)
