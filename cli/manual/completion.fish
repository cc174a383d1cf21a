# Completion of PROGRAM for fish.
# PROGRAM completion fish >~/.config/fish/completions/PROGRAM.fish
function __PROGRAM_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l before ''
    set -l value "$last"
    if string match -qr '^--[^=]+=' -- "$last"
        set before (string replace -r '=.*' '=' -- "$last")
        set value (string replace -r '^[^=]*=' '' -- "$last")
    end
    for line in ($words[1] COMPLETE $words[2..-1] "$last" 2>/dev/null)
        switch $line
            case ':files'
                for path in (__fish_complete_path "$value")
                    echo $before$path
                end
            case ':folders'
                for path in (__fish_complete_directories "$value" '')
                    echo $before$path
                end
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c PROGRAM -f -a '(__PROGRAM_complete)'
