#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=300
# The headers, their tests and the examples under both compilers, every standard and all warnings; the tests run with
# sanitizers under both; every header by itself; what docs/from-picklingtools.md shows.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${BRINE_SOURCE:?} build=${BRINE_BUILD:?}
work=$(mktemp -d); trap 'rm -rf -- "$work"' EXIT
flags="-D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I$root/include -I$root/include/ptools -I$root/tests -I$here"
command -v g++ clang++ >/dev/null || { echo "SKIP: no g++, or no clang++"; exit 77; }

# All tests and examples as one program, so that what they include is read once: each in a namespace of its own.
sources=("$here"/*.cpp "$here"/mixed/*_ptools.cpp "$root"/examples/ptools/*.cc)
{
    grep -h '^#include' "${sources[@]}" | sort -u
    for source in "${sources[@]}"; do
        name=$(basename "${source%.*}")
        printf 'namespace in_%s {\n#include "%s"\n}\n' "$name" "$source"
    done
    echo 'static int call(int (*program)(), int, char **) { return program(); }'
    echo 'static int call(int (*program)(int, char **), int argc, char **argv) { return program(argc, argv); }'
    echo 'int main(int argc, char **argv) {'
    for source in "${sources[@]}"; do
        name=$(basename "${source%.*}")
        echo "    if (string(argv[1]) == \"$name\") return call(in_$name::main, argc - 1, argv + 1);"
    done
    echo '    return 1;'
    echo '}'
} >"$work/programs.cpp"

look() { # COMPILER STANDARD
    # shellcheck disable=SC2086
    "$1" -std="$2" $flags -fsyntax-only "$work/programs.cpp"
    echo "$1 $2"
}
run() { # COMPILER STANDARD: instrumented
    # shellcheck disable=SC2086
    "$1" -std="$2" -O0 $flags -fsanitize=address,undefined -fno-sanitize-recover=all "$work/programs.cpp" -o "$work/programs" \
        -L"$build" -lbrine -Wl,-rpath,"$build"
    for source in "$here"/*.cpp; do "$work/programs" "$(basename "${source%.*}")" 1000000 >"$work/out" || { cat "$work/out"; exit 1; }; done
    echo "$1 $2 with sanitizers: ran"
}
# gcc with C++17 is the tests' own build.
look g++ c++20
look clang++ c++17
look clang++ c++2b
run clang++ c++20
run g++ c++2b

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
