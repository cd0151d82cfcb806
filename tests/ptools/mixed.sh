#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=300
# One pipeline of programs in C, C++ (<brine/brine.hpp>), for PicklingTools (<brine/ptools.hpp>) and in Python: each packet
# goes through all of them, by reference, in four orders, so that each is the source, each relay and the sink once.
. "$(dirname "$0")/../cli/helpers.bash"
here=$(cd "$source_root/tests/ptools/mixed" && pwd)
programs=${BRINE_PTOOLS:-}/mixed
[ -x "$programs/in_cpp" ] && [ -x "$programs/in_ptools" ] || skip "no C++ compiler of the same make as the C compiler"

# An environment with the Python package, installed anew when its sources have changed; says why if there is none.
environment=$BRINE_BUILD/python/mixed
python_package() {
    local sources
    sources=("$source_root"/{python,src,include,cmake,pyproject.toml,CMakeLists.txt})
    if [ ! -e "$environment/installed" ] || [ -n "$(find "${sources[@]}" -newer "$environment/installed" -print -quit)" ]; then
        rm -rf "$environment"
        mkdir -p "$environment"
        touch "$environment/began"
        { /usr/bin/python3 -m venv "$environment" &&
            PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_RETRIES=1 timeout 200 "$environment/bin/pip" install -q "$source_root"; } >pip.log 2>&1 ||
            { grep -m1 -E 'ERROR|rror:' pip.log || tail -n 1 pip.log; return 1; }
        mv "$environment/began" "$environment/installed"
    fi
    "$environment/bin/python" -c 'import brine' 2>&1
}

start() { # LANGUAGE ROLE ARGUMENT...
    case $1 in
    python) exec "$environment/bin/python" "$here/in_python.py" "${@:2}" ;;
    *) exec "$programs/in_$1" "${@:2}" ;;
    esac
}

# pipeline LANGUAGE...: the first is the source, the last the sink.
pipeline() {
    local all=("$@") last=$(($# - 1)) parts=() i
    start "${all[last]}" sink mixed "pipe$last" >sink.out 2>"$last.err" & parts+=($!)
    for ((i = last - 1; i > 0; i--)); do
        start "${all[i]}" relay mixed "pipe$i" "pipe$((i + 1))" "${all[i]}" 2>"$i.err" & parts+=($!)
    done
    start "${all[0]}" source mixed pipe1 2>0.err & parts+=($!)
    for i in "${parts[@]}"; do wait -n "${parts[@]}" 2>/dev/null || fail "$*: $(tail -n 3 ./*.err)"; done
    for i in {0..99}; do
        echo "$i 1267650600228229401496703205$((376 + i)) $i volts $((999 + i)) ${all[*]:1:last-1}"
    done | diff - sink.out >difference || fail "$*: the sink, and what was sent: $(head -6 difference)"
    no_pools
    echo "$*"
}

languages=(c cpp ptools)
if reason=$(python_package); then languages+=(python); else echo "skipped: the Python part: $reason"; fi
for ((first = 0; first < ${#languages[@]}; first++)); do
    pipeline "${languages[@]:first}" "${languages[@]:0:first}"
done
pipeline ptools ptools cpp c

# The command reads what a program for PicklingTools sends, and sends to it.
"$BRINE" create rf --size 4M
printf '{"seq": 0, "last": false}\n{"seq": 1, "last": true}\n' | "$BRINE" put rf in - & put=$!
"$BRINE_EXAMPLES/ptools/middleside_ex" rf in out 4 2>/dev/null & middle=$!
wait "$middle" && wait "$put" || fail "middleside_ex"
"$BRINE" peek rf out | tr -d ' \n' >first
grep -qF '"seq":0,"last":false,"my_sequence":0' first || fail "the first packet is $(cat first)"
"$BRINE" rm rf
