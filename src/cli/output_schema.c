/*
 * cli/output_schema.c - the schemas of records are those of their tables; decisions and problems
 * are written by hand (rules/decision_json.c, cli/check/check.c), and their members declared here.
 */
#include "cli/output_schema.h"
#include "admin/node_status.h"
#include "base/record/record.h"
#include "dispatch/status.h"
#include "notify/letter.h"
#include "notify/status.h"
#include "store/store.h"
#include "tableau/inquiry.h"

/* clang-format off */
static const struct member condition_members[] = {
	MEMBER_ELSEWHERE("field", TEXT, .required = true, .help = "The field of the event"),
	MEMBER_ELSEWHERE("expected", TEXT, .required = true, .help = "What the rule wants, as written; a long list is cut"),
	MEMBER_ELSEWHERE("actual", TEXT, .required = true, .help = "What the event has, its beginning if it is long"),
	MEMBER_ELSEWHERE("holds", FLAG, .required = true, .help = "Does the event have what the rule wants"),
	MEMBER_ELSEWHERE("matched", TEXT, .help = "The value or pattern of the rule by which it holds"),
	MEMBER_ELSEWHERE("undecided", FLAG,
		.help = "true: a pattern takes too many steps, or the text is too long for it; then the rule does not match"),
	MEMBER_ELSEWHERE("hint", TEXT, .help = "A value of the rule that looks like it, and where they differ"),
	MEMBER_ELSEWHERE("default", FLAG, .help = "true: the condition is not written, but holds for every rule"),
	MEMBER_ELSEWHERE("line", COUNT, .help = "Line of its first value, in the rule's file"),
	MEMBER_ELSEWHERE("column", COUNT, .help = "Column of its first value"),
	{ 0 },
};
static const struct member not_members[] = {
	MEMBER_ELSEWHERE("holds", FLAG, .required = true, .help = "true: all its conditions do, so it refuses the event"),
	MEMBER_ELSEWHERE("undecided", FLAG, .help = "true: a pattern of it takes too many steps; that refuses the event too"),
	MEMBER_ELSEWHERE("conditions", LIST, .members = condition_members, .required = true, .help = "By field"),
	{ 0 },
};
static const struct member alternative_members[] = {
	MEMBER_ELSEWHERE("number", COUNT, .required = true, .help = "Its place in the list when, from 1"),
	MEMBER_ELSEWHERE("holds", FLAG, .required = true, .help = "All conditions do, and no map of not"),
	MEMBER_ELSEWHERE("conditions", LIST, .members = condition_members, .required = true,
		.help = "Of the map under when, by field"),
	MEMBER_ELSEWHERE("not", LIST, .members = not_members, .required = true,
		.help = "Its maps under not, those that refuse the event first"),
	MEMBER_ELSEWHERE("not_left", COUNT, .help = "How many of these are left out"),
	{ 0 },
};
static const struct member step_members[] = {
	MEMBER_ELSEWHERE("field", TEXT, .required = true,
		.help = "The field of the event; enabled for the rule's own; empty if the event is never routed"),
	MEMBER_ELSEWHERE("value", TEXT, .help = "A value that was tried and is good"),
	MEMBER_ELSEWHERE("text", TEXT, .required = true, .help = "The change in words"),
	{ 0 },
};
static const struct member change_members[] = {
	MEMBER_ELSEWHERE("text", TEXT, .required = true, .help = "The change in words: would match if ..."),
	MEMBER_ELSEWHERE("tried", FLAG, .required = true,
		.help = "true: the event was decided again with the values of all steps, and the rule matches"),
	MEMBER_ELSEWHERE("steps", LIST, .members = step_members, .required = true,
		.help = "All of these together; none if no change was found"),
	{ 0 },
};
static const struct member match_members[] = {
	MEMBER_ELSEWHERE("rule", TEXT, .required = true, .help = "Name of the rule"),
	MEMBER_ELSEWHERE("file", TEXT, .required = true, .help = "File that it stands in"),
	MEMBER_ELSEWHERE("line", COUNT, .required = true, .help = "Line of the rule"),
	MEMBER_ELSEWHERE("captures", MAP, .help = "Named captures and their values"),
	MEMBER_ELSEWHERE("alternatives", LIST, .members = alternative_members,
		.help = "When explained: the maps under when, the nearest first"),
	MEMBER_ELSEWHERE("alternatives_left", COUNT, .help = "How many of these are left out"),
	{ 0 },
};
static const struct member because_members[] = {
	MEMBER_ELSEWHERE("field", TEXT, .required = true,
		.help = "The field of the first condition that failed"),
	MEMBER_ELSEWHERE("expected", TEXT, .required = true, .help = "What the rule wants"),
	MEMBER_ELSEWHERE("actual", TEXT, .required = true, .help = "What the event has"),
	{ 0 },
};
static const struct member unmatched_members[] = {
	MEMBER_ELSEWHERE("rule", TEXT, .required = true, .help = "Name of the rule"),
	MEMBER_ELSEWHERE("file", TEXT, .required = true, .help = "File that it stands in"),
	MEMBER_ELSEWHERE("line", COUNT, .required = true, .help = "Line of the rule"),
	MEMBER_ELSEWHERE("because", OBJECT, .members = because_members, .required = true,
		.help = "The first condition that ruled it out"),
	MEMBER_ELSEWHERE("alternatives", LIST, .members = alternative_members,
		.help = "Of the nearest rules: the maps under when, the nearest first"),
	MEMBER_ELSEWHERE("alternatives_left", COUNT, .help = "How many of these are left out"),
	MEMBER_ELSEWHERE("change", OBJECT, .members = change_members,
		.help = "Of the nearest rules: what would make it match"),
	{ 0 },
};
static const struct member merged_members[] = {
	MEMBER_ELSEWHERE("wishes", LIST, .members = selection_members, .required = true, .help = "What each rule wants"),
	MEMBER_ELSEWHERE("notes", TEXTS, .required = true, .help = "What they get together, and whose wish that is"),
	{ 0 },
};
static const struct member online_members[] = {
	MEMBER_ELSEWHERE("selection", OBJECT, .members = selection_members, .required = true,
		.help = "One of the selections"),
	MEMBER_ELSEWHERE("contents", LIST, .members = inquiry_content_members, .required = true,
		.help = "What it names on Tableau"),
	MEMBER_ELSEWHERE("problem", TEXT,
		.help = "missing, ambiguous, no_extract, forbidden, unreadable or unreachable; absent: none"),
	MEMBER_ELSEWHERE("error", TEXT, .help = "The problem in words"),
	MEMBER_ELSEWHERE("candidates", LIST, .members = inquiry_content_members,
		.help = "What may have been meant; at most 10"),
	{ 0 },
};
static const struct member decision_members[] = {
	MEMBER_ELSEWHERE("event", MAP, .required = true, .help = "Fields of the event"),
	MEMBER_ELSEWHERE("ruleset", TEXT, .required = true, .help = "Revision of the ruleset"),
	MEMBER_ELSEWHERE("matched", LIST, .members = match_members, .required = true,
		.help = "Rules that matched"),
	MEMBER_ELSEWHERE("selections", LIST, .members = selection_members, .required = true,
		.help = "Selections: what the event refreshes"),
	MEMBER_ELSEWHERE("unmatched", LIST, .members = unmatched_members,
		.help = "When explained: the other rules, the nearest miss first"),
	MEMBER_ELSEWHERE("merged", LIST, .members = merged_members,
		.help = "When explained: content that several rules want in different ways"),
	MEMBER_ELSEWHERE("online", LIST, .members = online_members,
		.help = "With --online: what each selection names now"),
	MEMBER_ELSEWHERE("warnings", ANY, .help = "Selections that became void, patterns that hit a limit"),
	{ 0 },
};
static const struct member related_members[] = {
	MEMBER_ELSEWHERE("file", TEXT, .help = "File; none: it has no place"),
	MEMBER_ELSEWHERE("line", COUNT, .required = true, .help = "From 1; 0: the whole file"),
	MEMBER_ELSEWHERE("column", COUNT, .required = true, .help = "From 1; 0: the whole file"),
	MEMBER_ELSEWHERE("end_line", COUNT, .help = "Where it ends; none: the whole file"),
	MEMBER_ELSEWHERE("end_column", COUNT, .help = "Just behind the last character"),
	MEMBER_ELSEWHERE("message", TEXT, .required = true, .help = "What stands there"),
	{ 0 },
};
static const struct member fix_members[] = {
	MEMBER_ELSEWHERE("file", TEXT, .required = true, .help = "File"),
	MEMBER_ELSEWHERE("line", COUNT, .required = true, .help = "From 1"),
	MEMBER_ELSEWHERE("column", COUNT, .required = true, .help = "From 1"),
	MEMBER_ELSEWHERE("end_line", COUNT, .required = true, .help = "Where it ends"),
	MEMBER_ELSEWHERE("end_column", COUNT, .required = true,
		.help = "Just behind the last character"),
	MEMBER_ELSEWHERE("text", TEXT, .required = true, .help = "What belongs there"),
	{ 0 },
};
static const struct member problem_members[] = {
	MEMBER_ELSEWHERE("file", TEXT, .required = true, .help = "File"),
	MEMBER_ELSEWHERE("line", COUNT, .required = true, .help = "From 1; 0: the whole file"),
	MEMBER_ELSEWHERE("column", COUNT, .required = true, .help = "From 1; 0: the whole file"),
	MEMBER_ELSEWHERE("end_line", COUNT, .help = "Where it ends; none: the whole file"),
	MEMBER_ELSEWHERE("end_column", COUNT, .help = "Just behind the last character"),
	MEMBER_ELSEWHERE("severity", TEXT, .required = true, .help = "error, warning or note"),
	MEMBER_ELSEWHERE("code", TEXT, .required = true, .help = "unknown-field, ..."),
	MEMBER_ELSEWHERE("message", TEXT, .required = true, .help = "What is wrong"),
	MEMBER_ELSEWHERE("help", TEXT, .required = true, .help = "What to do"),
	MEMBER_ELSEWHERE("related", LIST, .members = related_members,
		.help = "What belongs to it and stands elsewhere, as another rule, or an event that shows it"),
	MEMBER_ELSEWHERE("fix", OBJECT, .members = fix_members,
		.help = "The correction that --fix makes; none: it needs a decision"),
	MEMBER_ELSEWHERE("because", TEXT, .help = "Of a suppressed one: why it is allowed"),
	MEMBER_ELSEWHERE("until", TEXT, .help = "Of a suppressed one: the last day, if it is for a time"),
	{ 0 },
};
static const struct member problems_members[] = {
	MEMBER_ELSEWHERE("problems", LIST, .members = problem_members, .required = true,
		.help = "By file, line and column"),
	MEMBER_ELSEWHERE("suppressed", LIST, .members = problem_members, .required = true,
		.help = "What comments allow (refresh-router: allow=...), in the same order"),
	MEMBER_ELSEWHERE("errors", COUNT, .required = true, .help = "How many are errors"),
	MEMBER_ELSEWHERE("warnings", COUNT, .required = true, .help = "How many are warnings"),
	MEMBER_ELSEWHERE("notes", COUNT, .required = true,
		.help = "How many are notes, which never change the exit status"),
	MEMBER_ELSEWHERE("rules", COUNT, .help = "Rules of the valid ruleset"),
	MEMBER_ELSEWHERE("revision", TEXT, .help = "Its revision"),
	{ 0 },
};

