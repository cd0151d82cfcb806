#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every link from a page to a file of the project leads somewhere, and so does every path in `code`.
set -eu
root=${BRINE_SOURCE:?}
bad=0
for page in "$root"/*.md "$root"/docs/*.md "$root"/docs/*/*.md; do
    [ -f "$page" ] || continue
    while read -r target; do
        case $target in http*: | http*://* | \#*) continue ;; esac
        [ -e "$(dirname -- "$page")/${target%%#*}" ] || { echo "${page#"$root"/}: no file $target"; bad=1; }
    done < <(grep -o '](\([^)]*\))' "$page" | sed 's/^](//; s/)$//')
    while read -r path; do
        [ -e "$root/$path" ] || { echo "${page#"$root"/}: no file $path"; bad=1; }
    done < <(grep -oE '`(src|include|tests|tools|examples|demo|docs|cmake|bench|python)/[A-Za-z0-9_./-]*\.(c|h|cpp|hpp|pml|sh|map|md|txt|py)`' "$page" | tr -d '`')
done
exit $bad
