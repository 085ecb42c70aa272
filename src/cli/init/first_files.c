/*
 * cli/init/first_files.c - what `init` writes. @NAME@ stands for a value, quoted for YAML.
 */
#include "cli/init/first_files.h"
#include "base/yaml/yaml_write.h"
#include "cli/print.h"
#include "config/config.h"
#include "rules/suite/suite.h"
#include <assert.h>
#include <string.h>

static const char config_text[] =
	"# yaml-language-server: $schema=schemas/config.schema.json\n"
	"#\n"
	"# The configuration of refresh-router. Every setting: man refresh-router.yaml. Is it "
	"valid?  "
	"refresh-router check\n"
	"version: 1\n"
	"\n"
	"# Where the daemon listens: dbt posts to `webhooks`; `admin` has the status page, metrics "
	"and the API, and stays on this machine.\n"
	"# listen: {webhooks: \"0.0.0.0:8080\", admin: \"127.0.0.1:8081\"}\n"
	"\n"
	"# What it remembers, beside this file. Without this line it is in systemd's state "
	"directory, "
	"or in /var/lib/refresh-router.\n"
	"store: sqlite:state.db\n"
	"\n"
	"# Files, or folders of them. Tests (*.test.yaml) stand beside the rules.\n"
	"rules: [rules/]\n"
	"\n"
	"sources:\n"
	"  # A webhook of dbt's posts to http://HOST:8080/webhooks/ and this name.\n"
	"  - name: @SOURCE@\n"
	"    # A secret never stands here: {env: NAME} is a variable of the daemon's environment, "
	"{file: PATH} a file, {credential: NAME}\n"
	"    # a credential of systemd. Several may be listed while one replaces another.\n"
	"    secrets:\n"
	"      - {env: @SOURCE_SECRET@}\n"
	"\n"
	"sites:\n"
	"  # What rules call this site, and where it is. More sites are more entries of this "
	"list.\n"
	"  - name: @SITE@\n"
	"    server: @SERVER@\n"
	"    # What follows /site/ in the browser's address. Empty: the Default site of a Tableau "
	"Server.\n"
	"    content_url: @CONTENT_URL@\n"
	"    # A personal access token for this site alone: a second program that signs in with it "
	"ends the daemon's session.\n"
	"    pat:\n"
	"      name: @PAT_NAME@\n"
	"      secret: {env: @PAT_SECRET@}\n"
	"\n"
	"# Who is told when a refresh fails, and when that is over. Does it arrive?  "
	"refresh-router notify bi-team\n"
	"# notify:\n"
	"#   - {name: bi-team, to: {env: SLACK_URL}, format: slack, on: [failed, expired, "
	"recovered, pat_expiring, site_left_alone]}\n";

static const char rules_text[] =
	"# yaml-language-server: $schema=../schemas/rules.schema.json\n"
	"#\n"
	"# A first rule: when this dbt job has succeeded, this workbook is refreshed. Every field: "
	"man refresh-router-rules.\n"
	"# Is it valid?                refresh-router check\n"
	"# Does it do what it should?  refresh-router test\n"
	"# What would an event do?     refresh-router route --explain event.json\n"
	"version: 1\n"
	"\n"
	"rules:\n"
	"  - name: first-rule             # unique over all files; logs and messages call it so\n"
	"    description: The workbook follows its dbt job\n"
	"    when:\n"
	"      # All fields must hold; a list is any of its values, /.../ a pattern. Runs that "
	"failed "
	"do not count unless status says so.\n"
	"      @JOB_FIELD@: @JOB@\n"
	"      # environment_name: Production\n"
	"    refresh:\n"
	"      - site: @SITE@\n"
	"        # The name exactly as Tableau shows it, and of exactly one workbook. Also: "
	"datasources, flows.\n"
	"        workbooks: @WORKBOOK_RULE@\n"
	"@PROJECT_LINE_RULE@";

static const char tests_text[] =
	"# yaml-language-server: $schema=../schemas/tests.schema.json\n"
	"#\n"
	"# What the rule in first.yaml promises. Run it:  refresh-router test --coverage\n"
	"version: 1\n"
	"\n"
	"tests:\n"
	"  - name: the job refreshes the workbook\n"
	"    event: {@JOB_FIELD@: @JOB@}    # what is not mentioned: a run that was a success\n"
	"    expect:                      # all that is refreshed, in any order\n"
	"      - site: @SITE@\n"
	"        workbook: @WORKBOOK@\n"
	"@PROJECT_LINE@"
	"\n"
	"  - name: a failed run refreshes nothing\n"
	"    event: {@JOB_FIELD@: @JOB@, status: error}\n"
	"    expect: []\n"
	"\n"
	"  - name: another job refreshes nothing\n"
	"    event: {@JOB_FIELD@: @OTHER_JOB@}\n"
	"    expect: []\n";