static const struct member finding_file_members[] = {
	MEMBER_ELSEWHERE("file", TEXT, .required = true, .help = "Name of the file"),
	MEMBER_ELSEWHERE("text", TEXT, .required = true, .help = "What it holds"),
	{ 0 },
};
static const struct member finding_members[] = {
	MEMBER_ELSEWHERE("code", TEXT, .required = true, .help = "unknown-field, ..."),
	MEMBER_ELSEWHERE("severity", TEXT, .required = true, .help = "error, warning or note"),
	MEMBER_ELSEWHERE("help", TEXT, .required = true, .help = "What to do"),
	MEMBER_ELSEWHERE("text", TEXT, .required = true, .help = "What it means, and why it matters"),
	MEMBER_ELSEWHERE("example", LIST, .members = finding_file_members,
		.help = "Files that have the finding"),
	MEMBER_ELSEWHERE("corrected", LIST, .members = finding_file_members,
		.help = "The same without it"),
	{ 0 },
};

static const struct member tested_rule_members[] = {
	MEMBER_ELSEWHERE("rule", TEXT, .required = true, .help = "Name of the rule"),
	MEMBER_ELSEWHERE("expected", FLAG, .required = true,
		.help = "true: it was to match and did not; false: it matched and was not to"),
	MEMBER_ELSEWHERE("because", OBJECT, .members = because_members,
		.help = "The condition that ruled it out"),
	{ 0 },
};
static const struct member test_members[] = {
	MEMBER_ELSEWHERE("name", TEXT, .required = true, .help = "Name of the test"),
	MEMBER_ELSEWHERE("file", TEXT, .required = true, .help = "File that it stands in"),
	MEMBER_ELSEWHERE("line", COUNT, .required = true, .help = "Line of the test"),
	MEMBER_ELSEWHERE("ok", FLAG, .required = true, .help = "It passed"),
	MEMBER_ELSEWHERE("missing", LIST, .members = selection_members, .required = true,
		.help = "Expected and not made; with `when`, where a time was expected"),
	MEMBER_ELSEWHERE("unexpected", LIST, .members = selection_members, .required = true,
		.help = "Made and not expected; with `when`, where something holds it"),
	MEMBER_ELSEWHERE("rules", LIST, .members = tested_rule_members, .required = true,
		.help = "Rules that should have matched, or should not have"),
	MEMBER_ELSEWHERE("nearest", OBJECT, .members = unmatched_members,
		.help = "Of what is missing: the rule that asks for it and came nearest to a match"),
	{ 0 },
};
static const struct member uncovered_members[] = {
	MEMBER_ELSEWHERE("rule", TEXT, .required = true, .help = "Name of the rule"),
	MEMBER_ELSEWHERE("file", TEXT, .required = true, .help = "File that it stands in"),
	MEMBER_ELSEWHERE("line", COUNT, .required = true,
		.help = "Line of the part that no test tries"),
	MEMBER_ELSEWHERE("what", TEXT, .required = true,
		.help = "What has not happened: never matches, never misses, ..."),
	{ 0 },
};
static const struct member coverage_members[] = {
	MEMBER_ELSEWHERE("covered", COUNT, .required = true,
		.help = "Parts of the rules that some test tries"),
	MEMBER_ELSEWHERE("of", COUNT, .required = true, .help = "All parts"),
	MEMBER_ELSEWHERE("uncovered", LIST, .members = uncovered_members, .required = true,
		.help = "The others"),
	{ 0 },
};
static const struct member tests_members[] = {
	MEMBER_ELSEWHERE("passed", COUNT, .required = true, .help = "How many tests passed"),
	MEMBER_ELSEWHERE("failed", COUNT, .required = true, .help = "How many failed"),
	MEMBER_ELSEWHERE("tests", LIST, .members = test_members, .required = true,
		.help = "The tests that ran, by file and line"),
	MEMBER_ELSEWHERE("coverage", OBJECT, .members = coverage_members,
		.help = "With --coverage: which parts of the rules were tried"),
	{ 0 },
};

