/*
 * cli/manual.c - prints the parts of the manual that are tables: commands, settings, keys of rules,
 * event fields, metrics; as mdoc(7). packaging/man/fill puts them where the page says, and
 * tests/documents/derived fails when what is committed is not what is printed here.
 */
#include "base/code_point.h"
#include "base/metric.h"
#include "base/text.h"
#include "base/visible.h"
#include "cli/check/finding.h"
#include "cli/command.h"
#include "config/config.h"
#include "event/event.h"
#include "rules/suite/suite.h"

/* ---- mdoc ---- */

/* A dash of an option is no hyphen. */
static void add_char(struct text *out, char c)
{
	switch (c) {
	case '\\':
		text_add(out, "\\e");
		break;
	case '-':
		text_add(out, "\\-");
		break;
	case '"':
		text_add(out, "\\(dq");
		break;
	default:
		text_add_char(out, c);
	}
}

/* One argument of a macro, which is a macro nowhere. */
static void add_argument(struct text *out, const char *argument)
{
	text_add(out, "\"\\&");
	for (; *argument; argument++)
		add_char(out, *argument);
	text_add_char(out, '"');
}

/* Sentences: each begins a line; what stands in `backquotes` is bold, and every '\n' begins a
 * paragraph. */
static void add_sentences(struct text *out, const char *sentences)
{
	bool is_bold = false;
	text_add(out, "\\&");
	for (const char *at = sentences; *at; at++) {
		bool is_end = at > sentences && at[-1] == '.' && *at == ' ' && at[1] >= 'A' &&
			      at[1] <= 'Z';
		if (*at == '`')
			text_add(out, (is_bold = !is_bold) ? "\\fB" : "\\fP");
		else if (*at == '\n')
			text_add(out, "\n.Pp\n\\&");
		else if (is_end)
			text_add(out, "\n\\&");
		else
			add_char(out, *at);
	}
	text_add_char(out, '\n');
}

/* ---- commands ---- */

static void add_option(struct text *out, const char *name, const char *value_name, const char *help)
{
	text_add(out, ".It Fl ");
	OWNED_TEXT struct text long_name = TEXT(TEXT_UNBOUNDED);
	text_printf(&long_name, "-%s", name);
	add_argument(out, long_name.at);
	if (value_name) {
		text_add(out, " Ar ");
		add_argument(out, value_name);
	}
	text_add_char(out, '\n');
	add_sentences(out, help);
}

static void add_options(struct text *out, const struct command *command)
{
	if (!command->options && !command->formats)
		return;
	text_add(out, ".Bl -tag -width \"--secret-env NAME\" -compact\n");
	for (const struct option_spec *option = command->options; option && option->name; option++)
		add_option(out, option->name, option->value_name, option->help);
	if (command->formats)
		add_option(out, "format", command->formats, HELP_OF_FORMAT);
	text_add(out, ".El\n");
}

static void add_words(struct text *out, const struct command *command)
{
	if (!command->words)
		return;
	text_add(out, ".Bl -tag -width \"--secret-env NAME\" -compact\n");
	for (const struct command_word *word = command->words; word->name; word++) {
		text_printf(out, ".It Cm %s\n", word->name);
		add_sentences(out, word->help);
	}
	text_add(out, ".El\n");
}

static void add_command(struct text *out, const struct command *command)
{
	OWNED_TEXT struct text usage = TEXT(TEXT_UNBOUNDED);
	command_usage_line(command, &usage);
	text_add(out, ".Ss ");
	add_argument(out, usage.at);
	text_add_char(out, '\n');
	text_printf(out, "%c%s.\n", command->summary[0] - 'a' + 'A', command->summary + 1);
	if (command->description) {
		text_add(out, ".Pp\n");
		add_sentences(out, command->description);
	}
	if (command->words)
		text_add(out, ".Pp\n");
	add_words(out, command);
	if (command->options || command->formats)
		text_add(out, ".Pp\n");
	add_options(out, command);
}

static void print_commands(struct text *out)
{
	for (const struct command *const *command = commands; *command; command++)
		if (!(*command)->is_hidden)
			add_command(out, *command);
}

/* ---- fields ---- */

static void add_item(
	struct text *out, const char *name, const char *of, const char *more, const char *help)
{
	text_add(out, ".It Li ");
	add_argument(out, name);
	if (*of || *more) {
		OWNED_TEXT struct text aside = TEXT(TEXT_UNBOUNDED);
		text_printf(&aside, "(%s%s%s)", of, *of && *more ? "; " : "", more);
		text_add(out, " No ");
		add_argument(out, aside.at);
	}
	text_add_char(out, '\n');
	add_sentences(out, help);
}

static void add_field(const struct field_note *note, void *context)
{
	add_item(context, note->name, note->type, note->limits, note->help);
}

static void list(struct text *out, void (*describe)(field_visit *visit, void *context))
{
	text_add(out, ".Bl -tag -width Ds -compact\n");
	describe(add_field, out);
	text_add(out, ".El\n");
}

static void print_settings(struct text *out)
{
	list(out, config_describe);
}

static void print_rule(struct text *out)
{
	list(out, ruleset_describe);
}

