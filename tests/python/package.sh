#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# In a fresh virtual environment of the distribution's Python: pip install of the sources, and then the tests of the package.
. "$(dirname "$0")/helpers.bash"
environment=$build/python/distribution
fresh_environment "$distribution_python" "$environment"
"$environment/bin/pip" install -q "$root" || exit 1
# For python/examples/columns.py, whose test says which of them it has not found.
"$environment/bin/pip" install -q pyarrow pandas >"$work/pip" 2>&1 || echo "no pyarrow or pandas: $(tail -1 "$work/pip")"
run_tests "$environment"