static const struct member changed_content_members[] = {
	MEMBER_ELSEWHERE("site", TEXT, .required = true, .help = "With the other members of a selection"),
	MEMBER_ELSEWHERE("events", COUNT, .required = true, .help = "For how many events it is so"),
	MEMBER_ELSEWHERE("example", TEXT, .required = true, .help = "The first of them"),
	MEMBER_ELSEWHERE("what", TEXT, .help = "Of an altered one: what differs"),
	MEMBER_ELSEWHERE("because", TEXT,
		.help = "Of a lost or gained one: why its rule does not match that event in the other version"),
	MEMBER_ELSEWHERE("rules", TEXTS, .required = true, .help = "Names of the rules that want it"),
	{ 0 },
};
static const struct member changed_rule_members[] = {
	MEMBER_ELSEWHERE("rule", TEXT, .required = true, .help = "Name of the rule"),
	MEMBER_ELSEWHERE("change", TEXT, .required = true, .help = "added, removed or changed"),
	MEMBER_ELSEWHERE("file", TEXT, .required = true, .help = "File that it stands in"),
	MEMBER_ELSEWHERE("line", COUNT, .required = true, .help = "Line of the rule"),
	MEMBER_ELSEWHERE("what", TEXT, .help = "Of a changed one: its parts that differ"),
	{ 0 },
};
static const struct member diff_members[] = {
	MEMBER_ELSEWHERE("compared", TEXT, .required = true, .help = "events, or rules where none were given"),
	MEMBER_ELSEWHERE("events", COUNT, .required = true, .help = "How many events were decided by both"),
	MEMBER_ELSEWHERE("changed", COUNT, .required = true, .help = "How many are decided differently"),
	MEMBER_ELSEWHERE("redacted", TEXTS,
		.help = "Fields that rules read and whose values were replaced in the events, so that they were not compared by"),
	MEMBER_ELSEWHERE("gained", LIST, .members = changed_content_members, .required = true,
		.help = "Selections that only the new rules make"),
	MEMBER_ELSEWHERE("lost", LIST, .members = changed_content_members, .required = true,
		.help = "Selections that only the old rules make"),
	MEMBER_ELSEWHERE("altered", LIST, .members = changed_content_members, .required = true,
		.help = "Selections that both make, and do otherwise"),
	MEMBER_ELSEWHERE("rules", LIST, .members = changed_rule_members, .required = true,
		.help = "Rules that differ, by name"),
	{ 0 },
};

