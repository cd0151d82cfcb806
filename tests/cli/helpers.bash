# SPDX-License-Identifier: Apache-2.0
# What the shell tests share. The caller sets BRINE (the command), BRINE_EXAMPLES and BRINE_DEMO (folders
# of executables) and BRINE_DIR (an empty pool folder). Exit status: 0 passed, 77 skipped, else failed.
set -u
export LC_ALL=C.UTF-8
: "${BRINE:?path of the brine executable}" "${BRINE_DIR:?an empty folder for pools}"
export BRINE_DIR
source_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
test_data=${BRINE_TEST_DATA:-$source_root/../shared/data}
scratch=$(mktemp -d)
cd "$scratch" || exit 1

# Ends what the test started and removes what it made, however it ends.
cleanup() {
    local pids
    pids=$(jobs -p)
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -9 $pids 2>/dev/null
    wait 2>/dev/null
    rm -rf "$scratch"
    rm -f "$BRINE_DIR"/brine.* "$BRINE_DIR"/brine-raw.*
}
trap cleanup EXIT

fail() {
    echo "FAILED (line ${BASH_LINENO[0]}): $*" >&2
    exit 1
}

skip() {
    echo "skipped: $*" >&2
    exit 77
}

# expect STATUS COMMAND...: runs it with stdout in ./out and stderr in ./err.
expect() {
    local wanted=$1 got
    shift
    "$@" >out 2>err
    got=$?
    [ "$got" = "$wanted" ] || {
        cat out err >&2
        fail "\"$*\" exited with $got, not $wanted"
    }
}

# said TEXT: stderr of the last expect contains TEXT; printed TEXT: stdout is TEXT.
said() { grep -qF -- "$1" err || fail "stderr is: $(cat err); not: $1"; }
printed() { [ "$(cat out)" = "$1" ] || fail "stdout is: $(cat out); not: $1"; }

# until_true SECONDS COMMAND...: tries it until it succeeds.
until_true() {
    local tries=$(($1 * 50))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ $((tries--)) -gt 0 ] || return 1
        sleep 0.02
    done
}

# joined PID...: waits for the processes; fails if one of them does not exit with 0.
joined() {
    local pid
    for pid; do wait "$pid" || fail "process $pid exited with $?"; done
}

no_pools() { [ -z "$(ls -A "$BRINE_DIR")" ] || fail "left over: $(ls -A "$BRINE_DIR")"; }
need_python() { command -v python3 >/dev/null && python3 -c '' 2>/dev/null || skip "no python3 to compare with"; }
brine() { "$BRINE" "$@"; }

# number POOL PIPE KEY: a number of the pipe's info.
number() { brine info --json "$1" "$2" | sed -n "s/^    \"$3\": *\([0-9]*\),*$/\1/p"; }
