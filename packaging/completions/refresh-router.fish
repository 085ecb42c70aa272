# fish completion for refresh-router. `refresh-router complete` knows what may come next; this carries words there and back.
function __refresh_router_complete
    set -l before (commandline -opc)
    set -l token (commandline -ct)
    set -l told (refresh-router complete -- $before[2..] "$token" 2>/dev/null)
    # "--name=" stays in front of files; a command that nothing is known of is completed with files.
    set -l head (string match -r -- '^--[^=]*=' "$token")
    set -l rest (string replace -r -- '^--[^=]*=' '' "$token")
    switch "$told[1]"
        case files
            string join \n -- "$head"(complete -C "__refresh_router_nothing $rest")
        case folders
            string join \n -- "$head"(complete -C "__refresh_router_nothing $rest" | string match -r '.*/$')
        case '*'
            string join \n -- $told[2..]
    end
end
complete -c refresh-router -f -a '(__refresh_router_complete)'
