#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# publish and lookup.
. "$(dirname "$0")/helpers.bash"

expect 0 brine create p --size 4M
expect 4 brine lookup p setting
expect 0 brine lookup p
printed ''
expect 0 brine publish p setting --literal "{'gain': 12.5, 'band': (1, 2)}"
expect 0 brine lookup p setting
printed '{"gain":12.5,"band":[1,2]}'
expect 0 brine lookup p setting --literal
printed "{'gain': 12.5, 'band': (1, 2)}"
expect 0 brine publish p setting --json '[1]'
expect 0 brine lookup p setting
printed '[1]'
expect 0 brine peek p setting
printed '[1]'
echo '{"from": "file"}' >value.json
expect 0 brine publish p other value.json
expect 0 brine publish p third - <<<'"stdin"'
expect 0 brine lookup p
printed $'other\nsetting\nthird'
expect 0 brine lookup p other
printed '{"from":"file"}'

expect 1 brine publish p setting --json '[1'
said 'value:1:'
expect 1 brine publish p setting --literal '{1: '
expect 4 brine publish p setting no-such-file
expect 4 brine publish nothing setting --json 1 --wait 0
expect 2 brine publish p setting --json 1 value.json
expect 2 brine publish p 'a b' --json 1
expect 0 brine lookup p setting
printed '[1]'

# A pipe of that name is no published value, and the other way round.
expect 0 brine put p pipe --keep-open <<<1
expect 1 brine publish p pipe --json 1
expect 1 brine lookup p pipe
expect 1 brine put p setting <<<1

# Waiting for a name, and being stopped while waiting.
"$BRINE" lookup p late --wait 20 >late.out &
waiter=$!
sleep 0.1
expect 0 brine publish p late --json '"now"'
joined $waiter
[ "$(cat late.out)" = '"now"' ] || fail "late: $(cat late.out)"
"$BRINE" lookup p never --wait 20 &
waiter=$!
sleep 0.2
kill $waiter
wait $waiter
[ $? = 143 ] || fail "lookup: not 143"

expect 0 brine publish --remove p setting
expect 4 brine publish --remove p setting
expect 4 brine lookup p setting
# Replacing a value frees the one before.
for i in 1 2 3; do
    awk -v i=$i 'BEGIN { printf "\"%d", i; for (j = 0; j < 150000; j++) printf "0123456789"; print "\"" }' >large.json
    expect 0 brine publish p large large.json
done
expect 0 brine check p
expect 0 brine rm p
no_pools
