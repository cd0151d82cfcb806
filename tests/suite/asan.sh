# SPDX-License-Identifier: Apache-2.0
# test: timeout=1200
# Unit, model and hostile tests under AddressSanitizer and UndefinedBehaviorSanitizer.
. "$(dirname "$0")/rebuild.bash"
rebuild asan -DCMAKE_BUILD_TYPE=Debug -DBRINE_SANITIZE=address,undefined
ctest --test-dir "$build" -L 'unit|model|hostile' --output-on-failure
