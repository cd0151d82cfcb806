#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# In a fresh virtual environment of the distribution's Python: pip install of the sources, and then the tests of the package.
. "$(dirname "$0")/helpers.bash"
environment=$build/python/distribution
fresh_environment "$distribution_python" "$environment"
"$environment/bin/pip" install -q "$root" || exit 1
run_tests "$environment"
