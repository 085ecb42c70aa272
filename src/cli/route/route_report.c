/*
 * cli/route/route_report.c - one line for each condition: does it hold, where does it stand, what
 * does the event have. Texts of strangers pass through visible_add().
 */
#include "cli/route/route_report.h"
#include "base/units.h"
#include "base/visible.h"
#include "cli/print.h"

#define COLUMNS_ELSEWHERE 80
#define COLUMNS_MOST 120
#define ALTERNATIVES_MOST 3 /* of a rule, unless it was chosen */
#define NOTS_MOST 10        /* of an alternative, unless its rule was chosen */
#define RULES_MOST 20       /* that a selection is for */
#define TEXT_BYTES 300      /* of a value or pattern; JSON has more */
#define INDENT 4

struct report {
	FILE *out;
	int columns;
	bool is_chosen, has_heading;
	const char *good, *bad, *bold, *end; /* colours */
};

/* ---- lines ---- */

/* Prints text from column `indent` on, with `begun` columns filled already. */
static void print_text(const struct report *report, int indent, int begun, const char *text)
{
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	visible_add(&visible, str_of(text));
	print_wrapped_in(report->out, report->columns, indent, begun, visible.at);
}

/* A place is not broken, even if it is longer than a line, so that it can be copied. */
static void print_rule(
	const struct report *report, const char *rule, const char *file, int line, const char *more)
{
	OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text place = TEXT(TEXT_UNBOUNDED);
	visible_add(&name, str_of(rule));
	visible_add(&place, str_of(file));
	fprintf(report->out, "  %s%s%s  (%s:%d)%s\n", report->bold, name.at, report->end, place.at,
		line, more);
}

/* ---- conditions ---- */

static void add_cut(struct text *out, const char *text)
{
	struct str whole = str_of(text), cut = str_cut(whole, TEXT_BYTES);
	text_add_str(out, cut);
	text_add(out, cut.length < whole.length ? "\u2026" : "");
}

static void add_actual(struct text *out, const struct explained_condition *condition)
{
	text_add(out, *condition->actual ? "is '" : "is empty");
	add_cut(out, condition->actual);
	text_add(out, *condition->actual ? "'" : "");
}

static void add_expected(struct text *out, const char *before, const char *expected)
{
	text_add(out, before);
	add_cut(out, *expected ? expected : "the empty text");
}

static bool is_pattern(const char *written)
{
	return *written == '/';
}

static void add_words(struct text *out, const struct explained_condition *condition, bool is_not)
{
	add_actual(out, condition);
	if (condition->holds && is_pattern(condition->matched))
		add_expected(out, ", matches ", condition->matched);
	else if (condition->holds && condition->is_list)
		add_expected(out, is_not ? ", which is " : ", wanted ", condition->expected);
	else if (condition->is_undecided)
		add_expected(
			out, ", and searching it takes too many steps for ", condition->expected);
	else if (!condition->holds)
		add_expected(out, is_not ? ", not " : ", wanted ", condition->expected);
	if (!condition->holds && condition->is_default)
		text_add(out, " (by default)");
}

static bool is_held_default(const struct explained_condition *condition)
{
	return condition->is_default && condition->holds;
}

/* How wide the places and the names of the fields are. */
struct layout {
	int place, label;
};

static int widest(int a, int b)
{
	return a > b ? a : b;
}

static void place_of(const struct explained_condition *condition, struct text *out)
{
	text_reset(out);
	if (condition->line)
		text_printf(out, "%d:%d", condition->line, condition->column);
}

static void label_of(
	const struct explained_condition *condition, const char *before, struct text *out)
{
	text_reset(out);
	text_printf(out, "%s%s", before, condition->field);
}

/* The words before a field: "not job_id", then "and job_name" in the same map. */
static const char *before_of(bool is_not, size_t i)
{
	return !is_not ? "" : !i ? "not " : "and ";
}

static void map_measure(const struct explained_map *map, bool is_not, struct layout *layout)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < map->condition_count; i++) {
		place_of(&map->conditions[i], &text);
		layout->place = widest(layout->place, (int)text.length);
		label_of(&map->conditions[i], before_of(is_not, i), &text);
		layout->label = widest(layout->label, (int)text.length);
	}
}

static void print_condition(const struct report *report, const struct layout *layout,
	const struct explained_condition *condition, const char *before, int verdict)
{
	static const char *const marks[] = { "  ", "ok", "NO" };
	const char *const colours[] = { "", report->good, report->bad };
	OWNED_TEXT struct text place = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text label = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text words = TEXT(TEXT_UNBOUNDED);
	int indent = INDENT + 2 + 2 + layout->place + 2 + layout->label + 2;
	place_of(condition, &place);
	label_of(condition, before, &label);
	add_words(&words, condition, *before != '\0');
	fprintf(report->out, "%*s%s%s%s  %-*s  %-*s  ", INDENT, "", colours[verdict],
		marks[verdict], verdict ? report->end : "", layout->place, place.at, layout->label,
		label.at);
	print_text(report, indent, indent, words.at);
	if (condition->hint)
		print_text(report, indent, 0, condition->hint);
}

