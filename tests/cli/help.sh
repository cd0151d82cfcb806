#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Help, version, usage errors; the man page and the completion know every command and option.
. "$(dirname "$0")/helpers.bash"

expect 0 brine --version
grep -qE '^brine [0-9]+\.[0-9]+\.[0-9]+$' out || fail "version: $(cat out)"
expect 0 brine --help
commands=$(sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' out)
[ "$(echo "$commands" | wc -w)" = 13 ] || fail "commands in the help: $commands"
expect 2 brine
expect 2 brine nonsense
said 'no command "nonsense"'
expect 2 brine help nonsense

man=$source_root/man/brine.1
completion=$source_root/cli/completion/brine.bash
for command in $commands; do
    expect 0 brine help "$command"
    cp out help
    expect 0 brine "$command" --help
    cmp -s out help || fail "$command --help differs from help $command"
    head -n 1 out | grep -q "^Usage: brine $command " || fail "usage line of $command"
    expect 2 brine "$command" --no-such-option
    said "brine: $command: option --no-such-option is not known"
    case $command in
    ls) ;;
    *) expect 2 brine "$command" ;;
    esac
    grep -q "brine $command" "$man" || fail "brine(1) lacks $command"
    grep -q "$command" "$completion" || fail "the completion lacks $command"
    # Every long option of the help stands in the manual.
    for option in $(grep -oE -- '--[a-z][a-z-]+' help | sort -u); do
        sed "s,\\\\-,-,g" "$man" | grep -qF -- "$option" || fail "brine(1) lacks $command $option"
    done
done

# Wrong values of options are usage errors that name the option.
expect 2 brine create p --size nonsense
said '--size: "nonsense"'
expect 2 brine create p --mode 9
expect 2 brine create p --size
said 'option --size needs a value'
expect 2 brine put p q --timeout -1
expect 2 brine put p q --rate 0
expect 2 brine put p q --capacity 0
expect 2 brine get p q -n x
expect 2 brine get p
expect 2 brine tee p a a
expect 2 brine tee p a b --policy none
expect 2 brine rm
expect 2 brine create p q
no_pools
