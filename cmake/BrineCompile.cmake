# SPDX-License-Identifier: Apache-2.0
# brine_flags: how everything of the project is compiled.
add_library(brine_flags INTERFACE)
target_compile_definitions(brine_flags INTERFACE _GNU_SOURCE)
target_compile_options(brine_flags INTERFACE
    -Wall -Wextra -Wconversion -Wshadow $<$<BOOL:${BRINE_WERROR}>:-Werror>)

# A shared count and its stamp change in one 16-byte compare and swap.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    target_compile_options(brine_flags INTERFACE -mcx16)
endif()

if(BRINE_SANITIZE)
    set(brine_sanitizers -fsanitize=${BRINE_SANITIZE})
    target_compile_options(brine_flags INTERFACE ${brine_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(brine_flags INTERFACE ${brine_sanitizers})
    # Instrumented code makes gcc's flow analysis see ways that are not there.
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        target_compile_options(brine_flags INTERFACE -Wno-maybe-uninitialized -Wno-format-truncation)
    endif()
endif()
if(BRINE_FUZZ)
    target_compile_options(brine_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