/* The conditions that nobody wrote and that hold, on one line. */
static void print_defaults(
	const struct report *report, const struct layout *layout, const struct explained_map *map)
{
	OWNED_TEXT struct text words = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < map->condition_count; i++)
		if (is_held_default(&map->conditions[i]))
			text_printf(&words, "%s%s is '%s'", words.length ? ", " : "",
				map->conditions[i].field, map->conditions[i].actual);
	if (!words.length)
		return;
	int indent = INDENT + 2 + 2 + layout->place + 2 + layout->label + 2;
	fprintf(report->out, "%*s%sok%s  %-*s  %-*s  ", INDENT, "", report->good, report->end,
		layout->place, "", layout->label, "(default)");
	print_text(report, indent, indent, words.at);
}

static void print_map(const struct report *report, const struct layout *layout,
	const struct explained_map *map, bool is_not)
{
	for (size_t i = 0; i < map->condition_count; i++) {
		const struct explained_condition *condition = &map->conditions[i];
		if (is_held_default(condition))
			continue;
		bool is_good = is_not ? !map->holds && !map->is_undecided : condition->holds;
		/* of a map of `not` the first line has the verdict of all */
		int verdict = is_not && i ? 0 : is_good ? 1 : 2;
		print_condition(report, layout, condition, before_of(is_not, i), verdict);
	}
}

static void print_left(const struct report *report, size_t left, const char *what)
{
	if (left)
		fprintf(report->out, "%*s%zu more of %s %s not shown\n", INDENT, "", left, what,
			left == 1 ? "is" : "are");
}

static void print_branch(const struct report *report, const struct explained_branch *branch)
{
	struct layout layout = { .label = (int)strlen("(default)") };
	map_measure(&branch->when, false, &layout);
	for (size_t i = 0; i < branch->not_count; i++)
		map_measure(&branch->nots[i], true, &layout);
	print_map(report, &layout, &branch->when, false);
	print_defaults(report, &layout, &branch->when);
	size_t nots =
		report->is_chosen || branch->not_count < NOTS_MOST ? branch->not_count : NOTS_MOST;
	for (size_t i = 0; i < nots; i++)
		print_map(report, &layout, &branch->nots[i], true);
	print_left(report, branch->not_count - nots + branch->not_left, "its `not`");
}

static void print_branches(const struct report *report, const struct explanation *explanation)
{
	size_t count = explanation->branch_count, shown = 0;
	size_t most = report->is_chosen ? count : ALTERNATIVES_MOST;
	size_t all = count + explanation->branch_left;
	bool is_over = false;
	for (; shown < count && shown < most && !is_over; shown++) {
		const struct explained_branch *branch = &explanation->branches[shown];
		if (all > 1)
			fprintf(report->out, "%*salternative %zu of %zu%s\n", INDENT, "",
				branch->number, all, branch->holds ? ", which matches" : "");
		print_branch(report, branch);
		is_over = branch->holds && !report->is_chosen;
	}
	if (!is_over)
		print_left(report, all - shown, "its alternatives");
}

/* ---- rules that matched ---- */

static void print_match(const struct report *report, const struct match *match)
{
	print_rule(report, match->rule, match->file, match->line, "");
	if (!match->explanation)
		return;
	print_branches(report, match->explanation);
	for (size_t i = 0; i < match->capture_count; i++) {
		OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
		text_printf(&line, "captures %s = '", match->capture_names[i]);
		add_cut(&line, match->capture_values[i]);
		text_add(&line, "'");
		print_text(report, INDENT, 0, line.at);
	}
}

/* The first heading stands at the top, the others after an empty line. */
static void print_heading(struct report *report, const char *heading)
{
	fprintf(report->out, "%s%s\n", report->has_heading ? "\n" : "", heading);
	report->has_heading = true;
}

static void print_matches(struct report *report, const struct decision *decision)
{
	OWNED_TEXT struct text heading = TEXT(TEXT_UNBOUNDED);
	size_t shown = 0;
	text_add(&heading, decision->match_count ? "Matched:" : "No rule matched.");
	if (decision->match_count && !report->is_chosen)
		text_printf(&heading, " %zu of %zu rules", decision->match_count,
			decision->match_count + decision->unmatched_count);
	if (!decision->match_count && !report->is_chosen)
		print_heading(report, heading.at);
	for (size_t i = 0; i < decision->match_count; i++) {
		const struct match *match = &decision->matches[i];
		if (!match->explanation && report->is_chosen)
			continue;
		if (!shown++)
			print_heading(report, heading.at);
		else if (match->explanation)
			fputc('\n', report->out);
		print_match(report, match);
	}
}