static void print_selection(struct text *out)
{
	list(out, ruleset_describe_selection);
}

static void print_test(struct text *out)
{
	list(out, suite_describe_test);
}

static void print_expectation(struct text *out)
{
	list(out, suite_describe_expectation);
}

static void print_fields(struct text *out)
{
	text_add(out, ".Bl -tag -width environment_name -compact\n");
	for (int i = 0; i < EVENT_FIELD_COUNT; i++) {
		const struct event_field_info *info = event_field_describe((enum event_field)i);
		add_item(out, info->name, "", "", info->help);
	}
	text_add(out, ".El\n");
}

/* ---- metrics ---- */

static void add_metric(const struct metric_note *note, void *context)
{
	struct text *out = context;
	OWNED_TEXT struct text of = TEXT(TEXT_UNBOUNDED);
	text_add(&of, note->type);
	for (size_t i = 0; i < note->label_count; i++)
		text_printf(&of, "%s%s", i ? ", " : "; by ", note->labels[i].name);
	add_item(out, note->name, of.at, "", note->help);
	for (size_t i = 0; i < note->label_count; i++) {
		const char *const *word = note->labels[i].words;
		if (!word)
			continue;
		OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
		text_printf(&list, "`%s`:", note->labels[i].name);
		for (; *word; word++)
			text_printf(&list, " %s%s", *word, word[1] ? "," : ".");
		text_add(out, ".br\n");
		add_sentences(out, list.at);
	}
}

static void print_metrics(struct text *out)
{
	text_add(out, ".Bl -tag -width Ds\n");
	metric_describe(add_metric, out);
	text_add(out, ".El\n");
}

/* ---- findings ---- */

/* A line of a file as it is; what a terminal would not show is an escape (base/visible.h), and
 * what is not ASCII is groff's. */
static void add_literal(struct text *out, struct str line)
{
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	visible_add(&visible, line);
	text_add(out, "\\&");
	for (struct str left = text_str(&visible); left.length;) {
		size_t bytes;
		int32_t point = code_point_at(left, &bytes);
		if (point < 0x80)
			add_char(out, left.at[0]);
		else
			text_printf(out, "\\[u%04X]", (unsigned)point);
		left.at += bytes;
		left.length -= bytes;
	}
	text_add_char(out, '\n');
}

struct finding_page {
	struct text *out;
	enum finding_section section;
};

static void add_finding_part(const struct finding_part *part, void *context)
{
	struct finding_page *page = context;
	text_add(page->out, ".Pp\n");
	if (part->section != page->section)
		text_add(page->out, part->section == FINDING_EXAMPLE ? "For example:\n.Pp\n"
								     : "Corrected:\n.Pp\n");
	page->section = part->section;
	if (!part->file) {
		add_sentences(page->out, part->text);
		return;
	}
	text_add(page->out, ".Bd -literal -offset indent -compact\n");
	text_printf(page->out, "# %s\n", part->file);
	for (const char *at = part->text; *at; at += strcspn(at, "\n") + 1)
		add_literal(page->out, (struct str){ at, strcspn(at, "\n") });
	text_add(page->out, ".Ed\n");
}

static void print_findings(struct text *out)
{
	for (int code = 0; code < PROBLEM_CODE_COUNT; code++) {
		enum problem_code finding = (enum problem_code)code;
		struct finding_page page = { .out = out };
		OWNED_TEXT struct text heading = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text help = TEXT(TEXT_UNBOUNDED);
		text_printf(&heading, "%s (%s)", problem_code_name(finding),
			problem_severity_name(problem_code_severity(finding)));
		text_add(out, ".Ss ");
		add_argument(out, heading.at);
		text_add_char(out, '\n');
		text_printf(&help, "%s.", problem_code_help(finding));
		add_sentences(out, help.at);
		finding_read(finding, add_finding_part, &page);
	}
}

/* ---- the command ---- */

static const struct command_word parts[] = {
	{ "commands", "with their options" },
	{ "settings", "of the configuration file" },
	{ "rule", "the keys of a rule" },
	{ "selection", "the keys of an entry of a rule's `refresh`" },
	{ "test", "the keys of a test of rules" },
	{ "expectation", "the keys of an entry of a test's `expect`" },
	{ "fields", "of events" },
	{ "metrics", "of the admin listener, for refresh-router-metrics(7)" },
	{ "findings", "of `check`, for refresh-router-findings(7)" },
	{ 0 },
};
static void (*const printers[])(struct text *out) = { print_commands, print_settings, print_rule,
	print_selection, print_test, print_expectation, print_fields, print_metrics,
	print_findings };

static int run(const struct command_line *line)
{
	_Static_assert(sizeof parts / sizeof *parts == sizeof printers / sizeof *printers + 1,
		"one printer for each part");
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; parts[i].name; i++) {
		if (strcmp(parts[i].name, line->arguments[0]))
			continue;
		printers[i](&out);
		fputs(out.at, stdout);
		return EXIT_YES;
	}
	return command_word_unknown(line, "part of the manual");
}

const struct command command_manual = {
	.name = "manual",
	.arguments = "PART",
	.summary = "print a part of the manual that is a table, as mdoc(7)",
	.words = parts,
	.is_hidden = true,
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run,
};
