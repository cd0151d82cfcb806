#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The man pages format without a warning and refer to pages that exist here.
. "$(dirname "$0")/helpers.bash"
command -v groff >/dev/null || skip "no groff"
for page in brine.1 brine-overview.7; do
    groff -man -ww -Tutf8 "$source_root/man/$page" >"$page.txt" 2>warnings || fail "$page does not format: $(cat warnings)"
    [ ! -s warnings ] || fail "$page: $(cat warnings)"
    [ "$(wc -l <"$page.txt")" -gt 50 ] || fail "$page is nearly empty"
done
