# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# Threads of one process under ThreadSanitizer.
. "$(dirname "$0")/rebuild.bash"
rebuild tsan -DCMAKE_BUILD_TYPE=Debug -DBRINE_SANITIZE=thread
ctest --test-dir "$build" -R thread --no-tests=error --output-on-failure
