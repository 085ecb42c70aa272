/*
 * cli/diff/event_source.c - reads recorded events one at a time, so that a year of them fits.
 */
#include "cli/diff/event_source.h"
#include "base/file.h"
#include "base/lines.h"
#include "cli/admin_client.h"
#include "cli/member.h"
#include <dirent.h>
#include <errno.h>

#define EVENT_BYTES ((size_t)16 << 20)

_Static_assert(EVENT_FIELD_COUNT <= 32, "sourced_event.replaced has a bit for each");

static void set_standing(const cJSON *item, struct event *event, struct arena *arena)
{
	const char *outcome = json_text(item, "outcome");
	if (text_is(outcome, "test"))
		event->standing = EVENT_TEST;
	else if (text_is(outcome, "ignored"))
		event->standing = EVENT_IGNORED;
	else
		return;
	event->why = arena_printf(arena, "%s", json_text(item, "reason"));
}

static uint32_t replaced_in(const cJSON *json)
{
	uint32_t replaced = 0;
	const cJSON *name;
	cJSON_ArrayForEach(name, json_get(json, "redacted"))
	{
		enum event_field field = event_field_of(str_of(cJSON_GetStringValue(name)));
		if (field != EVENT_FIELD_COUNT)
			replaced |= UINT32_C(1) << field;
	}
	return replaced;
}

/* An event as it is recorded has its fields beside what became of it. */
static bool read_recorded(
	const cJSON *json, struct arena *arena, struct sourced_event *out, struct error *err)
{
	const struct event *read = event_from_flat(json_get(json, "fields"), arena, err);
	if (!read)
		return false;
	struct event *event = arena_new_of(arena, struct event);
	*event = *read;
	set_standing(json, event, arena);
	out->event = event;
	out->replaced = replaced_in(json);
	return true;
}

static bool read_text(
	struct str text, struct arena *arena, struct sourced_event *out, struct error *err)
{
	OWNED_JSON json = json_parse(text, err);
	if (!json)
		return false;
	if (cJSON_IsObject(json_get(json, "fields")))
		return read_recorded(json, arena, out, err);
	/* cli/events/export.h */
	if (*json_text(json, "error"))
		return error_fail(err, ERROR_INPUT, "this file is not whole: %s; export it again",
			json_text(json, "error"));
	out->event = event_read(text, arena, err);
	return out->event;
}

static bool lines_visit(
	struct lines *lines, const char *path, event_visit *visit, void *context, struct error *err)
{
	struct str line;
	for (;;) {
		struct error why;
		enum lines_read read = lines_next(lines, &line, err);
		if (read != LINES_ONE)
			return read == LINES_END;
		if (!str_trim(line).length)
			continue;
		OWNED(arena) arena = arena_new();
		struct sourced_event event = {
			.example = arena_printf(
				arena, "%s:%lld", path, (long long)lines_number(lines)),
		};
		if (!read_text(line, arena, &event, &why))
			return error_fail(err, ERROR_INPUT, "%s: %s", event.example, why.message);
		visit(&event, context);
	}
}

/* ---- folders ---- */

static int is_body(const struct dirent *entry)
{
	return *entry->d_name != '.' && str_ends(str_of(entry->d_name), ".json");
}

static bool body_visit(const char *path, event_visit *visit, void *context, struct error *err)
{
	struct error why;
	OWNED(arena) arena = arena_new();
	OWNED_TEXT struct text bytes = TEXT(EVENT_BYTES);
	if (!file_read(path, &bytes, err))
		return false;
	struct sourced_event event = { .example = path };
	if (!read_text(text_str(&bytes), arena, &event, &why))
		return error_fail(err, ERROR_INPUT, "%s: %s", path, why.message);
	visit(&event, context);
	return true;
}

static bool folder_visit(const char *folder, event_visit *visit, void *context, struct error *err)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_body, alphasort);
	bool is_good = true;
	if (count < 0)
		return error_fail(err, ERROR_INPUT, "%s: %s", folder, strerror(errno));
	for (int i = 0; i < count; i++) {
		OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
		text_printf(&path, "%s/%s", folder, entries[i]->d_name);
		is_good = is_good && body_visit(path.at, visit, context, err);
		free(entries[i]);
	}
	free(entries);
	return is_good && (count || error_fail(err, ERROR_INPUT,
					    "%s: no event (*.json) in this folder", folder));
}

bool event_source_visit_path(const char *path, event_visit *visit, void *context, struct error *err)
{
	struct stat status;
	if (!stat(path, &status) && S_ISDIR(status.st_mode))
		return folder_visit(path, visit, context, err);
	OWNED(lines) lines = lines_open(path, EVENT_BYTES, err);
	return lines && lines_visit(lines, path, visit, context, err);
}

/* ---- the daemon ---- */

struct asking {
	event_visit *visit;
	void *context;
	bool is_strange;
};

static bool item_take(const cJSON *item, void *context)
{
	struct asking *asking = context;
	struct error err;
	OWNED(arena) arena = arena_new();
	struct sourced_event event = {
		.example =
			arena_printf(arena, "event %lld", (long long)cli_member_count(item, "id")),
	};
	if (read_recorded(item, arena, &event, &err))
		asking->visit(&event, asking->context);
	else
		asking->is_strange = true;
	return true;
}

bool event_source_visit_daemon(
	const struct command_line *line, event_visit *visit, void *context, int *status)
{
	static const char path[] = "/api/v1/events";
	struct asking asking = { visit, context, false };
	if (!admin_client_each(line, path, INT64_MAX, item_take, &asking, status))
		return false;
	return !asking.is_strange || admin_client_is_strange(line, path, "has no events", status);
}

bool event_source_recorded(const struct command_line *line, const char *id, struct arena *arena,
	struct recorded_event *recorded, int *status)
{
	int64_t number;
	struct error err;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	if (!str_to_count(str_of(id), &number) || number % 2 == 0) {
		*status = command_usage(line,
			"'%s' is not the id of an event, which is odd: see `refresh-router events`",
			id);
		return false;
	}
	text_printf(&path, "/api/v1/events/%lld", (long long)number);
	OWNED_JSON item = admin_client_get(line, path.at, status);
	if (!item)
		return false;
	struct sourced_event read;
	if (cli_member_count(item, "id") != number || !read_recorded(item, arena, &read, &err))
		return admin_client_is_strange(line, path.at, "is not that event", status);
	*recorded = (struct recorded_event){
		.event = read.event,
		.outcome = arena_text(arena, json_text(item, "outcome")),
		.ruleset = arena_text(arena, json_text(item, "ruleset")),
	};
	return true;
}
