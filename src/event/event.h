/*
 * event/event.h - one verified webhook delivery, flattened to named fields (field.def).
 *
 * Pure. Threads: any. An event and its texts live in an arena.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"

enum event_field {
#define EVENT_FIELD(id, name, is_id, fallback, example, help) EVENT_##id,
#include "event/field.def"
#undef EVENT_FIELD
	EVENT_FIELD_COUNT,
};

struct event_field_info {
	const char *name; /* as rules write it */
	bool is_id;       /* digits or a KSUID, on which an unanchored pattern is a mistake */
	/* where a rule, or an event that people write, says nothing; or NULL */
	const char *fallback;
	const char *example;
	const char *help;
};
const struct event_field_info *event_field_describe(enum event_field field);
/* The only values that the field has, ended by NULL: event types, statuses. NULL: it has any. */
const char *const *event_field_words(enum event_field field);
/* EVENT_FIELD_COUNT when no field has this name */
enum event_field event_field_of(struct str name);

extern const char *const event_types[]; /* that dbt sends (README.md, Event types); NULL ends it */

enum event_standing {
	EVENT_REAL,    /* the rules decide */
	EVENT_TEST,    /* dbt's test endpoint button: recorded, never routed */
	EVENT_IGNORED, /* signed, but ignored; `why` has the reason */
};

struct event {
	struct str
		fields[EVENT_FIELD_COUNT]; /* absent or null is the empty text; each ends in NUL */
	struct wall finished; /* run_finished_at, else runErroredAt, else timestamp; {0}: none */
	enum event_standing standing;
	const char *why; /* for a test the heuristic, for an ignored event the reason; else NULL */
};

static inline const char *event_text(const struct event *event, enum event_field field)
{
	return event->fields[field].at;
}

/* Has it an id by which a repeated delivery is recognised? The empty text is none, and neither are
 * "null", "None" and "undefined", which templates write for nothing. */
bool event_has_id(const struct event *event);

/*
 * A body as dbt posts it, from `source`. ERROR_INPUT when it is not JSON or not an object. Accepts
 * whatever dbt has sent since 2023 (README.md, Fields, Status, Times): numbers for strings and the
 * reverse, missing members, extra members, every spelling of a status. With `account_id`, events of
 * other accounts are ignored; NULL accepts any.
 */
const struct event *event_parse(struct str body, const char *source, const char *account_id,
	struct arena *arena, struct error *err) MUST_USE;
/*
 * An event as people write it in a rule test or for `route`: either dbt's body (has "eventType" or
 * "data") or a flat map of field names; an unknown field name is ERROR_INPUT with the nearest.
 * Fields left out have their fallback.
 */
const struct event *event_from_flat(
	const cJSON *flat, struct arena *arena, struct error *err) MUST_USE;
const struct event *event_read(struct str bytes, struct arena *arena,
	struct error *err) MUST_USE; /* decides which of the two it is */

/* {"job_id": "1001", ...} without empty fields. The caller owns it. */
cJSON *event_json(const struct event *event);
/* Appends the same as text, without building a tree: called for each event that arrives. */
void event_print(const struct event *event, struct text *out);
