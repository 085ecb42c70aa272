/* tests/unit/ruleset_test.c - loading rule files: what is an error, what is not, and the revision.
 */
#include "tests/unit/rules_fixture.h"

#define RULE(when, refresh)                                                                        \
	"version: 1\nrules:\n  - name: r\n    when: " when "\n    refresh: [" refresh "]\n"
#define WHEN(when) RULE(when, "{site: finance, workbooks: W}")
#define REFRESH(refresh) RULE("{job_name: /(?<region>emea)/}", refresh)
#define LUID "9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a59"

static const char *const sites[] = { "finance", "board" };
static const char *const sources[] = { "dbt-prod" };
static const struct ruleset_known known = { .sites = { .items = sites, .count = 2 },
	.sources = { .items = sources, .count = 1 } };

static const struct {
	const char *says, *rules, *code, *message; /* code NULL: no problem */
} cases[] = {
	{ "no rules is fine", "version: 1\nrules: []\n", NULL, NULL },
	{ "a missing version", "rules: []\n", "missing-field", "version" },
	{ "another version", "version: 2\nrules: []\n", "version", "'2'" },
	{ "a list at the top", "- a\n", "not-rules", "a list" },
	{ "rules as a map", "version: 1\nrules: {a: b}\n", "wrong-type", "a map" },
	{ "rules without a value", "version: 1\nrules:\n", "wrong-type", "nothing" },
	{ "an unknown key at the top", "version: 1\nrule: []\nrules: []\n", "unknown-field",
		"'rules'" },
	{ "a key for anchors", "version: 1\nx-all: {a: b}\nrules: []\n", NULL, NULL },
	{ "a rule without a name",
		"version: 1\nrules: [{refresh: [{site: finance, workbooks: W}]}]\n",
		"missing-field", "name" },
	{ "a rule without refresh", "version: 1\nrules: [{name: r}]\n", "missing-field",
		"refresh" },
	{ "an empty refresh", "version: 1\nrules: [{name: r, refresh: []}]\n", "no-refresh", "" },
	{ "two rules of one name",
		"version: 1\nrules: [{name: r, refresh: [{site: finance, workbooks: W}]},\n"
		" {name: r, refresh: [{site: finance, workbooks: W}]}]\n",
		"duplicate-rule", "rules.yaml:2" },
	{ "a delay without its unit",
		"version: 1\nrules: [{name: r, delay: 10, refresh: [{site: finance, workbooks: "
		"W}]}]\n",
		"bad-value", "delay" },
	{ "a quiet time that is none",
		"version: 1\nrules: [{name: r, quiet: soon, refresh: [{site: finance, workbooks: "
		"W}]}]\n",
		"bad-value", "quiet" },
	{ "a priority out of bounds",
		"version: 1\nrules: [{name: r, priority: 101, refresh: [{site: finance, workbooks: "
		"W}]}]\n",
		"bad-value", "priority" },
	{ "an unknown mode",
		"version: 1\nrules: [{name: r, mode: shadw, refresh: [{site: finance, workbooks: "
		"W}]}]\n",
		"bad-value", "shadow" },

	{ "no condition", WHEN("{}"), NULL, NULL },
	{ "no condition at all", WHEN(""), NULL, NULL },
	{ "conditions as a text", WHEN("job"), "wrong-type", "a text" },
	{ "an empty list of branches", WHEN("[]"), "bad-value", "'when'" },
	{ "an unknown field", WHEN("{job-id: 1}"), "unknown-field", "did you mean 'job_id'" },
	{ "an unknown field in not", WHEN("{not: {jobid: 1}}"), "unknown-field", "in 'not'" },
	{ "not in not", WHEN("{not: {not: {job_id: 1}}}"), "unknown-field", "'not'" },
	{ "an empty not", WHEN("{not: {}}"), "bad-value", "never match" },
	{ "not with a text", WHEN("{not: x}"), "wrong-type", "'not'" },
	{ "a map as a value", WHEN("{job_id: {a: b}}"), "wrong-type", "a map" },
	{ "what cannot be read excludes nothing", WHEN("{job_id: {a: b}, not: {job_id: ''}}"),
		"wrong-type", "a map" },
	{ "a list in a list", WHEN("{job_id: [[1]]}"), "wrong-type", "a list" },
	{ "an empty list", WHEN("{job_id: []}"), "bad-value", "'job_id'" },
	{ "no value", WHEN("{job_name: }"), "wrong-type", "\"\"" },
	{ "the empty text", WHEN("{job_name: ''}"), NULL, NULL },
	{ "a pattern that does not compile", WHEN("{job_name: '/(/'}"), "bad-pattern", "" },
	{ "a pattern with an unknown flag", WHEN("{job_name: /a/g}"), "bad-pattern", "" },
	{ "a path that is no pattern", WHEN("{job_name: /path}"), "bad-pattern", "i x s m" },
	{ "an unanchored id", WHEN("{job_id: /100/}"), "unanchored-id", "'job_id'" },
	{ "an id anchored at one side", WHEN("{job_id: /^100/}"), "unanchored-id", "" },
	{ "alternatives anchored in part", WHEN("{job_id: /^1|2$/}"), "unanchored-id", "" },
	{ "an anchored id", WHEN("{job_id: '/^1[0|$]0$/'}"), NULL, NULL },
	{ "a status in other words", WHEN("{status: [Errored, Canceled, SUCCESS]}"), NULL, NULL },
	{ "a status that dbt never sends", WHEN("{status: sucess}"), "unknown-status",
		"'success'" },
	{ "an event type that dbt never sends", WHEN("{event: job.run.complete}"), "unknown-event",
		"job.run.completed" },
	{ "a word for a status that dbt has not", WHEN("{status: failed}"), "unknown-status",
		"; known are success, error, cancelled, running, queued, starting" },
	{ "a word for an event that dbt has not", WHEN("{event: job.run.failed}"), "unknown-event",
		"; known are job.run.started, job.run.completed, job.run.errored" },
	{ "failures without a status", WHEN("{event: job.run.errored}"), "never-matches",
		"without 'status' success" },
	{ "starts without a status", WHEN("{event: job.run.started}"), "never-matches", "running" },
	{ "failures that succeeded", WHEN("{event: job.run.errored, status: success}"),
		"never-matches", "the status error" },
	{ "runs that go on and are over", WHEN("{status: running}"), "never-matches",
		"without 'event' job.run.completed" },
	{ "failures with their status", WHEN("{event: job.run.errored, status: errored}"), NULL,
		NULL },
	{ "starts that run", WHEN("{event: job.run.started, status: running}"), NULL, NULL },
	{ "a pattern of types", WHEN("{event: /errored$/}"), NULL, NULL },
	{ "a pattern of statuses", WHEN("{event: job.run.errored, status: /./}"), NULL, NULL },
	{ "no status at all", WHEN("{event: job.run.errored, status: ''}"), NULL, NULL },
	{ "failures too, without a status", WHEN("{event: [job.run.completed, job.run.errored]}"),
		"useless-value", "'job.run.errored'" },
	{ "a status too many", WHEN("{status: [success, running]}"), "useless-value", "'running'" },
	{ "one branch of two", WHEN("[{job_id: 1}, {event: job.run.errored}]"), "never-matches",
		"success" },
	{ "anything but success", WHEN("{not: {status: success}}"), "never-matches",
		"without 'status' success" },
	{ "anything but completed", WHEN("{not: {event: job.run.completed}}"), "never-matches",
		"without 'event' job.run.completed" },
	{ "a job and not that job", WHEN("{job_id: 1, not: [{job_id: 2}, {job_id: [1, 3]}]}"),
		"never-matches", "excluded here" },
	{ "a job's successes and not these", WHEN("{job_id: 1, not: {job_id: 1, status: success}}"),
		"never-matches", "excluded here" },
	{ "not by another field", WHEN("{job_id: 1, not: {job_id: 1, run_id: 2}}"), NULL, NULL },
	{ "one job of two", WHEN("{job_id: [1, 2], not: {job_id: 1}}"), NULL, NULL },
	{ "a pattern but one value", WHEN("{job_name: /a/, not: {job_name: a}}"), NULL, NULL },
	{ "anything but success, where the status is said",
		WHEN("{status: /./, not: {status: success}}"), NULL, NULL },
	{ "an id with a zero before it", WHEN("{job_id: 007}"), "never-an-id", "'007'" },
	{ "the id zero", WHEN("{job_id: 0}"), NULL, NULL },
	{ "an unknown source", WHEN("{source: dbt-prd}"), "unknown-source", "'dbt-prod'" },
	{ "a known source", WHEN("{source: dbt-prod}"), NULL, NULL },
	{ "one capture on two fields", WHEN("{job_name: /(?<a>.)/, run_reason: /(?<a>.)/}"),
		"capture-clash", "'run_reason'" },
	{ "one capture in two values", WHEN("{job_name: [/x(?<a>.)/, /y(?<a>.)/]}"), NULL, NULL },
	{ "one capture in two branches", WHEN("[{job_name: /x(?<a>.)/}, {run_reason: /y(?<a>.)/}]"),
		NULL, NULL },
	{ "a capture that hides a field", WHEN("{job_name: /(?<job_id>.)/}"), "capture-clash",
		"hides" },

	{ "an unknown field of a selection", REFRESH("{site: finance, workbok: W}"),
		"unknown-field", "'workbooks'" },
	{ "a selection without a site", REFRESH("{workbooks: W}"), "missing-field", "site" },
	{ "an unknown site", REFRESH("{site: finanse, workbooks: W}"), "unknown-site",
		"'finance'" },
	{ "a site told by the event", REFRESH("{site: '${region}', workbooks: W}"), NULL, NULL },
	{ "no kind", REFRESH("{site: finance, tag: t}"), "selection-kind", "" },
	{ "two kinds", REFRESH("{site: finance, workbooks: W, flows: F}"), "selection-kind",
		"'flows'" },
	{ "an empty list of names", REFRESH("{site: finance, workbooks: []}"), "bad-value",
		"'workbooks'" },
	{ "no name and no narrowing", REFRESH("{site: finance, workbooks: {}}"), "selection-empty",
		"" },
	{ "no name but a tag", REFRESH("{site: finance, workbooks: {}, tag: t}"), NULL, NULL },
	{ "workbooks without a value", REFRESH("{site: finance, workbooks: }"), "wrong-type",
		"{}" },
	{ "an empty name", REFRESH("{site: finance, workbooks: ''}"), "bad-value", "" },
	{ "an empty tag", REFRESH("{site: finance, workbooks: W, tag: ''}"), "bad-value", "'tag'" },
	{ "a project's path", REFRESH("{site: finance, workbooks: W, project: 'A/B\\/C'}"), NULL,
		NULL },
	{ "a project that looks like a pattern",
		REFRESH("{site: finance, workbooks: W, project: /A/}"), "bad-value", "pattern" },
	{ "a project with an empty part", REFRESH("{site: finance, workbooks: W, project: A//B}"),
		"bad-value", "path" },
	{ "a project's LUID", REFRESH("{site: finance, workbooks: {}, project: {id: " LUID "}}"),
		NULL, NULL },
	{ "a project's bad LUID", REFRESH("{site: finance, workbooks: W, project: {id: Daily}}"),
		"bad-value", "'Daily' is no LUID" },
	{ "a project's LUID and more",
		REFRESH("{site: finance, workbooks: W, project: {id: " LUID ", name: A}}"),
		"unknown-field", "'name' in 'project'; only 'id'" },
	{ "a project that is an empty map", REFRESH("{site: finance, workbooks: W, project: {}}"),
		"wrong-type", "'id'" },
	{ "two projects", REFRESH("{site: finance, workbooks: W, project: [A, B]}"), "wrong-type",
		"'project' is one path" },
	{ "a project without a value", REFRESH("{site: finance, workbooks: W, project: }"),
		"wrong-type", "{id: LUID}" },
	{ "an empty project", REFRESH("{site: finance, workbooks: W, project: ''}"), "bad-value",
		"'project' is empty" },
	{ "a project with a no-break blank",
		REFRESH("{site: finance, workbooks: W, project: A\xc2\xa0"
			"B}"),
		"invisible-character", "U+00A0" },
	{ "a project's LUID of tasks",
		REFRESH("{site: finance, tasks: " LUID ", project: {id: " LUID "}}"),
		"selection-narrow", "'project'" },
	{ "a LUID", REFRESH("{site: finance, workbooks: {id: " LUID "}}"), NULL, NULL },
	{ "a LUID among names", REFRESH("{site: finance, workbooks: [W, {id: " LUID "}]}"), NULL,
		NULL },
	{ "a bad LUID", REFRESH("{site: finance, workbooks: {id: 17}}"), "bad-value", "'17'" },
	{ "a map that is no id", REFRESH("{site: finance, workbooks: {ids: x}}"), "unknown-field",
		"'id'" },
	{ "an empty map in a list", REFRESH("{site: finance, workbooks: [{}], tag: t}"),
		"wrong-type", "'id'" },
	{ "tasks", REFRESH("{site: finance, tasks: [" LUID ", {id: " LUID "}]}"), NULL, NULL },
	{ "a task by name", REFRESH("{site: finance, tasks: nightly}"), "bad-value", "LUID" },
	{ "all tasks", REFRESH("{site: finance, tasks: {}}"), "wrong-type", "'id'" },
	{ "a project of tasks", REFRESH("{site: finance, tasks: " LUID ", project: p}"),
		"selection-narrow", "'project'" },
	{ "incremental tasks", REFRESH("{site: finance, tasks: " LUID ", incremental: true}"),
		"selection-narrow", "" },
	{ "tagged flows", REFRESH("{site: finance, flows: {}, tag: t}"), "selection-narrow",
		"'tag'" },
	{ "incremental flows", REFRESH("{site: finance, flows: F, incremental: true}"),
		"selection-narrow", "" },
	{ "a flow that is not incremental",
		REFRESH("{site: finance, flows: F, incremental: false}"), NULL, NULL },
	{ "allow many", REFRESH("{site: finance, workbooks: W, allow: many}"), NULL, NULL },
	{ "allow both", REFRESH("{site: finance, workbooks: W, allow: [many, none]}"), NULL, NULL },
	{ "allow something else", REFRESH("{site: finance, workbooks: W, allow: nome}"),
		"bad-value", "'none'" },
	{ "an unknown name", REFRESH("{site: finance, workbooks: '${regoin}'}"), "unknown-name",
		"'region'" },
	{ "an unknown name in a tag", REFRESH("{site: finance, workbooks: W, tag: '${jobid}'}"),
		"unknown-name", "'job_id'" },
	{ "a name without an end", REFRESH("{site: finance, workbooks: '${region'}"), "bad-value",
		"$${" },
	{ "a literal ${", REFRESH("{site: finance, workbooks: '$${nobody}'}"), NULL, NULL },
	{ "a capture inside not",
		RULE("{not: {job_name: /(?<a>x)/}}", "{site: finance, workbooks: '${a}'}"),
		"unknown-name", "" },
	{ "a pattern with a name", REFRESH("{site: finance, workbooks: '/^${region}$/'}"), NULL,
		NULL },
	{ "a selector that does not compile", REFRESH("{site: finance, workbooks: '/(${region}/'}"),
		"bad-pattern", "" },
};

