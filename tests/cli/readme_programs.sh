#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The two programs of the README run, and the README quotes them as they are.
. "$(dirname "$0")/helpers.bash"
bin=${BRINE_EXAMPLES:-}
[ -x "$bin/writer" ] && [ -x "$bin/reader" ] || skip "no examples in BRINE_EXAMPLES"

"$bin/reader" >reader.out &
reader=$!
sleep 0.1
"$bin/writer" &
joined $! $reader
[ "$(wc -l <reader.out)" = 1000 ] || fail "the reader got $(wc -l <reader.out) packets"
[ "$(tail -n 1 reader.out)" = '999: 4096 numbers, the first is 0+0.5i' ] || fail "the last packet: $(tail -n 1 reader.out)"
no_pools
expect 0 brine create rf --size 1M
expect 1 "$bin/writer"
grep -q '^writer: ' err || fail "the writer does not explain itself: $(cat err)"
expect 0 brine rm rf
if command -v timeout >/dev/null; then expect 1 timeout 20 "$bin/reader"; fi

# The body of main of each, without the brackets of main, stands in the README.
readme=$source_root/README.md
[ -r "$readme" ] || skip "no README.md to compare with; the programs run"
if grep -q 'examples/writer.c' "$readme"; then
    for program in writer reader; do
        body=$(sed -n '/^int main(void) {$/,/^}$/p' "$source_root/examples/$program.c")
        [[ $(cat "$readme") == *"$body"* ]] || fail "the README does not quote main of examples/$program.c as it is"
    done
fi
