#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# put: errors say where, nothing is half sent, the stream ends only at the end of the input.
. "$(dirname "$0")/helpers.bash"

expect 4 brine put nothing lines --wait 0 <<<1
expect 0 brine create p --size 4M

# A broken line: the place, the lines before it, an open stream.
printf '{"a": 1}\n\n[1, 2]\n{"a": tru}\n4\n' >broken.ndjson
expect 1 brine put p broken broken.ndjson
said 'brine: put: broken.ndjson:4:'
said 'stopped after 2 packets'
expect 3 brine get p broken --timeout 0
printed $'{"a":1}\n[1,2]'
expect 0 brine put p skipped --skip-bad broken.ndjson
said 'broken.ndjson:4:'
said '1 bad records skipped'
expect 0 brine get p skipped
printed $'{"a":1}\n[1,2]\n4'
expect 1 brine put p broken <<<$'{"a":1\n'
said 'standard input:1:'
printf '"\xff"\n' >utf8
expect 1 brine put p broken utf8
said 'utf8:1:'
expect 1 brine put p broken --strict <<<NaN
expect 1 brine put p broken --json broken.ndjson
said 'broken.ndjson:3:'
expect 1 brine put p broken --json /dev/null
expect 4 brine put p broken no-such-file
expect 1 brine put p broken .
printf '%0.s[' $(seq 5000) >deep
expect 1 brine put p broken deep
said 'deep:1:'
[ "$(number p broken depth)" = 0 ] || fail "something was sent: $(brine get p broken --timeout 0)"

# The end of the stream: at the end of the input, unless it is to stay open.
expect 0 brine put p ended </dev/null
expect 0 brine get p ended
printed ''
expect 0 brine put p open --keep-open <<<1
expect 3 brine get p open --timeout 0.05
printed 1
expect 0 brine put p open --connect <<<2
expect 3 brine get p open --timeout 0
printed 2
expect 0 brine put p open <<<3
expect 0 brine get p open
printed 3
expect 4 brine put p nobody --connect --wait 0 <<<1

# A full pipe: the timeout; a capacity that differs.
expect 0 brine put p small --capacity 2 --keep-open <<<$'1\n2'
expect 3 brine put p small --timeout 0.1 <<<3
expect 1 brine put p small --capacity 3 <<<3
expect 3 brine get p small -t 0
printed $'1\n2'

# More than the pool has room for: put waits for the reader; what can never fit is an error.
awk 'BEGIN { for (i = 0; i < 40; i++) { printf "\"%d", i; for (j = 0; j < 40000; j++) printf "0123456789"; print "\"" } }' >big.ndjson
"$BRINE" put p big big.ndjson &
expect 0 brine get p big
joined $!
cmp -s out big.ndjson || fail "big lines"
tr -d '\n"' <big.ndjson | sed 's/^/"/; s/$/"/' >huge.ndjson
expect 1 brine put p big huge.ndjson
said 'p'
expect 0 brine check p

# --rate, --create, --wait.
begun=$(date +%s%N)
expect 0 brine put p slow --rate 20 <<<$'1\n2\n3\n4\n5'
[ $((($(date +%s%N) - begun) / 1000000)) -ge 195 ] || fail "--rate 20: five packets took less than 200 ms"
"$BRINE" put later lines --wait 10 <<<1 &
sleep 0.1
expect 0 brine create later --size 1M
joined $!
expect 0 brine put later lines --create 1M <<<2
expect 0 brine get later lines
printed $'1\n2'

# A signal ends put while it reads, while it waits for room, and while it keeps a pace; the stream stays open.
mkfifo feed
stops_at_a_signal() {
    local before=$1 put begun
    shift
    "$@" 2>err &
    put=$!
    sent() { [ "$(number p stopped depth)" = "$before" ]; }
    until_true 10 sent || fail "$*: $(number p stopped depth) packets were sent, not $before"
    begun=$(date +%s%N)
    kill $put
    wait $put
    [ $? = 143 ] || fail "$*: not 143"
    [ $((($(date +%s%N) - begun) / 1000000)) -lt 1000 ] || fail "$*: took more than a second to stop"
    said "stopped after $before packets; the stream is left open"
    expect 3 brine get p stopped -t 0
}
seq 10 >numbers
exec 4<>feed
echo 1 >&4
stops_at_a_signal 1 "$BRINE" put p stopped --capacity 4 feed
exec 4>&-
stops_at_a_signal 4 "$BRINE" put p stopped numbers
stops_at_a_signal 1 "$BRINE" put p stopped --rate 0.01 numbers
expect 0 brine rm p later
no_pools
