#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# get and peek: counts, timeouts, signals, readers of the output that go away.
. "$(dirname "$0")/helpers.bash"

expect 4 brine get p lines --wait 0.05
expect 0 brine create p --size 16M
expect 4 brine get p lines --wait 0.05
expect 4 brine peek p lines

seq 100 >numbers
expect 0 brine put p lines --capacity 200 numbers
expect 0 brine peek p lines
printed 1
expect 0 brine peek p lines -n 3
printed $'1\n2\n3'
expect 0 brine peek p lines --nth 98 -n 5
printed $'99\n100'
expect 4 brine peek p lines --nth 100
expect 0 brine peek p lines --all
cmp -s out numbers || fail "peek --all"
[ "$(number p lines depth)" = 100 ] || fail "peek took packets"
expect 0 brine get p lines -n 0
printed ''
expect 0 brine get p lines -n 2
printed $'1\n2'
expect 0 brine get p lines -n 500
[ "$(wc -l <out)" = 98 ] || fail "the rest: $(wc -l <out)"
expect 0 brine get p lines
printed ''
expect 4 brine peek p lines

# Printed as it comes: a line is there although the stream goes on.
mkfifo feed
"$BRINE" put p live feed &
put=$!
exec 4>feed
echo '"first"' >&4
"$BRINE" get p live >live.out &
reader=$!
until_true 10 grep -q first live.out || fail "the first packet was not printed while the stream was idle"

# Signals end a wait at once, with 128 + the signal.
for signal in INT:130 TERM:143; do
    bash -c 'trap - INT; exec "$@"' - "$BRINE" get p live >signal.out &
    waiter=$!
    shown() { brine info p | grep -qE " $waiter +brine"; }
    until_true 10 shown || fail "the reader did not come"
    # Background jobs of a shell ignore SIGINT; brine catches it all the same.
    begun=$(date +%s%N)
    kill -"${signal%:*}" $waiter
    wait $waiter
    status=$?
    [ $status = "${signal#*:}" ] || fail "SIG${signal%:*}: status $status"
    [ $((($(date +%s%N) - begun) / 1000000)) -lt 1000 ] || fail "SIG${signal%:*} took more than a second"
done
kill $reader
wait $reader
[ $? = 143 ] || fail "the idle reader: not 143"
exec 4>&-
joined $put
"$BRINE" get nowhere lines &
waiter=$!
sleep 0.2
kill $waiter
wait $waiter
[ $? = 143 ] || fail "waiting for a pool: not 143"

# A reader of the output that goes away: nothing is taken for it any more.
seq 1000 >numbers
expect 0 brine put p broken --capacity 1000 --keep-open numbers
brine get p broken -t 0 | sed 5q >/dev/null
left=$(number p broken depth)
expect 0 brine put p waiting --keep-open </dev/null
mkfifo fifo
"$BRINE" get p waiting >fifo 2>broken.err &
reader=$!
exec 3<fifo
connected() { [ "$(number p waiting clients)" = 1 ]; }
until_true 10 connected || fail "the reader did not come"
exec 3<&-
expect 0 brine put p waiting --keep-open <<<'"kept"'
wait $reader
[ $? = 141 ] || fail "get into a broken pipe: not 141"
expect 0 brine peek p waiting
printed '"kept"'
[ ! -s broken.err ] || fail "nothing was lost, but: $(cat broken.err)"

# A full disk: how many were taken but not written.
if [ -w /dev/full ]; then
    brine get p waiting >/dev/full 2>err
    [ $? = 1 ] || fail "a full disk is no failure"
    said '1 packets were taken from the pipe but not written'
fi
# A closed standard output: an error, and nothing is written into the pool instead.
expect 0 brine put p closed --keep-open <<<'"text"'
"$BRINE" get p closed -n 1 >&- 2>err
[ $? = 1 ] || fail "a closed standard output is no failure"
said 'cannot write to standard output'
"$BRINE" ls >&- 2>err
[ $? = 1 ] || fail "a closed standard output is no failure for ls"
[ "$left" -ge 0 ] || fail "depth after a reader that stopped: $left"
# A pipe with leases: what cannot be written goes back, and to the dead-letter pipe after so many tries.
seq 1 3 >numbers
expect 0 brine put p leased --max-deliveries 2 --dead-letter letters --keep-open numbers
expect 2 brine put p leased --max-deliveries 2 numbers
expect 1 brine put p leased --leases numbers
said 'is not what was asked'
if [ -w /dev/full ]; then
    for _ in 1 2; do
        brine get p leased -n 2 >/dev/full 2>err
        [ $? = 1 ] || fail "a full disk is no failure"
        said '0 packets were taken from the pipe but not written, 2 were given back'
    done
    expect 0 brine get p letters -n 2
    printed "1
2"
    expect 0 brine get p leased -n 1
    printed 3
    [ "$(number p leased dead_letters)" = 2 ] || fail "dead letters: $(brine info p leased)"
fi
brine put p leased --connect --keep-open <fifo &
writer=$!
exec 3>fifo
opened() { brine info p | grep -q "^leased .* brine .*has it open"; }
until_true 10 opened || fail "who has the pipe open: $(brine info p)"
exec 3>&-
wait $writer || fail "the writer failed"
expect 0 brine check p
expect 0 brine rm p
no_pools
