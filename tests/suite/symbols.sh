# SPDX-License-Identifier: Apache-2.0
# The shared library exports what the public headers mark BRINE_API, under its version, and nothing else.
set -eu
library=${BRINE_BUILD:?}/libbrine.so
headers=${BRINE_SOURCE:?}/include/brine
exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort)

wrong=$(grep -v '^brine_[a-z].*@@BRINE_[0-9.]*$' <<<"$exported" || true)
[ -z "$wrong" ] || { echo "exported, but not of the public interface:"; echo "$wrong"; exit 1; }

# A declaration may go over several lines: join them, then take the name before the parenthesis.
declared=$(cat "$headers"/*.h | tr '\n' ' ' | grep -o 'BRINE_API [^;]*;' | sed 's/(.*//; s/.*[ *]//' | grep '^brine_' | sort -u)
names=$(sed 's/@.*//' <<<"$exported" | sort -u)
missing=$(comm -23 <(echo "$declared") <(echo "$names"))
extra=$(comm -13 <(echo "$declared") <(echo "$names"))
[ -z "$missing" ] || { echo "declared in the headers, but not exported:"; echo "$missing"; exit 1; }
[ -z "$extra" ] || { echo "exported, but not declared in the headers:"; echo "$extra"; exit 1; }
echo "$(wc -l <<<"$names") functions"
