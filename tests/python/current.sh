#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# One binary for all versions: the wheel that the distribution's Python builds, tested in a newer one: one that is on the PATH,
# else that of a later Debian (newer.bash).
. "$(dirname "$0")/helpers.bash"
. "$(dirname "$0")/newer.bash"
environment=$build/python/current
for newer in python3.15 python3.14 python3.13 python3.12; do
    "$newer" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break
    newer=
done
[ -n "$newer" ] || unpack_newer_python "$build/python/newer" >"$work/newer" 2>&1 ||
    { cat "$work/newer"; echo "SKIP: no Python 3.12 or later is on the PATH, and $(tail -1 "$work/newer")"; exit 77; }
fresh_environment "$newer" "$environment"
fresh_environment "$distribution_python" "$work/builder"
"$work/builder/bin/pip" wheel -q --no-deps -w "$work/wheel" "$root" || exit 1
"$environment/bin/pip" install -q "$work"/wheel/brine-*-abi3-*.whl || exit 1
"$environment/bin/python" -c 'import sys; print("tested with Python", sys.version)'
run_tests "$environment"
