#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# create, ls, info, rm, reap, check, trim.
. "$(dirname "$0")/helpers.bash"

expect 0 brine ls
printed ''
expect 4 brine info nothing
expect 4 brine rm nothing
expect 0 brine rm -f nothing
expect 2 brine create .hidden
expect 2 brine create a/b
said 'brine: create: '

expect 0 brine create one --size 16M
expect 1 brine create one --size 16M
said one
expect 0 brine create two --size 1M --mode 0640 --initial 512K --populate
expect 0 brine create two --size 2M --replace
expect 0 brine create three --mode 0660 -v
said 'three'
expect 0 brine ls
printed $'one\nthree\ntwo'
[ "$(stat -c %a "$BRINE_DIR/brine.one")" = 600 ] || fail "default mode: $(stat -c %a "$BRINE_DIR/brine.one")"
[ "$(stat -c %a "$BRINE_DIR/brine.three")" = 660 ] || fail "mode: $(stat -c %a "$BRINE_DIR/brine.three")"
expect 0 brine ls -l
[ "$(wc -l <out)" = 4 ] || fail "ls -l: $(cat out)"
grep -q '^one .* 16\.0 MiB ' out || fail "ls -l: $(cat out)"
expect 0 brine info one
grep -q '^size *16\.0 MiB at most' out || fail "info: $(cat out)"

expect 0 brine put one lines --keep-open <<<$'1\n2\n3'
expect 0 brine publish one setting --json '{"a":1}'
expect 0 brine ls one
printed $'lines\nsetting'
expect 0 brine ls --pipes one
printed lines
expect 0 brine ls --published one
printed setting
expect 0 brine ls -l one
grep -q '^pipe *lines *3 packets' out || fail "ls -l one: $(cat out)"
expect 0 brine info one lines
grep -q '^depth *3 of 64' out || fail "info one lines: $(cat out)"
[ "$(number one lines packets_in)" = 3 ] || fail "packets_in: $(brine info --json one lines)"
expect 4 brine info one nothing
expect 0 brine info one
grep -q '^lines ' out || fail "info: $(cat out)"
grep -q '^setting ' out || fail "info: $(cat out)"

# A participant that lives is shown; when it is killed, it is reaped, and nothing is damaged.
"$BRINE" get one idle --wait 30 &
reader=$!
shown() { brine info one | grep -qE " $reader +brine"; }
until_true 10 shown || fail "the reader is not shown: $(brine info one)"
expect 0 brine reap one
printed '0 dead participants cleaned up after'
kill -9 $reader
wait $reader 2>/dev/null
expect 0 brine reap one
printed '1 dead participants cleaned up after'
expect 0 brine check one
printed ''
expect 0 brine trim one
expect 0 brine check -q one
expect 4 brine check nothing

# JSON that any parser reads.
if command -v python3 >/dev/null; then
    brine ls --json | python3 -c 'import json, sys
pools = json.load(sys.stdin)
assert [p["name"] for p in pools] == ["one", "three", "two"], pools
assert pools[0]["max_bytes"] == 16 << 20, pools' || fail "ls --json"
    brine ls --json one | python3 -c 'import json, sys
assert [(e["kind"], e["name"]) for e in json.load(sys.stdin)] == [("pipe", "lines"), ("published", "setting")]' || fail "ls --json one"
    brine info --json one | python3 -c 'import json, sys
info = json.load(sys.stdin)
assert info["pipes"][0]["depth"] == 3 and info["published"][0]["name"] == "setting" and info["reaps"] == 1, info' || fail "info --json"
fi

expect 0 brine rm --pipe lines one
expect 4 brine rm --pipe lines one
expect 0 brine ls one
printed setting

# rm --stale leaves pools that are in use, and complains only about those that were named.
"$BRINE" get one idle --wait 30 &
reader=$!
until_true 10 shown || fail "the reader is not shown"
expect 0 brine rm --stale -v
printed $'removed three\nremoved two'
expect 1 brine rm --stale one
expect 0 brine ls
printed one

# Its name is deleted under it: said by everyone who looks, while who is attached goes on.
rm "$BRINE_DIR/brine.one"
expect 0 brine ls
printed ''
expect 4 brine info one
said 'pool "one" does not exist'
expect 4 brine put one lines --wait 0 </dev/null
kill -0 $reader || fail "the reader has ended"
kill $reader
wait $reader 2>/dev/null

# What is no pool is not cleared away unasked, and one that is in the way is named.
echo notes >"$BRINE_DIR/brine.notes"
mkdir "$BRINE_DIR/brine.folder"
expect 0 brine rm --stale -v
printed ''
expect 1 brine rm --stale notes
said 'not a brine pool'
expect 1 brine create folder --replace
said 'is a folder, not a pool'
expect 1 brine create strict --mode 0440
said 'owner needs read and write'
rmdir "$BRINE_DIR/brine.folder"
expect 0 brine rm notes

# A participant of another pid namespace is shown as one.
if unshare --pid --fork true 2>/dev/null; then
    expect 0 brine create one --size 1M
    unshare --pid --fork --kill-child "$BRINE" get one idle --wait 30 &
    reader=$!
    foreign() { brine info one | grep -qE '^ *[0-9]+ +1 +brine .* pid namespace [0-9]+$'; }
    until_true 10 foreign || fail "no other pid namespace is shown: $(brine info one)"
    kill -9 $reader
    wait $reader 2>/dev/null
    unused() { brine rm --stale one; }
    until_true 10 unused || fail "the pool stays in use: $(brine info one)"
fi
no_pools
