#include "cli/output_schema.h"

enum type { TEXT, COUNT, FLAG, TIME, ANY, TEXTS, COUNTS, OBJECT, LIST };

/* A member of an object; {0} ends the table. */
struct member {
	const char *name;
	enum type type;
	bool required;
	const char *help;
	const struct member *members; /* OBJECT, LIST */
};

/* clang-format off */
static const struct member event_fields[] = {{0}};     /* names are event fields, values texts */

static const struct member match_members[] = {
	{ "rule", TEXT, true, "Name of the rule", NULL },
	{ "file", TEXT, true, "File that it stands in", NULL },
	{ "line", COUNT, true, "Line of the rule", NULL },
	{ "captures", OBJECT, false, "Named captures and their values", event_fields },
	{0},
};
static const struct member selection_members[] = {
	{ "site", TEXT, true, "Name of the site", NULL },
	{ "kind", TEXT, true, "workbook, datasource, flow or task", NULL },
	{ "name", TEXT, false, "Exact name", NULL },
	{ "pattern", TEXT, false, "Pattern over names, /.../flags", NULL },
	{ "luid", TEXT, false, "LUID", NULL },
	{ "all", FLAG, false, "true: all that project, tag and owner leave", NULL },
	{ "project", TEXT, false, "Path of nested projects", NULL },
	{ "project_luid", TEXT, false, "LUID of the project", NULL },
	{ "tag", TEXT, false, "Tag", NULL },
	{ "owner", TEXT, false, "Owner", NULL },
	{ "incremental", FLAG, true, "Incremental instead of full", NULL },
	{ "allow", TEXTS, false, "many, none", NULL },
	{ "mode", TEXT, false, "shadow: decided and recorded, never sent", NULL },
	{ "priority", COUNT, false, "0 to 100", NULL },
	{ "delay", TEXT, false, "Not sent before that time after the event: 10m", NULL },
	{ "quiet", TEXT, false, "Not sent until the rule has had no event for so long: 15m", NULL },
	{ "rules", TEXTS, true, "Names of the rules that want it", NULL },
	{0},
};
static const struct member because_members[] = {
	{ "field", TEXT, true, "The field of the first condition that failed", NULL },
	{ "expected", TEXT, true, "What the rule wants", NULL },
	{ "actual", TEXT, true, "What the event has", NULL },
	{0},
};
static const struct member unmatched_members[] = {
	{ "rule", TEXT, true, "Name of the rule", NULL },
	{ "file", TEXT, true, "File that it stands in", NULL },
	{ "line", COUNT, true, "Line of the rule", NULL },
	{ "because", OBJECT, true, "The first condition that ruled it out", because_members },
	{0},
};
static const struct member decision_members[] = {
	{ "event", OBJECT, true, "Fields of the event", event_fields },
	{ "ruleset", TEXT, true, "Revision of the ruleset", NULL },
	{ "matched", LIST, true, "Rules that matched", match_members },
	{ "selections", LIST, true, "What is to be refreshed", selection_members },
	{ "unmatched", LIST, false, "With --explain: the other rules, the nearest miss first", unmatched_members },
	{ "warnings", ANY, false, "Selections that became void, patterns that hit a limit", NULL },
	{0},
};
static const struct member command_members[] = {
	{ "at", TIME, true, "When it was asked", NULL },
	{ "by", TEXT, true, "Who asked", NULL },
	{ "command", TEXT, true, "cancel, retry or replay", NULL },
	{ "result", COUNT, false, "The event or refresh that came of it", NULL },
	{0},
};
static const struct member event_members[] = {
	{ "id", COUNT, true, "Odd number", NULL },
	{ "source", TEXT, true, "Name of the source", NULL },
	{ "event_id", TEXT, false, "dbt's id of the event", NULL },
	{ "received_at", TIME, true, "When it came in", NULL },
	{ "finished_at", TIME, false, "When the dbt run finished", NULL },
	{ "outcome", TEXT, true, "routed, unmatched, ignored, test or replay", NULL },
	{ "reason", TEXT, false, "Why it was ignored, or taken for a test; or what it is a replay of", NULL },
	{ "fields", OBJECT, true, "Fields of the event", event_fields },
	{ "matched", TEXTS, true, "Names of the rules that matched", NULL },
	{ "selections", LIST, false, "What the decision asked for", selection_members },
	{ "ruleset", TEXT, false, "Revision of the ruleset that decided", NULL },
	{ "refreshes", COUNTS, true, "Ids of the refreshes that came of it", NULL },
	{ "open_selections", COUNT, false, "Selections whose content is not known yet", NULL },
	{ "body", TEXT, false, "The body as received (of one event only)", NULL },
	{ "commands", LIST, false, "What people asked for (of one event only)", command_members },
	{0},
};
static const struct member content_members[] = {
	{ "id", TEXT, false, "LUID", NULL },
	{ "name", TEXT, true, "Name", NULL },
	{ "project", TEXT, false, "Path of its project", NULL },
	{0},
};
static const struct member job_members[] = {
	{ "id", TEXT, true, "LUID of Tableau's job", NULL },
	{ "created_at", TIME, false, "By Tableau's clock", NULL },
	{ "started_at", TIME, false, "By Tableau's clock", NULL },
	{ "completed_at", TIME, false, "By Tableau's clock", NULL },
	{0},
};
static const struct member cause_members[] = {
	{ "event", COUNT, true, "Id of the event", NULL },
	{ "rule", TEXT, true, "Name of the rule", NULL },
	{0},
};
static const struct member refresh_members[] = {
	{ "id", COUNT, true, "Even number", NULL },
	{ "site", TEXT, true, "Name of the site", NULL },
	{ "kind", TEXT, true, "workbook, datasource, flow or task", NULL },
	{ "content", OBJECT, true, "What is refreshed; without id when the selection named nothing", content_members },
	{ "incremental", FLAG, false, "Incremental instead of full", NULL },
	{ "state", TEXT, true, "waiting, sending, unknown, queued, running, succeeded, failed, cancelled or expired", NULL },
	{ "reason", TEXT, false, "Why it waits, or how it ended", NULL },
	{ "priority", COUNT, false, "0 to 100", NULL },
	{ "created_at", TIME, true, "When it came to be", NULL },
	{ "waiting_since", TIME, false, "Since when it waits for its site (a pause, a budget, a failure, a place)", NULL },
	{ "not_before", TIME, false, "When it is tried next", NULL },
	{ "sent_at", TIME, false, "When its last request was sent", NULL },
	{ "ended_at", TIME, false, "When it ended", NULL },
	{ "attempts", COUNT, true, "Requests sent", NULL },
	{ "job", OBJECT, false, "Tableau's job", job_members },
	{ "causes", LIST, true, "Events and rules that want it", cause_members },
	{ "commands", LIST, false, "What people asked for (of one refresh only)", command_members },
	{0},
};
static const struct member open_selection_members[] = {
	{ "event", COUNT, true, "Id of the event", NULL },
	{ "site", TEXT, true, "Name of the site", NULL },
	{ "kind", TEXT, true, "workbook, datasource, flow or task", NULL },
	{ "selector", TEXT, true, "What it names", NULL },
	{ "waiting_since", TIME, true, "When the event came", NULL },
	{ "not_before", TIME, false, "When it is tried next", NULL },
	{ "reason", TEXT, false, "Why its content is not known yet", NULL },
	{ "rules", TEXTS, true, "Names of the rules that want it", NULL },
	{0},
};
static const struct member queue_members[] = {
	{ "open", COUNT, true, "That have not ended", NULL },
	{ "ready", COUNT, true, "That could be sent, but for their site", NULL },
	{ "sending", COUNT, true, "Whose request is out", NULL },
	{ "in_flight", COUNT, true, "Whose job waits or runs on Tableau", NULL },
	{0},
};
static const struct member wait_members[] = {
	{ "since", TIME, true, "Since when", NULL },
	{ "until", TIME, false, "Until when, if that is known", NULL },
	{ "reason", TEXT, true, "Why", NULL },
	{0},
};
static const struct member budget_members[] = {
	{ "limit", COUNT, true, "So many in any hour, or day", NULL },
	{ "spent", COUNT, true, "So many in the last one", NULL },
	{0},
};
static const struct member site_members[] = {
	{ "name", TEXT, true, "What rules call it", NULL },
	{ "configured", FLAG, false, "false: the configuration has it no longer, and its work waits", NULL },
	{ "server", TEXT, true, "Scheme and host", NULL },
	{ "content_url", TEXT, true, "Empty: the Default site", NULL },
	{ "api_version", TEXT, false, "Of Tableau's REST API, once it is known", NULL },
	{ "signed_in", FLAG, true, "Is there a session?", NULL },
	{ "signed_in_at", TIME, false, "Since when", NULL },
	{ "pat_ends_at", TIME, false, "When its personal access token ends", NULL },
	{ "sign_ins", COUNT, true, "Since the start of the daemon", NULL },
	{ "requests", COUNT, true, "Likewise", NULL },
	{ "errors", COUNT, true, "Likewise", NULL },
	{ "in_flight", COUNT, true, "HTTP requests that are out", NULL },
	{ "waiting", COUNT, true, "HTTP requests that wait for their turn", NULL },
	{ "may_list_jobs", FLAG, true, "One call polls all jobs", NULL },
	{ "refreshes", OBJECT, true, "Refreshes of this site", queue_members },
	{ "selections", COUNT, true, "Selections whose content is not known yet", NULL },
	{ "lookups_wait", OBJECT, false, "Why selections wait to be looked up", wait_members },
	{ "refreshes_wait", OBJECT, false, "Why refreshes wait to be sent", wait_members },
	{ "jobs_wait", OBJECT, false, "Why jobs wait to be asked for", wait_members },
	{ "paused_by", TEXT, false, "Who paused it", NULL },
	{ "backlog", TEXT, false, "That its budget of starts cannot work off what waits within give_up_after", NULL },
	{ "failures", COUNT, false, "Calls that failed, one after another", NULL },
	{ "left_alone_until", TIME, false, "It keeps failing; when it is probed next", NULL },
	{ "refreshes_per_hour", OBJECT, false, "The budget of starts", budget_members },
	{ "job_queries_per_day", OBJECT, false, "The budget of looks at jobs", budget_members },
	{ "last_error", TEXT, false, "Of the last call, or what else a person should know", NULL },
	{0},
};
static const struct member problem_members[] = {
	{ "file", TEXT, true, "File", NULL },
	{ "line", COUNT, true, "From 1; 0: the whole file", NULL },
	{ "column", COUNT, true, "From 1; 0: the whole file", NULL },
	{ "severity", TEXT, true, "error or warning", NULL },
	{ "code", TEXT, true, "unknown-field, ...", NULL },
	{ "message", TEXT, true, "What is wrong", NULL },
	{ "help", TEXT, true, "What to do", NULL },
	{0},
};
static const struct member problems_members[] = {
	{ "problems", LIST, true, "By file, line and column", problem_members },
	{ "errors", COUNT, true, "How many are errors", NULL },
	{ "warnings", COUNT, true, "How many are warnings", NULL },
	{ "rules", COUNT, false, "Rules of the valid ruleset", NULL },
	{ "revision", TEXT, false, "Its revision", NULL },
	{0},
};
/* clang-format on */

