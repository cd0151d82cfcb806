#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One pipeline of programs in C and of programs for PicklingTools: each packet goes through all of them, by reference.
. "$(dirname "$0")/../cli/helpers.bash"
relay=${BRINE_PTOOLS:-}/relay
[ -x "$BRINE_EXAMPLES/serverside" ] && [ -x "$relay" ] || skip "no examples, or no C++ compiler"

"$relay" mempool pipe1 pipe2 first 2>relay1.err & relay1=$!
"$BRINE_EXAMPLES/clientside" mempool pipe4 >client.out 2>client.err & client=$!
"$BRINE_EXAMPLES/middleside" mempool pipe2 pipe3 4 2>middle.err & middle=$!
"$BRINE_EXAMPLES/serverside" mempool 2000000 pipe1 4 2>server.err & server=$!
"$relay" mempool pipe3 pipe4 second 2>relay2.err & relay2=$!
for part in $server $relay1 $middle $relay2 $client; do
    wait "$part" || fail "a part of the pipeline failed: $(cat ./*.err)"
done
for key in sequence_number first my_sequence second; do
    grep -oE "'$key':[0-9]+" client.out | cut -d: -f2 | cmp -s - <(seq 0 99) || fail "$key is not 0 to 99: $(head -20 client.out)"
done
grep -q "'big':1267650600228229401496703205475" client.out || fail "2**100 + 99 is missing"
[ -z "$(ls -A "$BRINE_DIR")" ] || fail "left over: $(ls "$BRINE_DIR")"

# The command reads what such a program sends, and sends to it.
"$BRINE" create rf --size 4M
printf '{"seq": 0, "last": false}\n{"seq": 1, "last": true}\n' | "$BRINE" put rf in - & put=$!
"$BRINE_EXAMPLES/ptools/middleside_ex" rf in out 4 2>/dev/null & middle=$!
wait "$middle" && wait "$put" || fail "middleside_ex"
"$BRINE" peek rf out | tr -d ' \n' >first
grep -qF '"seq":0,"last":false,"my_sequence":0' first || fail "the first packet is $(cat first)"
"$BRINE" rm rf