static void every_problem_is_told_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(problems) problems = problems_new();
		OWNED(ruleset) rules = fixture_load(cases[i].rules, &known, problems);
		size_t count = problems_count(problems);
		if (count != (cases[i].code ? 1 : 0)) {
			problems_print(problems, stderr, false);
			fail_msg("%s: %zu problems", cases[i].says, count);
		}
		if (!count) {
			assert_non_null(rules);
			continue;
		}
		const struct problem *problem = problems_at(problems, 0);
		if (!text_is(problem_code_name(problem->code), cases[i].code) ||
			!strstr(problem->message, cases[i].message))
			fail_msg("%s: [%s] %s", cases[i].says, problem_code_name(problem->code),
				problem->message);
		assert_true(problem->place.line > 0 && problem->place.column > 0);
		assert_int_equal(rules == NULL, problem->severity == SEVERITY_ERROR);
	}
}

static void all_problems_of_all_files_are_told_at_once(void **state)
{
	(void)state;
	char a[600], b[600];
	snprintf(a, sizeof a, "%s", fixture_write("a.yaml", WHEN("{job-id: 1, jobname: x}")));
	snprintf(b, sizeof b, "%s", fixture_write("b.yaml", WHEN("{status: fine}")));
	const char *const paths[] = { a, b, "/nowhere/rules" };
	OWNED(problems) problems = problems_new();
	OWNED(ruleset) rules = ruleset_load(paths, 3, NULL, problems);
	assert_null(rules);
	assert_int_equal(problems_count(problems), 5); /* and that the name 'r' stands twice */
}

