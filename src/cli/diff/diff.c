/*
 * cli/diff/diff.c - what a change of the rules changes: in what they decide about recorded events,
 * or, without events, in the rules alone.
 */
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/diff/diff_report.h"
#include "cli/diff/event_source.h"
#include "cli/diff/git.h"
#include "cli/print.h"
#include "config/config.h"
#include <errno.h>
#include <unistd.h>

#define GIT "git:"

/* ---- the two rulesets ---- */

static struct ruleset *load(
	const char *written, const struct ruleset_known *known, struct problems *problems)
{
	if (strncmp(written, GIT, strlen(GIT)) != 0) {
		if (access(written, F_OK) == 0)
			return ruleset_load(&written, 1, known, problems);
		problem_add(problems, PROBLEM_UNREADABLE, (struct place){ .file = written },
			(struct str){ 0 }, "cannot be read: %s; a revision is written " GIT "REV",
			strerror(errno));
		return NULL;
	}
	OWNED(arena) arena = arena_new();
	struct git_files files;
	struct error err;
	if (git_read(written + strlen(GIT), arena, &files, &err))
		return ruleset_load_sources(files.items, files.count, known, problems);
	problem_add(problems, PROBLEM_UNREADABLE, (struct place){ .file = written },
		(struct str){ 0 }, "%s", err.message);
	return NULL;
}

/* The rules that `serve` would find, else ./rules. */
static struct ruleset *load_usual(const struct ruleset_known *known, struct problems *problems)
{
	const char *path = config_find(NULL);
	OWNED(config) config = path ? config_load(path, problems) : NULL;
	if (config)
		return ruleset_load(config->rules.items, config->rules.count, known, problems);
	return path ? NULL : load("rules", known, problems);
}

/* ---- events ---- */

struct adding {
	struct comparison *comparison;
	uint32_t replaced; /* in any of the events; as in struct sourced_event */
};

static void add(const struct sourced_event *event, void *context)
{
	struct adding *adding = context;
	comparison_add(adding->comparison, event->event, event->example);
	adding->replaced |= event->replaced;
}

/* EXIT_YES, or the status to end with, after a message. */
static int add_events(const struct command_line *line, struct adding *adding)
{
	struct error err;
	const char *path;
	int status = EXIT_YES;
	for (size_t i = 0; (path = command_line_nth(line, "events", i)); i++)
		if (!event_source_visit_path(path, add, adding, &err)) {
			print_line(stderr, "refresh-router diff: %s", err.message);
			return EXIT_USAGE;
		}
	if (command_line_value(line, "url") &&
		!event_source_visit_daemon(line, add, adding, &status))
		return status;
	if (!comparison_event_count(adding->comparison)) {
		const char *from = command_line_nth(line, "events", 0);
		print_line(stderr, "refresh-router diff: there is no event to compare by in %s",
			from ? from : command_line_value(line, "url"));
		return EXIT_USAGE; /* EXIT_NO would say that there are differences */
	}
	return EXIT_YES;
}

/* Names of the fields that were replaced in the events and that the rules read. */
static size_t find_blind(uint32_t replaced, const struct ruleset *before,
	const struct ruleset *after, const char *names[EVENT_FIELD_COUNT])
{
	size_t count = 0;
	for (enum event_field field = 0; field < EVENT_FIELD_COUNT; field++)
		if (replaced & UINT32_C(1) << field &&
			(ruleset_reads(before, field) || ruleset_reads(after, field)))
			names[count++] = event_field_describe(field)->name;
	return count;
}

/* ---- the command ---- */

static void print_report(const struct command_line *line, const struct diff_report *report)
{
	if (line->json)
		diff_report_json(report, stdout);
	else if (!strcmp(line->format, "markdown"))
		diff_report_markdown(report, stdout);
	else
		diff_report_text(report, stdout);
}

/* Does the exit status say that they differ? */
static bool is_different(const struct diff_report *report, bool allow_additions)
{
	if (!report->has_events) {
		for (size_t i = 0; i < report->rule_count; i++)
			if (!allow_additions || report->rules[i].change != CHANGE_GAINED)
				return true;
		return false;
	}
	for (size_t i = 0; i < report->content_count; i++)
		if (!allow_additions || report->contents[i].change != CHANGE_GAINED)
			return true;
	return false;
}

static int compare(
	const struct command_line *line, const struct ruleset *before, const struct ruleset *after)
{
	OWNED(arena) arena = arena_new();
	OWNED(comparison) comparison = comparison_new(before, after);
	struct diff_report report = { .has_events = command_line_value(line, "events") ||
						    command_line_value(line, "url") };
	const char *blind[EVENT_FIELD_COUNT];
	if (report.has_events) {
		struct adding adding = { .comparison = comparison };
		int status = add_events(line, &adding);
		if (status != EXIT_YES)
			return status;
		report.blind = blind;
		report.blind_count = find_blind(adding.replaced, before, after, blind);
	}
	report.event_count = comparison_event_count(comparison);
	report.changed_count = comparison_changed_count(comparison);
	report.contents = comparison_contents(comparison, &report.content_count);
	report.rules = rules_compare(before, after, arena, &report.rule_count);
	print_report(line, &report);
	return is_different(&report, command_line_flag(line, "allow-additions")) ? EXIT_NO
										 : EXIT_YES;
}

static int run(const struct command_line *line)
{
	struct ruleset_known known = { 0 };
	OWNED(problems) problems = problems_new();
	OWNED(ruleset) before = load(line->arguments[0], &known, problems);
	OWNED(ruleset)
	after = line->argument_count > 1 ? load(line->arguments[1], &known, problems)
					 : load_usual(&known, problems);
	/* A version that does not load cannot be compared; that is no "there are differences". */
	if (!before || !after) {
		problems_sort(problems);
		problems_print(problems, stderr, isatty(STDERR_FILENO));
		return EXIT_USAGE;
	}
	return compare(line, before, after);
}

static const struct option_spec options[] = {
	{ "events", OPTION_VALUES, "PATH",
		"recorded events: JSON Lines of `events --export`, or a folder of bodies; may be "
		"repeated" },
	{ "url", OPTION_VALUE, "URL", "take the events of this daemon" },
	TOKEN_OPTIONS,
	{ "allow-additions", OPTION_FLAG, NULL, "exit 0 when nothing is lost or altered" },
	{ 0 },
};

const struct command command_diff = {
	.name = "diff",
	.arguments = "OLD [NEW]",
	.summary = "show what a change of the rules changes",
	.description = "OLD and NEW are rule files or folders, or git:REV[:PATH] for those of a "
		       "revision, by default below rules/. Without NEW it is the rules of the "
		       "configuration, or ./rules.\n"
		       "Without events the rules alone are compared.\n"
		       "Exit status: 0 no difference, 1 some, 2 rules or events cannot be read, or "
		       "there is "
		       "no event, 69 the daemon cannot be reached.",
	.options = options,
	.formats = "text|json|markdown",
	.least_arguments = 1,
	.most_arguments = 2,
	.run = run,
};
