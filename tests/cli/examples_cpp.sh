#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=120
# Programs in C and in C++ exchange packets in one pipeline: every mixture of serverside, middleside and clientside, in
# changing orders of starting; a middle in C++ that is killed and started again.
. "$(dirname "$0")/helpers.bash"
bin=${BRINE_EXAMPLES:-}
[ -x "$bin/serverside" ] || skip "no examples in BRINE_EXAMPLES"
[ -x "$bin/cpp_serverside" ] || skip "the examples in C++ are not built: there is no C++ compiler"

# start PART PREFIX: "" for C, cpp_ for C++.
start() {
    case $1 in
    S) "$bin/$2serverside" mempool 1000000 pipe1 4 >server.out 2>server.err & server=$! ;;
    M) "$bin/$2middleside" mempool pipe1 pipe2 4 >middle.out 2>middle.err & middle=$! ;;
    C) "$bin/$2clientside" mempool pipe2 >client.out 2>client.err & client=$! ;;
    esac
}

check_run() {
    joined "$server" "$middle" "$client"
    [ "$(grep -c "'my_sequence':" client.out)" = 100 ] || fail "$1: $(grep -c "'my_sequence':" client.out) packets; $(cat client.err)"
    for key in sequence_number my_sequence; do
        grep -oE "'$key':[0-9]+" client.out | cut -d: -f2 | cmp -s - <(seq 0 99) || fail "$1: $key"
    done
    grep -q "'big':1267650600228229401496703205475" client.out || fail "$1: 2**100 + 99 is missing"
    grep -q "'minus':-265613988875874769338781322035779626829233452653394495974574961739092490901302182994384699044001" client.out ||
        fail "$1: -(3**200) is missing"
    no_pools
}

orders=("S M C" "S C M" "M S C" "M C S" "C S M" "C M S")
mixture=0
for s in cpp_ ""; do
    for m in cpp_ ""; do
        for c in cpp_ ""; do
            order=${orders[mixture % 6]}
            mixture=$((mixture + 1))
            [ "$s$m$c" = "" ] && continue # all in C: examples.sh
            for part in $order; do
                case $part in S) prefix=$s ;; M) prefix=$m ;; C) prefix=$c ;; esac
                start "$part" "$prefix"
                sleep 0.05
            done
            check_run "server ${s:-c_}, middle ${m:-c_}, client ${c:-c_}, order $order"
        done
    done
done

# Between two in C: what the middle in C++ had not taken is not lost with it.
start S ""
start M cpp_
half() { [ "$(number mempool pipe2 depth)" = 4 ] && [ "$(number mempool pipe1 depth)" = 4 ]; }
until_true 10 half || fail "the pipes did not fill"
kill -9 "$middle"
wait "$middle" 2>/dev/null
start M cpp_
start C ""
joined "$server" "$middle" "$client"
got=$(grep -oE "'sequence_number':[0-9]+" client.out | cut -d: -f2)
[ "$(echo "$got" | wc -l)" -ge 99 ] || fail "after a new middle: $(echo "$got" | wc -l) packets"
echo "$got" | sort -n -u | cmp -s - <(echo "$got") || fail "after a new middle: doubled or out of order"
no_pools

expect 2 "$bin/cpp_serverside" mempool
expect 2 "$bin/cpp_serverside" mempool 1M pipe1 x
said "not a whole number"
expect 1 "$bin/cpp_serverside" mempool nonsense pipe1 4
no_pools