static void folder_make(const char *name)
{
	assert_int_equal(mkdir(fixture_path(name), 0700), 0);
}

#define NAMED(name)                                                                                \
	"version: 1\nrules: [{name: " name ", refresh: [{site: finance, workbooks: W}]}]\n"

static void tree_make(const char *root)
{
	char name[100];
	folder_make(root);
	snprintf(name, sizeof name, "%s/sub", root);
	folder_make(name);
	snprintf(name, sizeof name, "%s/z.yaml", root);
	fixture_write(name, NAMED("z"));
	snprintf(name, sizeof name, "%s/a.yml", root);
	fixture_write(name, NAMED("a"));
	snprintf(name, sizeof name, "%s/sub/m.yaml", root);
	fixture_write(name, NAMED("m"));
	snprintf(name, sizeof name, "%s/a.test.yaml", root);
	fixture_write(name, "not: rules\n");
	snprintf(name, sizeof name, "%s/.hidden.yaml", root);
	fixture_write(name, "not: rules\n");
	snprintf(name, sizeof name, "%s/notes.txt", root);
	fixture_write(name, "not: rules\n");
}

static struct ruleset *folder_load(const char *name)
{
	const char *path = fixture_path(name);
	OWNED(problems) problems = problems_new();
	struct ruleset *rules = ruleset_load(&path, 1, NULL, problems);
	if (problems_count(problems))
		problems_print(problems, stderr, false);
	assert_int_equal(problems_count(problems), 0);
	return rules;
}

