# Completion of PROGRAM for bash. In ~/.bashrc: eval "$(PROGRAM completion bash)"
# Or for all users: PROGRAM completion bash >/etc/bash_completion.d/PROGRAM
_PROGRAM() {
    local line paths=:nothing
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :*) paths=$line ;;
        *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <("${COMP_WORDS[0]/#\~/$HOME}" COMPLETE "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    # bash 3, as macOS has it, knows no compopt, and completes paths everywhere.
    case $paths in
    :nothing) compopt +o default 2>/dev/null ;;
    :folders) compopt +o default -o dirnames 2>/dev/null ;;
    esac
    return 0
}
complete -o default -F _PROGRAM PROGRAM
