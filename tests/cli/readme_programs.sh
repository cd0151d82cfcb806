#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The programs of the README run, those in C and those in C++, also with each other, and the README quotes them as they are.
. "$(dirname "$0")/helpers.bash"
bin=${BRINE_EXAMPLES:-}
[ -x "$bin/writer" ] && [ -x "$bin/reader" ] || skip "no examples in BRINE_EXAMPLES"

programs="writer reader"
pairs="writer+reader"
if [ -x "$bin/cpp_writer" ]; then
    programs="$programs cpp_writer cpp_reader"
    pairs="$pairs cpp_writer+cpp_reader cpp_writer+reader writer+cpp_reader"
fi
for pair in $pairs; do
    "$bin/${pair#*+}" >reader.out &
    reader=$!
    sleep 0.1
    "$bin/${pair%+*}" &
    joined $! $reader
    [ "$(wc -l <reader.out)" = 1000 ] || fail "$pair: the reader got $(wc -l <reader.out) packets"
    [ "$(tail -n 1 reader.out)" = '999: 4096 numbers, the first is 0+0.5i' ] || fail "$pair: the last packet: $(tail -n 1 reader.out)"
    no_pools
done
expect 0 brine create rf --size 1M
for program in $programs; do
    case $program in
    *writer) expect 1 "$bin/$program"; grep -q "^$program: " err || fail "$program does not explain itself: $(cat err)" ;;
    esac
done
expect 0 brine rm rf
if command -v timeout >/dev/null; then
    for program in $programs; do case $program in *reader) expect 1 timeout 20 "$bin/$program" ;; esac; done
fi

# The body of main of each stands in the README; those in C++ whether or not they are built.
readme=$source_root/README.md
[ -r "$readme" ] || skip "no README.md to compare with; the programs run"
if grep -q 'examples/writer.c' "$readme"; then
    for program in writer.c reader.c cpp_writer.cpp cpp_reader.cpp; do
        body=$(sed -n '/^int main(/,/^}$/p' "$source_root/examples/$program")
        [[ $(cat "$readme") == *"$body"* ]] || fail "the README does not quote main of examples/$program as it is"
    done
fi
