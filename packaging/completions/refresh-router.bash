# bash completion for refresh-router: commands, their options and their words, as --help prints them.
_refresh_router()
{
	local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words
	if [ "$COMP_CWORD" -eq 1 ]; then
		words=$(refresh-router --help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')
	elif [[ $current == -* ]]; then
		words=$(refresh-router "$command" --help 2>/dev/null | grep -oE '^  --[a-z-]+')
	elif [ "$COMP_CWORD" -eq 2 ]; then
		words=$(refresh-router "$command" --help 2>/dev/null | sed -n '/^[A-Z]*:$/,/^$/s/^  \([a-z]*\) .*/\1/p')
	fi
	mapfile -t COMPREPLY < <(compgen -W "${words:-}" -- "$current")
}
complete -o default -F _refresh_router refresh-router