static const struct member verified_site_members[] = {
	MEMBER_ELSEWHERE("site", TEXT, .required = true, .help = "Name of the site"),
	MEMBER_ELSEWHERE("ok", FLAG, .required = true, .help = "Nothing is found of it or on it"),
	MEMBER_ELSEWHERE("error", TEXT, .help = "Why it could not be asked"),
	MEMBER_ELSEWHERE("pat_ends_at", TIME, .help = "When its personal access token ends; absent: not known"),
	MEMBER_ELSEWHERE("looked_up", COUNT, .required = true, .help = "How many selections were looked up"),
	MEMBER_ELSEWHERE("not_looked_up", COUNT, .required = true,
		.help = "How many could not be, because the site did not answer"),
	{ 0 },
};
static const struct member verified_source_members[] = {
	MEMBER_ELSEWHERE("source", TEXT, .required = true, .help = "Name of the source"),
	MEMBER_ELSEWHERE("ok", FLAG, .required = true, .help = "Nothing is found of it"),
	MEMBER_ELSEWHERE("error", TEXT, .help = "Why dbt's API could not be asked"),
	MEMBER_ELSEWHERE("webhooks", COUNT, .required = true, .help = "How many active webhooks of dbt's post to it"),
	{ 0 },
};
static const struct member verify_finding_members[] = {
	MEMBER_ELSEWHERE("site", TEXT, .help = "Name of the site; absent: it is about a source"),
	MEMBER_ELSEWHERE("source", TEXT, .help = "Name of the source; absent: it is about a site"),
	MEMBER_ELSEWHERE("rule", TEXT, .help = "Name of the rule; absent: it is about the site or source itself"),
	MEMBER_ELSEWHERE("file", TEXT, .required = true, .help = "File of the rule, or of the settings of the site or source"),
	MEMBER_ELSEWHERE("line", COUNT, .required = true,
		.help = "Line of the selector, or, about a source, of the rule; or of these settings"),
	MEMBER_ELSEWHERE("problem", TEXT, .required = true,
		.help = "missing, ambiguous, no_extract, forbidden or unreadable; of a site: secret_missing, unreachable, "
			"pat_ends_soon; "
			"of a source: secret_missing, unreachable, not_subscribed, inactive, failing, not_sent"),
	MEMBER_ELSEWHERE("message", TEXT, .required = true, .help = "The problem in words, and what to do"),
	MEMBER_ELSEWHERE("selection", OBJECT, .members = selection_members,
		.help = "What the rule selects"),
	MEMBER_ELSEWHERE("candidates", TEXTS,
		.help = "What may have been meant: paths of projects, or names where the project is not known"),
	{ 0 },
};
static const struct member verify_members[] = {
	MEMBER_ELSEWHERE("ok", FLAG, .required = true, .help = "Nothing was found"),
	MEMBER_ELSEWHERE("asked_by", TEXT, .required = true,
		.help = "Who asked Tableau: daemon, or command, which signed in itself"),
	MEMBER_ELSEWHERE("sites", LIST, .members = verified_site_members, .required = true,
		.help = "The sites, in the order of the configuration"),
	MEMBER_ELSEWHERE("sources", LIST, .members = verified_source_members, .required = true,
		.help = "The sources of which dbt's API was asked"),
	MEMBER_ELSEWHERE("findings", LIST, .members = verify_finding_members, .required = true,
		.help = "What is wrong, by site or source, file and line"),
	MEMBER_ELSEWHERE("notes", LIST, .members = verify_finding_members, .required = true,
		.help = "What may be wrong, and cannot be known"),
	MEMBER_ELSEWHERE("need_event", COUNT, .required = true,
		.help = "How many selections were left out because an event decides them"),
	MEMBER_ELSEWHERE("disabled", COUNT, .required = true, .help = "How many rules were left out"),
	{ 0 },
};
static const struct member reload_members[] = {
	MEMBER_ELSEWHERE("reloaded", FLAG, .required = true,
		.help = "true: what was read serves; false: the last good configuration and rules go on serving"),
	MEMBER_ELSEWHERE("report", TEXT, .required = true, .help = "The verdict and every problem, in lines"),
	{ 0 },
};

