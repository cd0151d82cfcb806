#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every symbol that the library takes from outside stands in calls.txt, as one that is made to fail or as one that
# cannot; and nothing stands there that the library does not need any more.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
library=$BRINE_BUILD/libbrine.a
[ -f "$library" ] || { echo "SKIP: no $library"; exit 77; }
command -v nm >/dev/null || { echo "SKIP: no nm"; exit 77; }

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
nm "$library" | awk '$1 ~ /^[0-9a-f]+$/ { print $3 }' | sort -u >"$folder/defined"
nm -u "$library" | awk '$1 == "U" { print $2 }' | sort -u | comm -23 - "$folder/defined" |
    grep -vE '^__(asan|ubsan|tsan|sanitizer|stack_chk|start_|stop_)' >"$folder/needed" || true
awk '$1 == "fail" || $1 == "never" { print $2 }' "$here/calls.txt" | sort >"$folder/listed"

doubled=$(uniq -d "$folder/listed")
bare=$(awk '$1 == "never" && NF < 3 { print $2 }' "$here/calls.txt")
new=$(comm -23 "$folder/needed" "$folder/listed")
failed=0
if [ -n "$doubled$bare" ]; then echo "listed twice, or without a reason:" $doubled $bare; failed=1; fi
if [ -n "$new" ]; then
    echo "the library needs what tests/fault/calls.txt does not list; say whether it can fail:" $new
    failed=1
fi
# Which helpers of the compiler are called differs from build to build; calls that can fail do not.
gone=$(awk '$1 == "fail" { print $2 }' "$here/calls.txt" | sort | comm -23 - "$folder/needed")
if [ -n "$gone" ]; then echo "listed as made to fail, but the library does not call:" $gone; failed=1; fi
echo "$(wc -l <"$folder/needed") symbols, $(grep -c '^fail ' "$here/calls.txt") of them made to fail"
exit $failed
