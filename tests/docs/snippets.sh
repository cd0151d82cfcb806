#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the pages show is true: every ```c and ```cpp block compiles or is quoted from files of examples/, every ```sh
# block runs. ```console blocks are for people: they need root or a clone.
set -eu
root=${BRINE_SOURCE:?} build=${BRINE_BUILD:?}
work=$(mktemp -d); trap 'rm -rf -- "$work"' EXIT
checked=0

# Writes the blocks of one language of a page into files: blocks PAGE LANGUAGE
blocks() {
    rm -f "$work"/block.*
    awk -v language="$2" -v out="$work/block." '
        /^```/ && inside { inside = 0; close(file); next }
        $0 == "```" language { inside = 1; file = out sprintf("%02d", ++n); printf "" > file; next }
        inside { print > file }' "$1"
}

is_quoted() { # BLOCK
    local example
    for example in "$root"/examples/*.c "$root"/examples/*.cpp; do
        [[ $(cat "$example") == *"$(cat "$1")"* ]] && return 0
    done
    return 1
}

check_c() { # PAGE BLOCK
    is_quoted "$2" && return
    cp "$2" "$work/snippet.c"
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I"$root/include" -fsyntax-only "$work/snippet.c" ||
        { echo "$1: this block is neither C that compiles nor part of an example:"; cat "$2"; exit 1; }
}

# A block of C++ is mains of examples, or declarations, or the inside of a function that has a pool, a pipe, another one
# (output), a packet and a struct Header.
check_cpp() { # PAGE BLOCK
    local main
    [ "$(basename "$1")" = from-picklingtools.md ] && return # tests/ptools/compile.sh has them
    if grep -q '^int main(' "$2"; then
        # Each main is that of an example.
        awk -v out="$work/main." '/^int main\(/ { file = out ++n } file { print > file } /^}$/ { file = "" }' "$2"
        for main in "$work"/main.*; do
            is_quoted "$main" || { echo "$1: this main is not that of an example:"; cat "$main"; exit 1; }
            rm -f "$main"
        done
        return
    fi
    command -v "${CXX:-g++}" >/dev/null || { echo "no C++ compiler: a block of $1 is not checked"; return; }
    if grep -q 'brine/json.hpp' "$2" && ! { [ -e /usr/include/nlohmann/json.hpp ] && [ -e /usr/include/eigen3 ]; }; then
        echo "no nlohmann::json or Eigen: a block of $1 is not checked"
        return
    fi
    {
        cat <<'PROLOGUE'
#include <cstdio>
#include <iostream>
#include <brine/brine.hpp>
using namespace std::chrono_literals;
PROLOGUE
        if grep -qE '^(struct|template|BRINE_FIELDS|#include)' "$2"; then
            cat "$2"
        else
            echo 'struct Header { double fs; std::string name; };'
            echo 'BRINE_FIELDS(Header, fs, name);'
            echo 'void inside(brine::Pool &pool, brine::Pipe &pipe, brine::Pipe &output, brine::Packet &packet);'
            echo 'void inside(brine::Pool &pool, brine::Pipe &pipe, brine::Pipe &output, brine::Packet &packet) {'
            echo '(void)pool, (void)pipe, (void)output, (void)packet;'
            cat "$2"
            echo '}'
        fi
    } >"$work/snippet.cpp"
    "${CXX:-g++}" -std=c++17 -Wall -Wextra -Werror -Wno-unused-variable -Wno-unused-but-set-variable -I"$root/include" -isystem /usr/include/eigen3 \
        -fsyntax-only "$work/snippet.cpp" || { echo "$1: this block of C++ does not compile:"; cat "$2"; exit 1; }
}

check_sh() { # PAGE BLOCK
    [ -x "$build/brine" ] || { echo "SKIP: the command is not built"; exit 77; }
    (cd "$work" && PATH=$build:$PATH bash -euo pipefail "$2") >"$work/out" 2>&1 ||
        { echo "$1: this block fails:"; cat "$2" "$work/out"; exit 1; }
}

for page in "$root"/*.md "$root"/docs/*.md "$root"/docs/*/*.md; do
    [ -f "$page" ] || continue
    for language in c cpp sh; do
        blocks "$page" "$language"
        for block in "$work"/block.*; do
            [ -f "$block" ] || continue
            "check_$language" "${page#"$root"/}" "$block"
            checked=$((checked + 1))
        done
    done
done
[ "$checked" -ge 3 ] || { echo "only $checked blocks found"; exit 1; }
echo "$checked blocks"
