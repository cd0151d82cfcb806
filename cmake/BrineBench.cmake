# SPDX-License-Identifier: Apache-2.0
# The benchmarks that stand beside peers: one C++ program for each bench/*.cpp, into bench/ of the build. Peers that are
# headers only are found by __has_include, mimalloc is loaded when it runs; what has to be linked is looked for here.
# Nothing of it is needed: what is missing is reported as skipped by the program.
enable_language(CXX)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g -DNDEBUG")

# A peer with a header and a library: BENCH_HAVE_<NAME> is defined and the library linked where both are there.
add_library(brine_bench_peers INTERFACE)
function(brine_bench_peer name header library)
    find_path(BENCH_${name}_INCLUDE ${header})
    find_library(BENCH_${name}_LIBRARY ${library})
    mark_as_advanced(BENCH_${name}_INCLUDE BENCH_${name}_LIBRARY)
    if(BENCH_${name}_INCLUDE AND BENCH_${name}_LIBRARY)
        target_compile_definitions(brine_bench_peers INTERFACE BENCH_HAVE_${name})
        target_include_directories(brine_bench_peers SYSTEM INTERFACE ${BENCH_${name}_INCLUDE})
        target_link_libraries(brine_bench_peers INTERFACE ${BENCH_${name}_LIBRARY})
    endif()
endfunction()
brine_bench_peer(ZEROMQ zmq.h zmq)
brine_bench_peer(NNG nng/nng.h nng)

# The peers that pass packets, for the programs that measure passing.
file(GLOB brine_bench_transport_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/peers/*.cpp)
add_library(brine_bench_transports STATIC ${brine_bench_transport_sources})
target_compile_features(brine_bench_transports PUBLIC cxx_std_17)
target_compile_definitions(brine_bench_transports PRIVATE BENCH_FOLDER="${PROJECT_SOURCE_DIR}/bench")
target_link_libraries(brine_bench_transports PUBLIC brine::brine_static brine_flags Threads::Threads brine_bench_peers rt)

file(GLOB brine_bench_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.cpp)
list(FILTER brine_bench_sources EXCLUDE REGEX "/wedged\\.cpp$") # built always
foreach(source IN LISTS brine_bench_sources)
    cmake_path(GET source STEM name)
    brine_program(bench_${name} ${source} brine::brine_static)
    target_compile_features(bench_${name} PRIVATE cxx_std_17)
    target_compile_definitions(bench_${name} PRIVATE BENCH_FOLDER="${PROJECT_SOURCE_DIR}/bench")
    target_link_libraries(bench_${name} PRIVATE brine_bench_peers ${CMAKE_DL_LIBS} rt)
    set_target_properties(bench_${name} PROPERTIES
        OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
endforeach()
foreach(name pipe end_to_end)
    if(TARGET bench_${name})
        target_link_libraries(bench_${name} PRIVATE brine_bench_transports)
    endif()
endforeach()