static const char ignore_text[] = "# What the daemon remembers, and secrets, are not for Git.\n"
				  "state.db*\n"
				  ".env\n";

/* ---- values ---- */

struct template_value { /* the value of @name@, as it is written */
	const char *name, *text;
};

static bool is_id(const char *job)
{
	return *job && *job != '0' && !job[strspn(job, "0123456789")];
}

static const char *quoted(const char *value, struct arena *arena)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	yaml_write_text(&out, str_of(value));
	return arena_text(arena, out.at);
}

/* In a rule "${" begins the name of a field, and "$${" is the text (rules/template.h). */
static const char *literal(const char *value, struct arena *arena)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	for (const char *at = value; *at; at++) {
		if (at[0] == '$' && at[1] == '{')
			text_add_char(&out, '$');
		text_add_char(&out, *at);
	}
	return arena_text(arena, out.at);
}

static const char *project_line(const char *project, struct arena *arena)
{
	return *project ? arena_printf(arena, "        project: %s\n", quoted(project, arena)) : "";
}

/* ---- templates ---- */

static const char *value_of(const struct template_value *values, struct str name)
{
	for (; values->name; values++)
		if (str_is(name, values->name))
			return values->text;
	assert(false); /* a template names a value that is not there */
	return "";
}

static struct str fill(
	const char *template, const struct template_value *values, struct arena *arena)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	while (*template) {
		size_t length = strcspn(template, "@");
		text_add_str(&out, (struct str){ template, length });
		template += length;
		if (!*template)
			break;
		struct str name = { template + 1, strcspn(template + 1, "@") };
		text_add(&out, value_of(values, name));
		template += name.length + 2;
	}
	return str_of(arena_str(arena, text_str(&out)));
}

/* ---- the other files ---- */

/* Frees `json`. */
static struct str printed(cJSON *json, struct arena *arena)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	print_json_text(json, &out);
	cJSON_Delete(json);
	return (struct str){ arena_str(arena, text_str(&out)), out.length };
}

static cJSON *example_event(const char *job)
{
	cJSON *event = cJSON_CreateObject();
	json_add_text(event, "event", "job.run.completed");
	json_add_text(event, is_id(job) ? "job_id" : "job_name", job);
	json_add_text(event, "environment_name", "Production");
	json_add_text(event, "status", "success");
	return event;
}

void first_files_make(const struct first_values *values, struct arena *arena,
	struct new_file files[FIRST_FILE_COUNT])
{
	const char *job = values->job;
	const struct template_value named[] = {
		{ "SOURCE", quoted(values->source, arena) },
		{ "SOURCE_SECRET", quoted(values->source_secret, arena) },
		{ "SERVER", quoted(values->server, arena) },
		{ "CONTENT_URL", quoted(values->content_url, arena) },
		{ "SITE", quoted(values->site, arena) },
		{ "PAT_NAME", quoted(values->pat_name, arena) },
		{ "PAT_SECRET", quoted(values->pat_secret, arena) },
		{ "JOB_FIELD", is_id(job) ? "job_id" : "job_name" },
		{ "JOB", is_id(job) ? job : quoted(job, arena) },
		{ "OTHER_JOB", !is_id(job)        ? "another job"
			       : strcmp(job, "1") ? "1"
						  : "2" },
		{ "WORKBOOK", quoted(values->workbook, arena) },
		{ "WORKBOOK_RULE", quoted(literal(values->workbook, arena), arena) },
		{ "PROJECT_LINE", project_line(values->project, arena) },
		{ "PROJECT_LINE_RULE", project_line(literal(values->project, arena), arena) },
		{ 0 },
	};
	const struct new_file made[FIRST_FILE_COUNT] = {
		[FIRST_FILE_CONFIG] = { "refresh-router.yaml", fill(config_text, named, arena) },
		[FIRST_FILE_RULES] = { "rules/first.yaml", fill(rules_text, named, arena) },
		{ "rules/first.test.yaml", fill(tests_text, named, arena) },
		{ "event.json", printed(example_event(job), arena) },
		{ "schemas/config.schema.json", printed(config_schema(), arena) },
		{ "schemas/rules.schema.json", printed(ruleset_schema(), arena) },
		{ "schemas/tests.schema.json", printed(suite_schema(), arena) },
		[FIRST_FILE_IGNORE] = { ".gitignore", str_of(ignore_text) },
	};
	memcpy(files, made, sizeof made);
}

void first_files_check(const struct new_file files[FIRST_FILE_COUNT], struct problems *problems)
{
	const struct new_file *config_file = &files[FIRST_FILE_CONFIG],
			      *rules = &files[FIRST_FILE_RULES];
	config_free(config_parse(config_file->path, config_file->bytes, problems));
	const struct rule_source source = { rules->path, rules->path, rules->bytes };
	struct ruleset_known known = { .is_check = true };
	ruleset_free(ruleset_load_sources(&source, 1, &known, problems));
}
