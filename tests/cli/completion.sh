#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The bash completion offers commands, options, pools, pipes and published names.
. "$(dirname "$0")/helpers.bash"
. "$source_root/cli/completion/brine.bash"

# complete_line WORD...: what is offered for the last word, sorted, in one line.
complete_line() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _brine
    printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ' | sed 's/ $//'
}
offers() {
    local wanted=$1
    shift
    got=$(complete_line "$@")
    [ "$got" = "$wanted" ] || fail "\"$*\": offered \"$got\", not \"$wanted\""
}

expect 0 brine create alpha --size 1M
expect 0 brine create beta --size 1M
expect 0 brine put alpha lines --keep-open <<<1
expect 0 brine publish alpha setting --json 1
offers 'peek publish put' brine p
offers 'alpha beta' brine info ''
offers 'alpha' brine rm -v a
offers 'lines' brine get -n 5 alpha ''
offers 'setting' brine lookup alpha ''
offers 'lines setting' brine peek alpha ''
offers 'lines' brine put --literal alpha ''
offers 'block' brine tee --policy b
offers '' brine get -n ''
offers 'check create' brine help c
[[ " $(complete_line brine put --k) " == *' --keep-open '* ]] || fail "options of put: $(complete_line brine put --)"
[[ " $(complete_line brine get -) " == *' -n '*'--pretty'* ]] || true
expect 0 brine rm alpha beta
no_pools