static void describe(cJSON *schema, const struct member *members);

static void add_type(cJSON *schema, const struct member *member)
{
	cJSON *items;
	switch (member->type) {
	case TEXT:
		json_add_text(schema, "type", "string");
		break;
	case TIME:
		json_add_text(schema, "type", "string");
		json_add_text(schema, "format", "date-time");
		break;
	case COUNT:
		json_add_text(schema, "type", "integer");
		break;
	case FLAG:
		json_add_text(schema, "type", "boolean");
		break;
	case ANY:
		break;
	case TEXTS:
	case COUNTS:
		json_add_text(schema, "type", "array");
		items = cJSON_AddObjectToObject(schema, "items");
		json_add_text(items, "type", member->type == TEXTS ? "string" : "integer");
		break;
	case OBJECT:
		describe(schema, member->members);
		break;
	case LIST:
		json_add_text(schema, "type", "array");
		describe(cJSON_AddObjectToObject(schema, "items"), member->members);
		break;
	}
}

/* New members may be added later: programs ignore what they do not know, and the schema says so by
 * allowing it. */
static void describe(cJSON *schema, const struct member *members)
{
	json_add_text(schema, "type", "object");
	if (!members->name) {
		json_add_text(
			cJSON_AddObjectToObject(schema, "additionalProperties"), "type", "string");
		return;
	}
	cJSON *properties = cJSON_AddObjectToObject(schema, "properties"),
	      *required = cJSON_AddArrayToObject(schema, "required");
	for (const struct member *member = members; member->name; member++) {
		cJSON *property = cJSON_AddObjectToObject(properties, member->name);
		json_add_text(property, "description", member->help);
		add_type(property, member);
		if (member->required)
			cJSON_AddItemToArray(required, cJSON_CreateString(member->name));
	}
}

static cJSON *schema_of(const char *id, const char *title, const struct member *members)
{
	cJSON *schema = cJSON_CreateObject();
	json_add_text(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	json_add_text(schema, "$id", id);
	json_add_text(schema, "title", title);
	describe(schema, members);
	return schema;
}

cJSON *decision_schema(void)
{
	return schema_of(
		"decision.schema.json", "What a ruleset says about an event", decision_members);
}

cJSON *event_schema(void)
{
	return schema_of("event.schema.json", "An event as the API tells it", event_members);
}

cJSON *refresh_schema(void)
{
	return schema_of("refresh.schema.json", "A refresh as the API tells it", refresh_members);
}

cJSON *selection_schema(void)
{
	return schema_of("selection.schema.json", "A selection that is not resolved yet",
		open_selection_members);
}

cJSON *site_schema(void)
{
	return schema_of("site.schema.json", "A site as the API tells it", site_members);
}

cJSON *problems_schema(void)
{
	return schema_of("problems.schema.json", "What check found", problems_members);
}