static void a_folder_is_walked_in_name_order(void **state)
{
	(void)state;
	tree_make("walked");
	OWNED(ruleset) rules = folder_load("walked");
	assert_int_equal(ruleset_rule_count(rules), 3);
	assert_string_equal(ruleset_rule(rules, 0).name, "a");
	assert_string_equal(ruleset_rule(rules, 1).name, "m");
	assert_string_equal(ruleset_rule(rules, 2).name, "z");
	assert_int_equal(ruleset_rule(rules, 2).line, 2);
}

static void a_moved_tree_keeps_its_revision_and_a_changed_one_does_not(void **state)
{
	(void)state;
	tree_make("here");
	tree_make("there");
	OWNED(ruleset) here = folder_load("here");
	OWNED(ruleset) there = folder_load("there");
	assert_string_equal(ruleset_revision(here), ruleset_revision(there));
	assert_int_equal(strlen(ruleset_revision(here)), strlen("sha256:") + 64);
	fixture_write("there/z.yaml", NAMED("y"));
	OWNED(ruleset) changed = folder_load("there");
	assert_string_not_equal(ruleset_revision(here), ruleset_revision(changed));
}

static void folders_made_of_symlinks_are_read_once(void **state)
{
	(void)state;
	folder_make("map");
	folder_make("map/..2026");
	fixture_write("map/..2026/a.yaml", NAMED("a"));
	assert_int_equal(symlink("..2026", fixture_path("map/..data")), 0);
	assert_int_equal(symlink("..data/a.yaml", fixture_path("map/a.yaml")), 0);
	assert_int_equal(symlink(".", fixture_path("map/loop")), 0);
	assert_int_equal(symlink("nowhere", fixture_path("map/dangling")), 0);
	OWNED(ruleset) rules = folder_load("map");
	assert_int_equal(ruleset_rule_count(rules), 1);
}

