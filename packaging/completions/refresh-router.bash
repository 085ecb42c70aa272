# bash completion for refresh-router, for bash 4.4 and later. `refresh-router complete` knows what may come next; this carries words there and back.
_refresh_router()
{
	local line=${COMP_LINE:0:COMP_POINT} words=() i part rest word kind quote= head=
	# readline also breaks words at ':' and '='; what no blank separates is one word.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		rest=${line#"${line%%[![:space:]]*}"}
		part=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || part=$rest
		if ((i)) && [[ $rest == "$line" ]]; then words[-1]+=$part; else words+=("$part"); fi
		line=${rest#"$part"}
	done
	# readline replaces what stands after the last of these, or after the quote that is open.
	word=${words[-1]}
	if [[ $word =~ ^([^\"\']*[:=])?([\"\']) ]]; then
		head=${BASH_REMATCH[1]} quote=${BASH_REMATCH[2]}
	elif [[ $word == *[:=]* ]]; then
		head=${word%"${word##*[:=]}"}
	fi
	{
		read -r kind
		while IFS=$'\t' read -r word rest; do
			case $quote in
			\') word=${word#"$head"} word=${word//\'/\'\\\'\'} ;;
			\") word=${word#"$head"} word=${word//\\/\\\\} word=${word//\"/\\\"} word=${word//\$/\\\$} word=${word//\`/\\\`} ;;
			*) printf -v word %q "$word"; word=${word#"$head"} ;;
			esac
			COMPREPLY+=("$word")
		done
	} < <(refresh-router complete --typed -- "${words[@]:1}" 2>/dev/null)
	case $kind in
	files) compopt -o default ;;
	folders) compopt -o dirnames ;;
	esac 2>/dev/null
}
complete -F _refresh_router refresh-router