/* ---- what they refresh ---- */

void route_report_selection(const struct selection *selection, struct text *out)
{
	char time[UNIT_TEXT_SIZE];
	selection_describe(selection, out);
	text_add(out, selection->incremental ? ", incremental" : "");
	text_add(out, selection->shadow ? ", shadow: not sent" : "");
	if (selection->delay)
		text_printf(out, ", after a delay of %s",
			units_format_duration(selection->delay, time));
	if (selection->quiet)
		text_printf(out, ", after %s without an event of the rule",
			units_format_duration(selection->quiet, time));
}

static bool is_of_shown_rule(const struct decision *decision, const struct selection *selection)
{
	for (size_t i = 0; i < decision->match_count; i++)
		for (size_t j = 0; decision->matches[i].explanation && j < selection->rule_count;
			j++)
			if (text_is(decision->matches[i].rule, selection->rules[j]))
				return true;
	return false;
}

static void print_selection(const struct report *report, const struct selection *selection)
{
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	text_printf(&line, "%s: ", selection->site);
	route_report_selection(selection, &line);
	print_text(report, 2, 0, line.at);
	text_reset(&line);
	text_add(&line, "for ");
	for (size_t i = 0; i < selection->rule_count && i < RULES_MOST; i++)
		text_printf(&line, "%s%s", i ? ", " : "", selection->rules[i]);
	if (selection->rule_count > RULES_MOST)
		text_printf(&line, ", and %zu more", selection->rule_count - RULES_MOST);
	print_text(report, INDENT, 0, line.at);
}

/* After the last selection of the content that it is about. */
static void print_merging(const struct report *report, const struct decision *decision,
	const struct selection *selection)
{
	for (size_t i = 0; i < decision->merging_count; i++) {
		const struct merging *merging = &decision->mergings[i];
		if (selection_compare_content(&merging->wishes[0], selection))
			continue;
		for (size_t j = 0; j < merging->note_count; j++)
			print_text(report, INDENT, 0, merging->notes[j]);
	}
}

static void print_selections(struct report *report, const struct decision *decision)
{
	bool is_any = false;
	for (size_t i = 0; i < decision->selection_count; i++) {
		const struct selection *selection = &decision->selections[i];
		if (report->is_chosen && !is_of_shown_rule(decision, selection))
			continue;
		if (!is_any)
			print_heading(report, "Refreshes:");
		is_any = true;
		print_selection(report, selection);
		if (i + 1 == decision->selection_count ||
			selection_compare_content(selection, selection + 1))
			print_merging(report, decision, selection);
	}
}

/* ---- rules that did not match ---- */

static void print_miss(const struct report *report, const struct unmatched *miss)
{
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	print_rule(
		report, miss->rule, miss->file, miss->line, miss->disabled ? ", not enabled" : "");
	add_cut(&line, miss->explanation->remedy->words);
	print_text(report, INDENT, 0, line.at);
	print_branches(report, miss->explanation);
}

static void print_misses(struct report *report, const struct decision *decision)
{
	size_t shown = 0;
	for (; shown < decision->unmatched_count && decision->unmatched[shown].explanation;
		shown++) {
		if (shown)
			fputc('\n', report->out);
		else
			print_heading(report, "Not matched, the nearest first:");
		print_miss(report, &decision->unmatched[shown]);
	}
	size_t left = decision->unmatched_count - shown;
	if (left)
		fprintf(report->out,
			"\n%zu more rule%s did not match: --rule NAME shows one, --limit %zu "
			"all\n",
			left, left == 1 ? "" : "s", decision->unmatched_count);
}

void route_report_explained(const struct decision *decision, bool is_chosen, FILE *out)
{
	bool is_coloured = print_is_coloured(out);
	int columns = print_columns(out, COLUMNS_ELSEWHERE);
	struct report report = {
		.out = out,
		.columns = columns < COLUMNS_MOST ? columns : COLUMNS_MOST,
		.is_chosen = is_chosen,
		.good = is_coloured ? "\033[32m" : "",
		.bad = is_coloured ? "\033[1;31m" : "",
		.bold = is_coloured ? "\033[1m" : "",
		.end = is_coloured ? "\033[0m" : "",
	};
	print_matches(&report, decision);
	print_selections(&report, decision);
	print_misses(&report, decision);
}
