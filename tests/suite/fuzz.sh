# SPDX-License-Identifier: Apache-2.0
# test: timeout=600
# Every fuzz target for BRINE_FUZZ_SECONDS (10; whole pools, which take longer, three times that), under AddressSanitizer and UndefinedBehaviorSanitizer.
. "$(dirname "$0")/rebuild.bash"
rebuild fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DBRINE_FUZZ=ON -DBRINE_TESTS=OFF -DBRINE_PROGRAMS=OFF \
    -DBRINE_SANITIZE=address,undefined
for target in "$build"/tests/fuzz/fuzz_*; do
    corpus=$BRINE_SUITE_BUILD/corpus-$(basename "$target")
    mkdir -p "$corpus"
    seconds=${BRINE_FUZZ_SECONDS:-10}
    extra=()
    if [ "$(basename "$target")" = fuzz_pool ]; then
        seconds=$((seconds * 3))
        extra=(-len_control=0 -max_len=600) # a change takes 12 bytes
        [ -n "$(ls -A "$corpus")" ] || head -c 601 /dev/zero | tr '\0' '\007' >"$corpus/start"
    fi
    "$target" -max_total_time="$seconds" "${extra[@]}" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="$corpus/" "$corpus" >"$corpus.log" 2>&1 || { tail -60 "$corpus.log"; exit 1; }
    echo "$(basename "$target"): $(grep -o 'number_of_executed_units: [0-9]*' "$corpus.log")"
done
