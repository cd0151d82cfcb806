# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# Threads of one process under ThreadSanitizer. It takes the re-initialising of the fork mutex in a forked
# child for a double lock, hence report_mutex_bugs=0; races are reported.
. "$(dirname "$0")/rebuild.bash"
rebuild tsan -DCMAKE_BUILD_TYPE=Debug -DBRINE_SANITIZE=thread
export TSAN_OPTIONS=die_after_fork=0:report_mutex_bugs=0
ctest --test-dir "$build" -R 'thread|heap_model|heap_shares|heap_budget' --no-tests=error --output-on-failure
