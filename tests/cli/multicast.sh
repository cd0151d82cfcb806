#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# multicast: each of three clients gets every packet; a middle behind it may still change its copy.
. "$(dirname "$0")/helpers.bash"
bin=${BRINE_EXAMPLES:-}
[ -x "$bin/multicast" ] || skip "no examples in BRINE_EXAMPLES"

parts=()
run() { "$@" 2>/dev/null & parts+=($!); }
run "$bin/clientside" pool out0 >0.out
run "$bin/multicast" pool in 3
run "$bin/middleside" pool out2 changed 4
run "$bin/serverside" pool 1000000 in 4
run "$bin/clientside" pool out1 >1.out
run "$bin/clientside" pool changed >2.out
joined "${parts[@]}"
for i in 0 1 2; do
    grep -oE "'sequence_number':[0-9]+" $i.out | cut -d: -f2 | cmp -s - <(seq 0 99) || fail "client $i: $(grep -c sequence_number $i.out) packets"
done
[ "$(grep -c my_sequence 2.out)" = 100 ] || fail "the middle changed nothing"
! grep -q my_sequence 0.out || fail "the middle's change is seen by others"
no_pools

# --drop: a reader that never reads does not stop the others.
parts=()
run "$bin/serverside" pool 1000000 in 4
run "$bin/multicast" pool in 2 --drop 0.001
run "$bin/clientside" pool out0 >0.out
arrived() { [ "$(grep -c sequence_number 0.out)" = 100 ] || [ "$(number pool out1 depth)" = 4 ]; }
until_true 10 arrived || fail "the multicast stopped: $(brine info pool)"
drained() { [ "$(number pool in packets_out)" = 100 ]; }
until_true 20 drained || fail "a reader that does not read stops the others: $(brine info pool)"
expect 0 brine get pool out1 -n 4
joined "${parts[@]}"
[ "$(grep -c sequence_number 0.out)" -ge 50 ] || fail "the good reader got $(grep -c sequence_number 0.out) packets"
no_pools
