# fish completion for refresh-router. `refresh-router complete` knows what may come next; this carries words there and back.
function __refresh_router_complete
    set -l before (commandline -opc)
    set -l token (commandline -ct)
    set -l told (refresh-router complete -- $before[2..] "$token" 2>/dev/null)
    set -l head (string match -r -- '^--[^=]*=' "$token")
    switch "$told[1]"
        case files
            printf '%s\n' "$head"(__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$token"))
        case folders
            printf '%s\n' "$head"(__fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$token") '')
        case '*'
            printf '%s\n' $told[2..]
    end
end
complete -c refresh-router -f -a '(__refresh_router_complete)'
