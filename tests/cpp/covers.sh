#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The C++ header reaches everything that the C headers offer: each public function is called by it, but for these, which would
# say the same a second time.
set -eu
headers=${BRINE_SOURCE:?}/include/brine

# The same with a length is used instead of these.
said_otherwise="brine_delete
brine_find
brine_slot"
declared=$(cat "$headers"/*.h | tr '\n' ' ' | grep -o 'BRINE_API [^;]*;' | sed 's/(.*//; s/.*[ *]//' | grep '^brine_' | sort -u)
called=$(cat "$headers"/*.hpp "$headers"/cpp/*.hpp | grep -o 'brine_[a-z0-9_]*' | sort -u)
missing=$(comm -23 <(echo "$declared") <(echo "$called") | grep -vxF "$said_otherwise" || true)
[ -z "$missing" ] || { echo "of the C headers, but not of the C++ header:"; echo "$missing"; exit 1; }
echo "$(wc -l <<<"$declared") functions"
