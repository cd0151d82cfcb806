# SPDX-License-Identifier: Apache-2.0
# C++, where there is a compiler for it: BRINE_HAVE_CXX. The library needs none; examples, tests and benchmarks in C++ are
# left out where it is missing.
include(CheckLanguage)
check_language(CXX)
set(BRINE_HAVE_CXX OFF)
if(CMAKE_CXX_COMPILER)
    enable_language(CXX)
    set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g -DNDEBUG")
    set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
    set(CMAKE_CXX_STANDARD 17)
    set(CMAKE_CXX_STANDARD_REQUIRED ON)
    set(CMAKE_CXX_EXTENSIONS OFF)
    set(BRINE_HAVE_CXX ON)
else()
    message(STATUS "there is no C++ compiler: what is written in C++ is left out")
endif()
