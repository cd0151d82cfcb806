# SPDX-License-Identifier: Apache-2.0
# rebuild NAME CMAKE_ARGUMENT...: configures and builds the project anew in $BRINE_SUITE_BUILD/NAME.
set -eu
: "${BRINE_SOURCE:?the project}" "${BRINE_SUITE_BUILD:?a folder to build in}"

rebuild() {
    local name=$1
    shift
    build=$BRINE_SUITE_BUILD/$name
    cmake -S "$BRINE_SOURCE" -B "$build" -DBRINE_WERROR=ON -DBRINE_SUITE=OFF "$@" >/dev/null
    cmake --build "$build" -j2 >"$build/build.log" 2>&1 || { tail -50 "$build/build.log"; exit 1; }
}
