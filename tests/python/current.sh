#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# One binary for all versions: the wheel that the distribution's Python builds, tested in a newer one that is on the PATH.
. "$(dirname "$0")/helpers.bash"
environment=$build/python/current
for candidate in python3.15 python3.14 python3.13 python3.12; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break
    candidate=
done
[ -n "$candidate" ] || { echo "SKIP: there is no Python 3.12 or later on the PATH"; exit 77; }
fresh_environment "$candidate" "$environment"
fresh_environment "$distribution_python" "$work/builder"
"$work/builder/bin/pip" wheel -q --no-deps -w "$work/wheel" "$root" || exit 1
"$environment/bin/pip" install -q "$work"/wheel/brine-*-abi3-*.whl || exit 1
run_tests "$environment"