static void a_rule_tells_what_was_written(void **state)
{
	(void)state;
	OWNED(ruleset)
	rules = fixture_rules(
		"version: 1\nrules:\n- name: r\n  description: d\n  owner: o\n  priority: 7\n"
		"  mode: shadow\n  enabled: false\n  refresh: [{site: s, workbooks: w}]\n");
	struct rule_info info = ruleset_rule(rules, 0);
	assert_string_equal(info.description, "d");
	assert_string_equal(info.owner, "o");
	assert_int_equal(info.priority, 7);
	assert_true(info.shadow);
	assert_false(info.enabled);
}

static void a_ruleset_knows_which_fields_it_reads(void **state)
{
	static const struct {
		const char *rule;
		enum event_field field;
		bool reads;
	} reading[] = {
		{ "when: {job_name: a}, refresh: [{site: s, workbooks: w}]", EVENT_JOB_NAME, true },
		{ "when: {job_name: a}, refresh: [{site: s, workbooks: w}]", EVENT_JOB_ID, false },
		{ "when: {job_id: 1}, refresh: [{site: s, workbooks: w}]", EVENT_STATUS, true },
		{ "when: [{job_id: 1}, {job_id: 2, not: [{job_id: 3}, {run_reason: /a/}]}], "
		  "refresh: [{site: s, workbooks: w}]",
			EVENT_RUN_REASON, true },
		{ "when: {job_name: /(?<x>a)/}, refresh: [{site: s, workbooks: \"${x}\"}]",
			EVENT_SOURCE, false },
		{ "refresh: [{site: s, workbooks: [a, \"b ${project_name}\"]}]", EVENT_PROJECT_NAME,
			true },
		{ "refresh: [{site: \"${environment_name}\", workbooks: a}]",
			EVENT_ENVIRONMENT_NAME, true },
		{ "refresh: [{site: s, workbooks: a, tag: \"${job_id}\"}]", EVENT_JOB_ID, true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof reading / sizeof *reading; i++) {
		OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
		text_printf(&text, "version: 1\nrules:\n- {name: r, %s}\n", reading[i].rule);
		OWNED(ruleset) rules = fixture_rules(text.at);
		if (ruleset_reads(rules, reading[i].field) != reading[i].reads)
			fail_msg("%s", reading[i].rule);
	}
}

static void the_schema_has_a_home_for_every_reference(void **state)
{
	(void)state;
	OWNED_JSON schema = ruleset_schema();
	const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(schema, "definitions");
	OWNED_MEMORY char *text = json_print(schema);
	const char *const prefix = "\"$ref\":\"#/definitions/";
	assert_non_null(strstr(text, prefix));
	for (char *at = text; (at = strstr(at, prefix)); at++) {
		char name[40] = "";
		sscanf(at + strlen(prefix), "%39[a-z_]", name);
		if (!cJSON_GetObjectItemCaseSensitive(definitions, name))
			fail_msg("no definition of '%s'", name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_problem_is_told_and_nothing_else),
		cmocka_unit_test(all_problems_of_all_files_are_told_at_once),
		cmocka_unit_test(a_folder_is_walked_in_name_order),
		cmocka_unit_test(a_moved_tree_keeps_its_revision_and_a_changed_one_does_not),
		cmocka_unit_test(folders_made_of_symlinks_are_read_once),
		cmocka_unit_test(a_rule_tells_what_was_written),
		cmocka_unit_test(a_ruleset_knows_which_fields_it_reads),
		cmocka_unit_test(the_schema_has_a_home_for_every_reference),
	};
	return cmocka_run_group_tests_name("ruleset", tests, fixture_open, fixture_close);
}
