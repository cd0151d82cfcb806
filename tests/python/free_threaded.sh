#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=1800
# The extension built for a Python without the global lock, and the tests there: for one that is on the PATH, else for one
# built of the source of a later Debian (newer.bash), which has no package of it. That is kept in the build folder.
. "$(dirname "$0")/helpers.bash"
. "$(dirname "$0")/newer.bash"
environment=$build/python/free_threaded
for newer in python3.15t python3.14t python3.13t; do
    "$newer" -c 'import sysconfig, sys; sys.exit(not sysconfig.get_config_var("Py_GIL_DISABLED"))' 2>/dev/null && break
    newer=
done
[ -n "$newer" ] || build_free_threaded_python "$build/python/free_threaded_python" >"$work/newer" 2>&1 ||
    { cat "$work/newer"; echo "SKIP: no Python without the global lock is on the PATH, and $(tail -1 "$work/newer")"; exit 77; }
unset "test_packages[-1]" # mypy: how the package is typed does not depend on a lock
fresh_environment "$newer" "$environment"
"$environment/bin/pip" install -q "$root" || exit 1
"$environment/bin/python" -c 'import sys, brine; print("tested with Python", sys.version); sys.exit(sys._is_gil_enabled())' || exit 1
run_tests "$environment"