static const struct member copy_members[] = {
	MEMBER_ELSEWHERE("taken_at", TEXT, .help = "When the copy was taken"),
	MEMBER_ELSEWHERE("restored_at", TEXT, .help = "When the daemon found that it runs from it"),
	MEMBER_ELSEWHERE("version", TEXT, .help = "Of the program that took it"),
	{ 0 },
};
static const struct member ready_store_members[] = {
	MEMBER_ELSEWHERE("writable", FLAG, .required = true, .help = "Can events be made durable"),
	MEMBER_ELSEWHERE("reason", TEXT, .help = "Why not"),
	MEMBER_ELSEWHERE("restored_copy", OBJECT, .members = copy_members,
		.help = "The copy that the store was restored from"),
	{ 0 },
};
static const struct member ready_ruleset_members[] = {
	MEMBER_ELSEWHERE("revision", TEXT, .required = true, .help = "Its revision"),
	MEMBER_ELSEWHERE("rules", COUNT, .required = true, .help = "How many rules serve"),
	{ 0 },
};
static const struct member trouble_members[] = {
	MEMBER_ELSEWHERE("at", TEXT, .help = "When it failed"),
	MEMBER_ELSEWHERE("report", TEXT, .required = true, .help = "Every problem, in lines"),
	{ 0 },
};
static const struct member alert_members[] = {
	MEMBER_ELSEWHERE("site", TEXT, .required = true, .help = "Name of the site"),
	MEMBER_ELSEWHERE("reason", TEXT, .required = true, .help = "What a person should look at"),
	{ 0 },
};
static const struct member health_members[] = {
	MEMBER_ELSEWHERE("status", TEXT, .help = "alive; absent with --ready"),
	MEMBER_ELSEWHERE("ready", FLAG, .help = "With --ready: the store is writable and rules are loaded"),
	MEMBER_ELSEWHERE("version", TEXT, .help = "With --ready: of the daemon"),
	MEMBER_ELSEWHERE("store", OBJECT, .members = ready_store_members, .help = "With --ready"),
	MEMBER_ELSEWHERE("ruleset", OBJECT, .members = ready_ruleset_members, .help = "With --ready"),
	MEMBER_ELSEWHERE("reload_failure", OBJECT, .members = trouble_members,
		.help = "Why the last reload was refused; absent: it was not, or the asker is unknown"),
	MEMBER_ELSEWHERE("watch_failure", OBJECT, .members = trouble_members,
		.help = "Why files are not watched; absent as above"),
	MEMBER_ELSEWHERE("alerts", LIST, .members = alert_members, .help = "By site; absent: none, or as above"),
	{ 0 },
};
/* clang-format on */

