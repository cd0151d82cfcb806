#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tee: everyone gets everything, or what the policy says; ends of streams; no loss at an interrupt.
. "$(dirname "$0")/helpers.bash"

seq 500 >numbers
expect 0 brine create p --size 16M
"$BRINE" tee p in a b c --capacity 4 &
tee=$!
readers=()
for output in a b c; do
    "$BRINE" get p $output >$output.out &
    readers+=($!)
done
expect 0 brine put p in numbers
joined "$tee" "${readers[@]}"
for output in a b c; do cmp -s $output.out numbers || fail "output $output"; done
expect 0 brine check p

# drop-newest: what does not fit is missing at the end; drop-oldest: at the beginning.
seq 10 >few
expect 0 brine put p in few
expect 0 brine tee p in newest wide --policy drop-newest --capacity 4
said 'pipe "newest" lost 6 packets'
expect 0 brine get p newest
printed $'1\n2\n3\n4'
expect 0 brine put p in few
expect 0 brine tee p in oldest --policy drop-oldest --capacity 4 -q
expect 0 brine get p oldest
printed $'7\n8\n9\n10'

# block with a timeout: gives up, and what it did not deliver is still in the input.
expect 0 brine put p in few
expect 3 brine tee p in blocked --timeout 0.1 --capacity 4
said 'pipe "blocked" is full'
[ "$(number p in depth)" = 6 ] || fail "left in the input: $(number p in depth)"
expect 0 brine get p in
printed $'5\n6\n7\n8\n9\n10'

# An interrupt while an output is full loses nothing either.
expect 0 brine put p in few
expect 3 brine get p blocked -t 0
"$BRINE" tee p in blocked --capacity 4 &
tee=$!
full() { [ "$(number p blocked depth)" = 4 ]; }
until_true 10 full || fail "the output did not fill"
kill $tee
wait $tee
[ $? = 143 ] || fail "tee: not 143"
[ "$(number p in depth)" = 6 ] || fail "left in the input after a signal: $(number p in depth)"
[ "$(number p blocked depth)" = 4 ] || fail "in the output after a signal: $(number p blocked depth)"
expect 0 brine check p
expect 0 brine rm p
no_pools
