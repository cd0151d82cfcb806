# SPDX-License-Identifier: Apache-2.0
# bash completion for brine: subcommands, options, pools, and the pipes and published names of a pool.

_brine_options() {
    # The options are those that the command's own help lists, so this file need not repeat them.
    brine help "$1" 2>/dev/null | grep -oE '(^ +|, )--?[a-z-]+' | grep -oE -- '-.*'
}

_brine() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local commands='create ls info rm put get peek tee publish lookup reap check trim'
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$commands help --help --version" -- "$cur")
        return
    fi
    local command=${COMP_WORDS[1]}
    if [[ $command == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
        return
    fi
    case $prev in
    --policy)
        mapfile -t COMPREPLY < <(compgen -W 'block drop-newest drop-oldest' -- "$cur")
        return
        ;;
    -n | --count | -t | --timeout | -c | --capacity | --max-deliveries | --dead-letter | -r | --rate | -s | --size | --initial | --mode | --create | --wait | --nth | --max)
        return
        ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_brine_options "$command")" -- "$cur")
        return
    fi

    # The operands before the word at the cursor: options, and the values of those that take one, do
    # not count.
    local operands=() i word
    for ((i = 2; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        -n | --count | -t | --timeout | -c | --capacity | --max-deliveries | --dead-letter | -r | --rate | -s | --size | --initial | --mode | --create | --wait | --nth | --max | --policy | -p | --pipe | --literal | --json)
            # --literal and --json take a value only in publish
            [[ $word == --literal || $word == --json ]] && [[ $command != publish ]] || ((i++))
            ;;
        -*) ;;
        *) operands+=("$word") ;;
        esac
    done

    local pool=${operands[0]-} names=
    case $command in
    create) ;;
    rm | ls | reap | check | trim) names=$(brine ls 2>/dev/null) ;;
    *)
        if ((${#operands[@]} == 0)); then
            names=$(brine ls 2>/dev/null)
        else
            case $command in
            info | get) ((${#operands[@]} == 1)) && names=$(brine ls --pipes "$pool" 2>/dev/null) ;;
            tee) names=$(brine ls --pipes "$pool" 2>/dev/null) ;;
            peek) ((${#operands[@]} == 1)) && names=$(brine ls "$pool" 2>/dev/null) ;;
            publish | lookup) ((${#operands[@]} == 1)) && names=$(brine ls --published "$pool" 2>/dev/null) ;;
            put) ((${#operands[@]} == 1)) && names=$(brine ls --pipes "$pool" 2>/dev/null) ;;
            esac
            if [[ $command == put || $command == publish ]] && ((${#operands[@]} >= 2)); then
                compopt -o default 2>/dev/null
                return
            fi
        fi
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur")
}
complete -F _brine brine
