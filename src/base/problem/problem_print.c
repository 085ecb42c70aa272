/* base/problem/problem_print.c - a list of problems as a compiler prints it, with the lines and
 * ranges. */
#include "base/problem/problem.h"

#include <stdlib.h>

#include "base/visible.h"

struct colours {
	const char *bold, *severity[SEVERITY_NOTE + 1], *caret, *end;
};

static int columns_since(const struct text *out, size_t begin)
{
	return visible_columns((struct str){ out->at + begin, out->length - begin });
}

/*
 * Prints the line, and under it the part that is meant. Columns of the file are characters; where
 * they are on the screen is known only when the line is printed.
 */
static void add_source(
	struct text *out, const char *line, struct place place, const struct colours *colours)
{
	if (!line)
		return;
	int from = -1, to = -1, column = 1;
	bool goes_on = place.end_line > place.line;
	text_printf(out, "%6d | ", place.line);
	size_t begin = out->length;
	for (struct str left = str_of(line); left.length; column++) {
		if (column == place.column)
			from = columns_since(out, begin);
		if (column == place.end_column && !goes_on)
			to = columns_since(out, begin);
		/* A tab would displace the caret, so print one blank. */
		size_t used = visible_add_character(out, left.at[0] == '\t' ? STR(" ") : left);
		left.at += used;
		left.length -= used;
	}
	int length = columns_since(out, begin);
	if (column == place.column) /* just after the line's end */
		from = length;
	text_add(out, "\n");
	if (from < 0)
		return;
	text_printf(out, "       | %*s%s^", from, "", colours->caret);
	for (int at = from + 1; at < (to < 0 ? length : to); at++)
		text_add_char(out, '~');
	text_printf(out, "%s\n", colours->end);
}

static void add_head(
	struct text *out, struct place place, enum severity severity, const struct colours *colours)
{
	text_add(out, colours->bold);
	if (place.file) {
		visible_add(out, str_of(place.file));
		if (place.line > 0)
			text_printf(out, ":%d", place.line);
		if (place.line > 0 && place.column > 0)
			text_printf(out, ":%d", place.column);
		text_add(out, ": ");
	}
	text_printf(out, "%s%s%s:%s ", colours->end, colours->severity[severity],
		problem_severity_name(severity), colours->end);
}

static void add_problem(struct text *out, const struct problem *problem, bool with_source,
	const struct colours *colours)
{
	add_head(out, problem->place, problem->severity, colours);
	text_printf(out, "%s [%s]\n", problem->message, problem_code_name(problem->code));
	if (with_source)
		add_source(out, problem->source_line, problem->place, colours);
	for (const struct problem_related *related = problem->related; related;
		related = related->next) {
		add_head(out, related->place, SEVERITY_NOTE, colours);
		text_printf(out, "%s\n", related->message);
		if (with_source)
			add_source(out, related->source_line, related->place, colours);
	}
}

void problems_print(const struct problems *problems, FILE *out, bool is_terminal)
{
	static const struct colours plain = { "", { "", "", "" }, "", "" };
	static const struct colours ansi = { "\033[1m",
		{ "\033[1;31m", "\033[1;35m", "\033[1;36m" }, "\033[1;32m", "\033[0m" };
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: any text but the empty one */
	bool is_coloured = is_terminal && !(no_color && *no_color);

	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	size_t count = problems_count(problems);
	for (size_t i = 0; i < count; i++)
		add_problem(
			&text, problems_at(problems, i), is_terminal, is_coloured ? &ansi : &plain);
	/* there is no other place to report to */
	IGNORE(fwrite(text.at, 1, text.length, out) != text.length);
	problems_print_dropped(problems, out);
}

void problems_print_dropped(const struct problems *problems, FILE *out)
{
	size_t dropped = problems_error_count(problems) + problems_warning_count(problems) +
			 problems_note_count(problems) - problems_count(problems);
	if (dropped)
		fprintf(out, "%zu more problem%s not shown\n", dropped,
			dropped == 1 ? " is" : "s are");
}
