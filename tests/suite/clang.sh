# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# Everything compiles under clang without a warning, and the unit tests pass there.
. "$(dirname "$0")/rebuild.bash"
rebuild clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug
ctest --test-dir "$build" -L unit --output-on-failure