cJSON *decision_output_schema(void)
{
	return record_schema(
		"decision.schema.json", "What a ruleset says about an event", decision_members);
}

cJSON *event_output_schema(void)
{
	return record_schema("event.schema.json", "An event in the API", event_members);
}

cJSON *refresh_output_schema(void)
{
	return record_schema("refresh.schema.json", "A refresh in the API", refresh_members);
}

cJSON *selection_output_schema(void)
{
	return record_schema("selection.schema.json", "A selection that is not resolved yet",
		selection_status_members);
}

cJSON *site_output_schema(void)
{
	return record_schema("site.schema.json", "A site in the API", site_members);
}

cJSON *node_output_schema(void)
{
	return record_schema("node.schema.json", "A node of those that share the store, in the API",
		node_members);
}

cJSON *receiver_output_schema(void)
{
	return record_schema(
		"receiver.schema.json", "A receiver of notifications in the API", receiver_members);
}

cJSON *notification_output_schema(void)
{
	return record_schema(
		"notification.schema.json", "A notification of format json", letter_members);
}

cJSON *problems_output_schema(void)
{
	return record_schema("problems.schema.json", "What check found", problems_members);
}

cJSON *resolve_output_schema(void)
{
	return record_schema("resolve.schema.json",
		"What selections of one site name at the moment", inquiry_members);
}

cJSON *test_output_schema(void)
{
	return record_schema("test.schema.json", "What test found", tests_members);
}

cJSON *diff_output_schema(void)
{
	return record_schema("diff.schema.json", "What diff found", diff_members);
}

cJSON *finding_output_schema(void)
{
	return record_schema(
		"finding.schema.json", "A finding of check, in explain", finding_members);
}

cJSON *verify_output_schema(void)
{
	return record_schema("verify.schema.json", "What verify found", verify_members);
}

cJSON *reload_output_schema(void)
{
	return record_schema("reload.schema.json", "The verdict of reload", reload_members);
}

cJSON *health_output_schema(void)
{
	return record_schema("health.schema.json", "What health was told", health_members);
}
