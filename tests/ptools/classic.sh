#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=120
# serverside_ex, middleside_ex and clientside_ex as written for PicklingTools: every order of starting, twice in a row,
# after a run that was killed; with address randomization as the system has it.
. "$(dirname "$0")/../cli/helpers.bash"
bin=${BRINE_EXAMPLES:-}/ptools
[ -x "$bin/serverside_ex" ] || skip "no examples, or no C++ compiler"
[ "$(cat /proc/sys/kernel/randomize_va_space)" != 0 ] || skip "address randomization is off on this machine"

how=() # what the programs are started with
start() {
    case $1 in
    S) "${how[@]}" "$bin/serverside_ex" mempool 1000000 pipe1 4 2>server.err & server=$! ;;
    M) "${how[@]}" "$bin/middleside_ex" mempool pipe1 pipe2 4 2>middle.err & middle=$! ;;
    C) "${how[@]}" "$bin/clientside_ex" mempool pipe2 >client.out 2>client.err & client=$! ;;
    esac
}

# The 50 last packets that were printed are those of this run, in order.
check_run() {
    for part in $server $middle $client; do wait "$part" || fail "$1: $(cat ./*.err)"; done
    ! grep -q WARNING ./*.err || fail "$1: a warning of addresses: $(cat ./*.err)"
    for key in sequence_number my_sequence; do
        grep -oE "'$key':[0-9]+" client.out | cut -d: -f2 >numbers
        tail -n 50 numbers >these
        [ "$key" = my_sequence ] || cmp -s these <(seq 0 49) || fail "$1: $key: $(tr '\n' ' ' <numbers)"
    done
    tail -n 14 client.out | tr -d ' \n' >last
    grep -qF "'sum':4900.0}" last && grep -qF "'big':1267650600228229401496703205425L," last &&
        grep -qF "'header':{'rates':[1.0,2.5,49],'units':'volts'},'last':True," last || fail "$1: the last packet is $(cat last)"
}

for order in "S M C" "S C M" "M S C" "M C S" "C S M" "C M S"; do
    for run in first second; do
        for part in $order; do
            start "$part"
            sleep 0.03
        done
        check_run "order $order, $run run"
        [ "$(wc -l <numbers)" = 50 ] || fail "order $order, $run run: $(wc -l <numbers) packets"
        [ -z "$(ls -A "$BRINE_DIR")" ] || fail "order $order: left over: $(ls "$BRINE_DIR")"
    done
done

# As scripts for PicklingTools start them: without address randomization. Some containers forbid that.
if setarch x86_64 -L -R true 2>/dev/null; then
    how=(setarch x86_64 -L -R)
    for part in S M C; do start "$part"; done
    check_run "without address randomization"
    how=()
else
    echo "skipped: setarch -R is not possible here: not run without address randomization"
fi

# After a run that was killed in the middle: if the server is first it makes the region anew; otherwise the others have
# found what is left, as ever, get that first, and the server joins them.
full() { [ "$(number mempool pipe1 depth)" = 4 ] && [ "$(number mempool pipe2 depth)" = 4 ]; }
for order in "S M C" "C M S" "M C S"; do
    start S
    start M
    until_true 10 full || fail "the pipes did not fill: $(brine info mempool)"
    kill -9 "$server" "$middle"
    wait "$server" "$middle" 2>/dev/null
    [ -e "$BRINE_DIR/brine.mempool" ] || fail "there is no region left over"
    for part in $order; do
        start "$part"
        # Who starts first is there first.
        case "$order: $part" in
        "S M C: S") until_true 10 grep -q "is there" server.err || fail "no region" ;;
        "C M S: C" | "M C S: C") until_true 10 grep -q "pipe2 is there" client.err || fail "no client" ;;
        esac
    done
    check_run "after a killed run, order $order"
    if [ "$order" = "S M C" ]; then
        grep -q "left over" server.err || fail "the server has not said that it made it anew: $(cat server.err)"
        [ "$(wc -l <numbers)" = 50 ] || fail "packets of the killed run: $(wc -l <numbers)"
    else
        grep -q "in use" server.err || fail "the server has not said that it joined: $(cat server.err)"
        "$BRINE" rm mempool
    fi
done
