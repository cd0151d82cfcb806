#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=180
# serverside, middleside and clientside: every order of starting, twice in a row, after a run that was
# killed, with a part that is killed and started again.
. "$(dirname "$0")/helpers.bash"
bin=${BRINE_EXAMPLES:-}
[ -x "$bin/serverside" ] || skip "no examples in BRINE_EXAMPLES"

start() {
    case $1 in
    S) "$bin/serverside" mempool 1000000 pipe1 4 >server.out 2>server.err & server=$! ;;
    M) "$bin/middleside" mempool pipe1 pipe2 4 >middle.out 2>middle.err & middle=$! ;;
    C) "$bin/clientside" mempool pipe2 >client.out 2>client.err & client=$! ;;
    esac
}

# A run is right if the client has printed the 100 packets in order, each once.
check_run() {
    joined "$server" "$middle" "$client"
    [ "$(grep -c "'my_sequence':" client.out)" = 100 ] || fail "$1: $(grep -c "'my_sequence':" client.out) packets; $(cat client.err)"
    grep -oE "'sequence_number':[0-9]+" client.out | cut -d: -f2 | cmp -s - <(seq 0 99) || fail "$1: wrong order"
    grep -oE "'my_sequence':[0-9]+" client.out | cut -d: -f2 | cmp -s - <(seq 0 99) || fail "$1: my_sequence"
    grep -q "'big':1267650600228229401496703205475" client.out || fail "$1: 2**100 + 99 is missing"
    grep -q "'minus':-265613988875874769338781322035779626829233452653394495974574961739092490901302182994384699044001" client.out ||
        fail "$1: -(3**200) is missing"
    no_pools
}

for order in "S M C" "S C M" "M S C" "M C S" "C S M" "C M S"; do
    for run in first second; do
        for part in $order; do
            start "$part"
            sleep 0.05
        done
        check_run "order $order, $run run"
    done
done

# After a run that was killed in the middle: its pool and packets are there, and nobody sees them.
for order in "S M C" "C M S" "M C S"; do
    start S
    start M
    half() { [ "$(number mempool pipe2 depth)" = 4 ] && [ "$(number mempool pipe1 depth)" = 4 ]; }
    until_true 10 half || fail "the pipes did not fill: $(brine info mempool)"
    kill -9 "$server" "$middle"
    wait "$server" "$middle" 2>/dev/null
    [ -e "$BRINE_DIR/brine.mempool" ] || fail "there is no left-over pool"
    for part in $order; do
        start "$part"
        sleep 0.1
    done
    check_run "after a killed run, order $order"
done

# The middle is killed while the other two run, and started again: the rest arrives.
start S
start M
until_true 10 half || fail "the pipes did not fill"
kill -9 "$middle"
wait "$middle" 2>/dev/null
start M
start C
joined "$server" "$middle" "$client"
got=$(grep -oE "'sequence_number':[0-9]+" client.out | cut -d: -f2)
# One packet at most died in the hands of the middle.
[ "$(echo "$got" | wc -l)" -ge 99 ] || fail "after a new middle: $(echo "$got" | wc -l) packets"
echo "$got" | sort -n -u | cmp -s - <(echo "$got") || fail "after a new middle: doubled or out of order"
no_pools

# --keep leaves the pool, and the next run replaces it.
"$bin/serverside" mempool 1M pipe1 4 --keep 2>/dev/null &
server=$!
start M
start C
joined $server "$middle" "$client"
[ -e "$BRINE_DIR/brine.mempool" ] || fail "--keep did not keep the pool"
start C
start M
sleep 0.1
start S
check_run "after --keep"
expect 2 "$bin/serverside" mempool
expect 2 "$bin/serverside" mempool 1M pipe1 x
expect 1 "$bin/serverside" mempool nonsense pipe1 4
