# SPDX-License-Identifier: Apache-2.0
# GMP: big integers. yajl: reading JSON. xxHash: hashing, headers only.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(GMP REQUIRED gmp)
pkg_check_modules(YAJL REQUIRED yajl)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
