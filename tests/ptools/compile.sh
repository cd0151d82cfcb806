#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=300
# The headers under both compilers, every standard and all warnings; the tests of values, containers and packets
# instrumented; every header by itself; what docs/from-picklingtools.md shows.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${BRINE_SOURCE:?} build=${BRINE_BUILD:?}
work=$(mktemp -d); trap 'rm -rf -- "$work"' EXIT
flags="-D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I$root/include -I$root/include/ptools -I$root/tests -I$here"
command -v g++ clang++ >/dev/null || { echo "SKIP: no g++, or no clang++"; exit 77; }

for compiler in g++ clang++; do
    for standard in c++17 c++20 c++2b; do
        # shellcheck disable=SC2086
        $compiler -std=$standard $flags -fsyntax-only "$here/containers.cpp"
    done
done

instrumented() { # COMPILER TEST
    # shellcheck disable=SC2086
    $1 -std=c++20 -g $flags -fsanitize=address,undefined -fno-sanitize-recover=all "$here/$2.cpp" -o "$work/$2" \
        -L"$build" -lbrine -Wl,-rpath,"$build"
    "$work/$2"
}
instrumented clang++ values
instrumented clang++ containers
instrumented clang++ packets

for header in "$root"/include/brine/ptools/*.hpp "$root"/include/ptools/*.h; do echo "#include \"$header\""; done >"$work/all.cpp"
# shellcheck disable=SC2086
g++ -std=c++17 $flags -fsyntax-only "$work/all.cpp"
for name in array integer val; do # each says what it needs
    echo "#include <brine/ptools/$name.hpp>" >"$work/alone.cpp"
    # shellcheck disable=SC2086
    clang++ -std=c++17 $flags -fsyntax-only "$work/alone.cpp"
done

# A ```cpp block of the page is the inside of a function.
awk -v out="$work/page." '/^```/ && inside { inside = 0; print "}" > file; close(file); next }
    $0 == "```cpp" { inside = 1; file = out (++n) ".cpp"; print "#include \"shmboot.h\"\nvoid page" n "(StreamingPool *shm, CQ &pipe);\nvoid page" n "([[maybe_unused]] StreamingPool *shm, [[maybe_unused]] CQ &pipe) {" > file; next }
    inside { print > file }' "$root/docs/from-picklingtools.md"
ls "$work"/page.1.cpp >/dev/null
cat "$work"/page.*.cpp >"$work/page.cpp"
# shellcheck disable=SC2086
g++ -std=c++17 $flags -Wno-unused-variable -fsyntax-only "$work/page.cpp"
