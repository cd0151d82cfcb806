# SPDX-License-Identifier: Apache-2.0
# The benchmarks that stand beside peers: one C++ program for each bench/*.cpp, into bench/ of the build. Peers that are
# headers only are found by __has_include, mimalloc is loaded when it runs; what has to be linked is looked for here.
# Nothing of it is needed: what is missing is reported as skipped by the program.
if(NOT BRINE_HAVE_CXX)
    message(FATAL_ERROR "the benchmarks need a C++ compiler")
endif()

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
target_link_libraries(brine_bench_transports PUBLIC
    brine::brine_static brine_flags Threads::Threads brine_bench_peers ${CMAKE_DL_LIBS} rt)

# iceoryx2 is a Rust crate: a library with a C interface, loaded by the programs if it is there. Fetching and building it
# takes minutes and may fail; then it is not there.
option(BRINE_BENCH_ICEORYX2 "Build the benchmark peer iceoryx2, with cargo" ON)
set(brine_iceoryx2 ${PROJECT_BINARY_DIR}/bench/libiceoryx2_peer.so)
target_compile_definitions(brine_bench_transports PRIVATE BENCH_ICEORYX2="${brine_iceoryx2}")
find_program(BRINE_CARGO cargo HINTS $ENV{HOME}/.cargo/bin)
mark_as_advanced(BRINE_CARGO)
if(BRINE_BENCH_ICEORYX2 AND BRINE_CARGO)
    set(brine_crate ${PROJECT_SOURCE_DIR}/bench/peers/iceoryx2)
    file(GLOB brine_crate_files CONFIGURE_DEPENDS ${brine_crate}/Cargo.toml ${brine_crate}/src/*.rs)
    add_custom_command(OUTPUT ${brine_iceoryx2}
        COMMAND ${CMAKE_COMMAND} -E copy_directory ${brine_crate} ${PROJECT_BINARY_DIR}/iceoryx2
        COMMAND sh -c "${BRINE_CARGO} build --quiet --release --manifest-path '${PROJECT_BINARY_DIR}/iceoryx2/Cargo.toml' && cp '${PROJECT_BINARY_DIR}/iceoryx2/target/release/libiceoryx2_peer.so' '${brine_iceoryx2}' || echo 'the peer iceoryx2 could not be built'"
        DEPENDS ${brine_crate_files} COMMENT "Building the peer iceoryx2" VERBATIM)
    add_custom_target(brine_bench_iceoryx2 DEPENDS ${brine_iceoryx2})
endif()

# All of them, without the rest of the project.
add_custom_target(brine_benchmarks)
if(TARGET brine_bench_iceoryx2)
    add_dependencies(brine_benchmarks brine_bench_iceoryx2)
endif()
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
    add_dependencies(brine_benchmarks bench_${name})
endforeach()
foreach(name pipe end_to_end)
    if(TARGET bench_${name})
        target_link_libraries(bench_${name} PRIVATE brine_bench_transports)
    endif()
endforeach()
