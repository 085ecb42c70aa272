/*
 * cli/doctor/doctor.c - `doctor`: what a person looks at before asking for help.
 */
#include "base/visible.h"
#include "cli/admin_client.h"
#include "cli/check/check_run.h"
#include "cli/doctor/checkup.h"
#include "cli/output_schema.h"
#include "cli/print.h"
#include <stdarg.h>

#define REMEDY_COLUMN 9

/* ---- what was found ---- */

static const char *const verdicts[CHECKUP_VERDICTS] = { "ok", "warning", "problem" };

static const char *verdict_word(int verdict)
{
	return verdicts[verdict];
}

/* clang-format off */
static const struct member item_members[] = {
	MEMBER_TEXT(checkup_item, check, .key = "check", .required = true,
		.help = "configuration, secrets, store, wal, disk, daemon, rules, listener, limits, site, pat, dbt or clock"),
	MEMBER_OPTIONAL(checkup_item, subject, .key = "subject", .help = "Which of several: a site, a source, a listener"),
	MEMBER_WORD(checkup_item, verdict, checkup_verdict, .most = CHECKUP_PROBLEM, .word = verdict_word, .key = "verdict",
		.required = true, .help = "ok, warning or problem"),
	MEMBER_TEXT(checkup_item, message, .key = "message", .required = true, .help = "What was found"),
	MEMBER_OPTIONAL(checkup_item, remedy, .key = "remedy", .help = "What to do"),
	{ 0 },
};
const struct member checkup_members[] = {
	MEMBER_ELSEWHERE("ok", FLAG, .required = true, .help = "There is no problem"),
	MEMBER_ELSEWHERE("checks", LIST, .members = item_members, .required = true, .help = "In the order in which they were made"),
	{ 0 },
};
/* clang-format on */

cJSON *doctor_output_schema(void)
{
	return record_schema("doctor.schema.json", "What doctor found", checkup_members);
}

void checkup_add(struct checkup *checkup, const char *check, const char *subject,
	enum checkup_verdict verdict, const char *remedy, const char *format, ...)
{
	va_list args;
	OWNED_TEXT struct text message = TEXT(TEXT_UNBOUNDED);
	va_start(args, format);
	text_print_args(&message, format, args);
	va_end(args);
	mem_grow(&checkup->items, &checkup->capacity, checkup->count);
	checkup->items[checkup->count++] = (struct checkup_item){ check,
		arena_text(checkup->arena, subject), verdict,
		arena_str(checkup->arena, text_str(&message)), arena_text(checkup->arena, remedy) };
	checkup->verdicts[verdict]++;
}

/* ---- printing ---- */

static void print_as_json(const struct checkup *checkup)
{
	OWNED_JSON json = cJSON_CreateObject();
	cJSON_AddBoolToObject(json, "ok", !checkup->verdicts[CHECKUP_PROBLEM]);
	cJSON *list = cJSON_AddArrayToObject(json, "checks");
	for (size_t i = 0; i < checkup->count; i++) {
		cJSON *item = cJSON_CreateObject();
		record_to_json(item_members, &checkup->items[i], item);
		cJSON_AddItemToArray(list, item);
	}
	print_json(json, stdout);
}

static void print_item(const struct checkup_item *item, bool is_coloured)
{
	static const char *const colours[] = { "\033[1;32m", "\033[1;33m", "\033[1;31m" };
	const char *word = verdicts[item->verdict];
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	text_printf(&line, "%s%s%s: %s", item->check, item->subject ? " " : "",
		item->subject ? item->subject : "", item->message);
	visible_add(&visible, text_str(&line));
	printf("%s%-*s%s%s\n", is_coloured ? colours[item->verdict] : "", REMEDY_COLUMN, word,
		is_coloured ? "\033[0m" : "", visible.at);
	if (item->remedy)
		print_line(stdout, "%*sto do: %s", REMEDY_COLUMN, "", item->remedy);
}

static void print_as_text(const struct checkup *checkup)
{
	bool is_coloured = print_is_coloured(stdout);
	for (size_t i = 0; i < checkup->count; i++)
		print_item(&checkup->items[i], is_coloured);
	OWNED_TEXT struct text sum = TEXT(TEXT_UNBOUNDED);
	text_printf(&sum, "%zu ok, ", checkup->verdicts[CHECKUP_OK]);
	text_add_count(&sum, checkup->verdicts[CHECKUP_WARNING], "warning");
	text_add(&sum, ", ");
	text_add_count(&sum, checkup->verdicts[CHECKUP_PROBLEM], "problem");
	print_line(stdout, "%s", sum.at);
}

/* ---- the command ---- */

/* The order matters: later checks go by what earlier ones found out. */
static int check_all(
	struct checkup *checkup, const struct command_line *line, struct check_run *run)
{
	if (!checkup_files(checkup, run))
		return EXIT_USAGE;
	checkup_store(checkup);
	bool is_there = checkup_daemon(checkup);
	checkup_listeners(checkup);
	checkup_limits(checkup);
	if (!command_line_flag(line, "offline"))
		checkup_network(checkup);
	if (!is_there)
		return EXIT_UNREACHABLE;
	return checkup->verdicts[CHECKUP_PROBLEM] ? EXIT_NO : EXIT_YES;
}

static int run(const struct command_line *line)
{
	OWNED(arena) arena = arena_new();
	struct checkup checkup = {
		.arena = arena,
		.line = line,
		.config_path = config_find(command_line_value(line, "config")),
	};
	struct check_run checked = { 0 };
	if (!checkup.config_path)
		return command_usage(line, "no configuration file: give --config FILE");
	int status = check_all(&checkup, line, &checked);
	if (line->json)
		print_as_json(&checkup);
	else
		print_as_text(&checkup);
	check_run_clear(&checked);
	free(checkup.items);
	return status;
}

static const struct option_spec options[] = {
	ADMIN_OPTIONS,
	{ "offline", OPTION_FLAG, NULL, "ask neither Tableau nor dbt" },
	{ 0 },
};

const struct command command_doctor = {
	.name = "doctor",
	.summary = "look at everything that the daemon needs, and say what to do",
	.description =
		"Looks at configuration, rules and secrets; at the store (all of it is read), its "
		"disk and its WAL; whether the daemon runs, with this version and the rules on "
		"disk; at its addresses and limits; whether sites and dbt's API answer, and "
		"whether their clocks agree with ours. Changes nothing. Whether a PAT works is "
		"asked only through a daemon that runs, because a sign-in would end its session; "
		"`verify` asks more.\n"
		"Run it as the daemon's user and with its environment, so that it may read what "
		"the daemon reads. No secret is printed.\n"
		"Exit status: 0 there is no problem (warnings do not count), 1 there is one, 2 "
		"there is no configuration that could be used, 69 --url leads to no daemon.",
	.options = options,
	.formats = "text|json",
	.most_arguments = 0,
	.run = run,
};
