/* event/event.c - turns dbt's body, or a flat map of fields, into an event. */
#include "event/event.h"
#include "base/name.h"
#include "base/suggest.h"
#include "event/status.h"
#include "event/test_delivery.h"
#include <strings.h>

static const struct event_field_info infos[] = {
#define EVENT_FIELD(id, name, is_id, fallback, example, help)                                      \
	[EVENT_##id] = { name, is_id, fallback, example, help },
#include "event/field.def"
#undef EVENT_FIELD
};

const char *const event_types[] = { "job.run.started", "job.run.completed", "job.run.errored",
	NULL };

const struct event_field_info *event_field_describe(enum event_field field)
{
	return &infos[field];
}

const char *const *event_field_words(enum event_field field)
{
	return field == EVENT_EVENT ? event_types : field == EVENT_STATUS ? status_names : NULL;
}

enum event_field event_field_of(struct str name)
{
	int field = 0;
	while (field < EVENT_FIELD_COUNT && !str_is(name, infos[field].name))
		field++;
	return (enum event_field)field;
}

/* Where dbt puts each field (README.md, Fields), in the order in which it writes them; the others
 * are ours. */
static const struct {
	enum event_field field;
	bool is_in_data;
	const char *key;
} members[] = {
	{ EVENT_ACCOUNT_ID, false, "accountId" },
	{ EVENT_EVENT_ID, false, "eventId" },
	{ EVENT_TIMESTAMP, false, "timestamp" },
	{ EVENT_EVENT, false, "eventType" },
	{ EVENT_WEBHOOK_ID, false, "webhookId" },
	{ EVENT_WEBHOOK_NAME, false, "webhookName" },
	{ EVENT_JOB_ID, true, "jobId" },
	{ EVENT_JOB_NAME, true, "jobName" },
	{ EVENT_RUN_ID, true, "runId" },
	{ EVENT_ENVIRONMENT_ID, true, "environmentId" },
	{ EVENT_ENVIRONMENT_NAME, true, "environmentName" },
	{ EVENT_DBT_VERSION, true, "dbtVersion" },
	{ EVENT_PROJECT_NAME, true, "projectName" },
	{ EVENT_PROJECT_ID, true, "projectId" },
	{ EVENT_STATUS, true, "runStatus" },
	{ EVENT_STATUS_CODE, true, "runStatusCode" },
	{ EVENT_STATUS_MESSAGE, true, "runStatusMessage" },
	{ EVENT_RUN_REASON, true, "runReason" },
	{ EVENT_RUN_STARTED_AT, true, "runStartedAt" },
	{ EVENT_RUN_FINISHED_AT, true, "runFinishedAt" },
};

/* Sets a field in normal form C, as in rules, because a name may arrive in two spellings. `value`
 * stays. */
static void set_field(
	struct event *event, enum event_field field, const char *value, struct arena *arena)
{
	event->fields[field] = name_normal(str_of(value), arena);
}

static struct event *event_new(struct arena *arena)
{
	struct event *event = arena_new_of(arena, struct event);
	for (int field = 0; field < EVENT_FIELD_COUNT; field++)
		event->fields[field] = STR("");
	return event;
}

static void set_status(struct event *event, struct arena *arena)
{
	event->fields[EVENT_STATUS] = status_canonical(
		event->fields[EVENT_STATUS_CODE], event->fields[EVENT_STATUS], arena);
}

/*
 * Is there a time? Empty, absent and the epoch mean that there is none (README.md, Times); so does
 * any time before the epoch.
 */
static bool is_time(struct str text, struct wall *time)
{
	return wall_parse(text, time) && time->us > 0;
}

static void set_finished(struct event *event, const char *errored_at)
{
	struct wall time;
	if (is_time(event->fields[EVENT_RUN_FINISHED_AT], &time) ||
		is_time(str_of(errored_at), &time) ||
		is_time(event->fields[EVENT_TIMESTAMP], &time))
		event->finished = time;
}

/* A stranger's text in a reason, cut to fit a line. */
#define QUOTED(text) (int)str_cut((text), QUOTED_MOST).length, (text).at
#define QUOTED_MOST 60

static void set_aside(struct event *event, enum event_standing standing, const char *why)
{
	event->standing = standing;
	event->why = why;
}

static bool is_known_type(const struct event *event)
{
	for (const char *const *type = event_types; *type; type++)
		if (str_is(event->fields[EVENT_EVENT], *type))
			return true;
	return false;
}

/* Decides whether the event is routed, a test or ignored, and why. */
static void set_standing(
	struct event *event, const cJSON *body, const char *account_id, struct arena *arena)
{
	const char *twice = json_duplicate_key(body), *test;
	if (!twice) /* deeper objects are not read */
		twice = json_duplicate_key(json_get(body, "data"));
	if (twice)
		set_aside(event, EVENT_IGNORED,
			arena_printf(arena,
				"key '%.*s' stands twice; parsers disagree about which wins",
				QUOTED(str_of(twice))));
	else if ((test = test_delivery_reason(event))) /* before the account, which tests invent */
		set_aside(event, EVENT_TEST, test);
	else if (account_id && !str_is(event->fields[EVENT_ACCOUNT_ID], account_id))
		set_aside(event, EVENT_IGNORED,
			arena_printf(arena,
				"it is of account '%.*s', and the source is for account %s",
				QUOTED(event->fields[EVENT_ACCOUNT_ID]), account_id));
	else if (!event->fields[EVENT_EVENT].length)
		set_aside(event, EVENT_IGNORED,
			"it has no eventType: not a webhook of dbt's present format");
	else if (!is_known_type(event))
		set_aside(event, EVENT_IGNORED,
			arena_printf(arena, "unknown event type '%.*s'",
				QUOTED(event->fields[EVENT_EVENT])));
	else if (!event->fields[EVENT_JOB_ID].length && !event->fields[EVENT_STATUS].length)
		set_aside(event, EVENT_IGNORED, "it names neither a job nor a status");
}

bool event_has_id(const struct event *event)
{
	static const char *const nothing[] = { "", "null", "none", "nil", "undefined" };
	struct str id = str_trim(event->fields[EVENT_EVENT_ID]);
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
		if (id.length == strlen(nothing[i]) && !strncasecmp(id.at, nothing[i], id.length))
			return false;
	return true;
}

static bool is_member(size_t at, bool is_in_data, const char *key)
{
	return members[at].is_in_data == is_in_data && members[at].key[0] == key[0] &&
	       !strcmp(members[at].key, key);
}

/*
 * Sets the fields that stand in `object`. One pass, whose search goes on where the last one ended:
 * dbt writes the members in this order, and hardly any that have no field. Of a key that stands
 * twice the first counts.
 */
static void set_fields(
	struct event *event, const cJSON *object, bool is_in_data, struct arena *arena)
{
	const size_t count = sizeof members / sizeof *members;
	bool is_set[sizeof members / sizeof *members] = { false };
	size_t at = 0;
	const cJSON *member;
	if (!cJSON_IsObject(object))
		return;
	cJSON_ArrayForEach(member, object)
	{
		size_t tried = 0;
		while (tried < count && !is_member(at, is_in_data, member->string)) {
			at = at + 1 < count ? at + 1 : 0;
			tried++;
		}
		if (tried == count)
			continue;
		if (!is_set[at])
			set_field(event, members[at].field, json_value_text(member), arena);
		is_set[at] = true;
	}
}

/* The tree lives in `arena`, and the event's texts in the tree. */
static const struct event *from_body(
	const cJSON *body, const char *source, const char *account_id, struct arena *arena)
{
	struct event *event = event_new(arena);
	const cJSON *data = json_get(body, "data");
	set_field(event, EVENT_SOURCE, arena_text(arena, source), arena);
	set_fields(event, body, false, arena);
	set_fields(event, data, true, arena);
	set_status(event, arena);
	set_finished(event, json_text(data, "runErroredAt"));
	set_standing(event, body, account_id, arena);
	return event;
}

const struct event *event_parse(struct str body, const char *source, const char *account_id,
	struct arena *arena, struct error *err)
{
	const cJSON *json = json_parse_in(body, arena, err);
	if (!json) {
		error_context(err, "the body");
		return NULL;
	}
	if (!cJSON_IsObject(json)) {
		error_fail(err, ERROR_INPUT, "the body is JSON, but not an object");
		return NULL;
	}
	return from_body(json, source, account_id, arena);
}

static bool unknown_field(const char *name, struct arena *arena, struct error *err)
{
	const char *names[EVENT_FIELD_COUNT];
	for (int field = 0; field < EVENT_FIELD_COUNT; field++)
		names[field] = infos[field].name;
	return error_fail(err, ERROR_INPUT, "an event has no field '%s'%s", name,
		suggest_hint(name, names, EVENT_FIELD_COUNT, arena));
}

const struct event *event_from_flat(const cJSON *flat, struct arena *arena, struct error *err)
{
	struct event *event = event_new(arena);
	const cJSON *item;
	if (!cJSON_IsObject(flat)) {
		error_fail(err, ERROR_INPUT, "an event is a map of fields");
		return NULL;
	}
	set_field(event, EVENT_EVENT, infos[EVENT_EVENT].fallback, arena);
	if (!json_get(flat, "status_code"))
		set_field(event, EVENT_STATUS, infos[EVENT_STATUS].fallback, arena);
	cJSON_ArrayForEach(item, flat)
	{
		enum event_field field = event_field_of(str_of(item->string));
		if (field == EVENT_FIELD_COUNT) {
			unknown_field(item->string, arena, err);
			return NULL;
		}
		if (cJSON_IsArray(item) || cJSON_IsObject(item)) {
			error_fail(err, ERROR_INPUT,
				"the field '%s' of an event is a text or a number", item->string);
			return NULL;
		}
		set_field(event, field, arena_text(arena, json_text(flat, item->string)), arena);
	}
	set_status(event, arena);
	set_finished(event, "");
	return event;
}

const struct event *event_read(struct str bytes, struct arena *arena, struct error *err)
{
	const cJSON *json = json_parse_in(bytes, arena, err);
	if (!json)
		return NULL;
	if (!cJSON_IsObject(json)) {
		error_fail(err, ERROR_INPUT, "an event is a JSON object");
		return NULL;
	}
	if (json_get(json, "eventType") || json_get(json, "data"))
		return from_body(json, "", NULL, arena);
	return event_from_flat(json, arena, err);
}

void event_print(const struct event *event, struct text *out)
{
	bool is_first = true;
	text_add_char(out, '{');
	for (int field = 0; field < EVENT_FIELD_COUNT; field++) {
		if (!event->fields[field].length)
			continue;
		text_add(out, is_first ? "\"" : ",\"");
		text_add(out, infos[field].name);
		text_add(out, "\":");
		json_quote(event_text(event, (enum event_field)field), out);
		is_first = false;
	}
	text_add_char(out, '}');
}

cJSON *event_json(const struct event *event)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	event_print(event, &text);
	return cJSON_Parse(text.at);
}
