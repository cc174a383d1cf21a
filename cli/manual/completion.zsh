#compdef PROGRAM
# Completion of PROGRAM for zsh. In ~/.zshrc, below compinit: source <(PROGRAM completion zsh)
# Or as a file of the name _PROGRAM in a folder of $fpath.
_PROGRAM() {
    local line paths=:nothing program=${(Q)words[1]}
    local -a found
    while IFS= read -r line; do
        case $line in
        :*) paths=$line ;;
        *) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
    done < <(${~program} COMPLETE "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    if (( $#found )); then
        _describe PROGRAM found
        return
    fi
    [[ $words[CURRENT] == --*=* ]] && compset -P '*='
    case $paths in
    :files) _files ;;
    :folders) _files -/ ;;
    esac
}
if [[ $funcstack[1] == _PROGRAM ]]; then
    _PROGRAM "$@"
else
    compdef _PROGRAM PROGRAM
fi
