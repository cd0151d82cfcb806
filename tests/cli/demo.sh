#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=120
# The demo: samples flow, nothing is left over; its parts also take other packets.
. "$(dirname "$0")/helpers.bash"
bin=${BRINE_DEMO:-}
[ -x "$bin/run" ] || skip "no demo in BRINE_DEMO"

expect 0 "$bin/run" --seconds 2 --rate 20 --pool demo
grep -qE '^ +PID S +CPU %' out || fail "no table: $(cat out)"
grep -qE '^[0-9]+ packets of [0-9.]+ KiB on average in [0-9.]+ s: [0-9.]+ packets/s$' out || fail "no summary: $(tail -n 5 out)"
for hop in 'sampler to rates' 'rates to top' 'all the way'; do
    grep -qE "^  $hop +p50 +[0-9.]+ us +p99 +[0-9.]+ us$" out || fail "no latency of $hop: $(tail -n 5 out)"
done
no_pools
expect 2 "$bin/run" --rate x
expect 2 "$bin/sampler"
no_pools

# A pool left over by a demo that was killed is replaced; a live one is not.
"$bin/run" --seconds 30 --pool demo >/dev/null 2>&1 &
demo=$!
flowing() { [ "$(number demo rated packets_out)" -gt 3 ]; }
until_true 10 flowing || fail "nothing flows: $(brine info demo)"
expect 1 "$bin/run" --seconds 1 --pool demo
kill -9 $demo
wait $demo 2>/dev/null
expect_gone() { brine rm --stale demo && brine create demo --size 1M; }
until_true 10 expect_gone || fail "the parts outlive the demo"
expect 0 "$bin/run" --seconds 1 --pool demo
no_pools

# A signal ends it in order.
"$bin/run" --seconds 30 --pool demo >out 2>err &
demo=$!
until_true 10 flowing || fail "nothing flows"
kill $demo
joined $demo
grep -q 'packets/s$' out || fail "no summary after a signal: $(cat out err)"
no_pools

# Other packets: through rates untouched but for the count, and top counts them.
expect 0 brine create other --size 16M
printf '{"a": 1}\n[1, 2]\n"text"\n{"rates": 5}\n{"processes": 3}\n' >lines
"$BRINE" put other samples lines &
put=$!
"$bin/rates" other &
rates=$!
brine get other rated >rated
joined $put $rates $!
grep -qE '^\{"a":1,"rates":\{"count":1,"received_ns":[0-9]+,"sent_ns":[0-9]+\}\}$' rated || fail "rated: $(cat rated)"
[ "$(sed -n 2,4p rated)" = $'[1,2]\n"text"\n{"rates":5}' ] || fail "rated: $(cat rated)"
expect 0 brine check other
expect 0 brine create third --size 16M
"$bin/top" third >top.out &
top=$!
"$bin/rates" third &
rates=$!
expect 0 brine put third samples lines
joined $rates $top
grep -q '^5 packets of' top.out || fail "top: $(cat top.out)"
"$bin/top" third >top.out &
top=$!
expect 0 brine put third rated </dev/null
wait $top
[ $? = 1 ] || fail "top without packets: not 1"
expect 0 brine rm other third
no_pools
