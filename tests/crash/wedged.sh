# SPDX-License-Identifier: Apache-2.0
# test: timeout=90
# bench/wedged, short: after the death of a producer or consumer the survivor, a replacement and fresh processes carry
# on with a brine pipe, every time, and nothing is lost. It leaves nothing behind. Nothing is asserted about times.
set -eu
wedged=$BRINE_BUILD/bench/wedged
if [ ! -x "$wedged" ]; then
    echo "SKIP: bench/wedged was not built: there is no C++ compiler, or the build is instrumented"
    exit 77
fi
out=$("$wedged" --runs 10 --messages 300 --only brine --json)
echo "$out"
[ "$(echo "$out" | wc -l)" -eq 4 ]
[ "$(echo "$out" | grep -c '"runs":10,"wedged":0,')" -eq 4 ]
[ "$(echo "$out" | grep -c '"lost":0,"taken_along":[0-9]*,"doubled":0,"damaged":0,"note":""')" -eq 4 ]

# Killed itself, its janitor ends the others and removes the names.
"$wedged" --runs 1000 --only brine --json >/dev/null &
pid=$!
sleep 0.3
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
for _ in $(seq 100); do
    left=$(ls -A "$BRINE_DIR")
    [ -n "$left" ] || exit 0
    sleep 0.05
done
echo "left behind: $left"
exit 1
