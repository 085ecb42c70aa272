/* rules/lint/exact.c - warns about exact values that look like a pattern or a list without its
 * marks. */
#include "rules/lint/exact.h"

#include "base/yaml/yaml_look.h"

/* Pieces that are rare in names and common in patterns. */
static const char *const pattern_pieces[] = { ".*", ".+", "\\d", "\\w", "\\s", "\\b", "(?:", "(?i",
	"(?<", "[a-z", "[A-Z", "[0-9", "[^" };

static bool has(struct str text, const char *piece)
{
	return text.length && memmem(text.at, text.length, piece, strlen(piece));
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* `sales_*`, as shells write it. */
static bool is_glob(struct str text)
{
	return text.length > 1 &&
	       ((text.at[0] == '*' && is_word(text.at[1])) ||
		       (text.at[text.length - 1] == '*' && is_word(text.at[text.length - 2])));
}

static bool is_like_pattern(struct str text)
{
	if (text.length > 1 && text.at[0] == '^')
		return true;
	for (size_t i = 0; i < sizeof pattern_pieces / sizeof *pattern_pieces; i++)
		if (has(text, pattern_pieces[i]))
			return true;
	return pattern_is_written(str_trim(text));
}

void exact_look(struct loading *loading, const struct yaml_node *node)
{
	yaml_look(node, YAML_NAME, loading->file->source, loading->problems);
	if (is_like_pattern(node->text))
		loading_problem(loading, PROBLEM_LOOKS_LIKE_PATTERN, node->place,
			"'%s' is an exact value; a pattern stands between slashes, /.../",
			loading_quote(loading, node->text));
	else if (is_glob(node->text))
		loading_problem(loading, PROBLEM_LOOKS_LIKE_PATTERN, node->place,
			"'%s' is an exact value, in which '*' is only itself; as a pattern, what "
			"begins with 'sales_' is /^sales_/",
			loading_quote(loading, node->text));
}

/* Does dbt write numbers like this? It does not write 007. */
static bool is_number(struct str text)
{
	int64_t count;
	return str_to_count(text, &count) && (text.length == 1 || *text.at != '0');
}

/* Ids of webhooks and events have letters (src/event/README.md, Fields). */
static bool is_numeric(enum event_field field)
{
	return field == EVENT_JOB_ID || field == EVENT_RUN_ID || field == EVENT_ACCOUNT_ID ||
	       field == EVENT_PROJECT_ID || field == EVENT_ENVIRONMENT_ID;
}

void exact_look_of_field(
	struct loading *loading, const struct yaml_node *node, enum event_field field)
{
	if (!is_numeric(field)) {
		exact_look(loading, node);
		return;
	}
	if (is_number(node->text) || !node->text.length)
		return; /* a comment after it: yaml_look has reported that */
	bool is_list = memchr(node->text.at, ',', node->text.length) ||
		       memchr(node->text.at, ' ', node->text.length);
	loading_problem(loading, PROBLEM_NEVER_AN_ID, node->place,
		"'%s' is no whole number as dbt writes it, so no '%s' of dbt's is equal to it%s",
		loading_quote(loading, node->text), event_field_describe(field)->name,
		is_list ? "; several are written as a list: [1001, 1002]" : "");
}
