/* rules/suite/suite_event.c - reads the events of a test of rules, and times. */
#include "base/file.h"
#include "base/suggest.h"
#include "rules/suite/suite_inside.h"
#include "rules/written.h"

#define EVENT_FILE_BYTES ((size_t)16 << 20)
#define DAY_US (86400 * US_PER_SECOND)

/* ---- times ---- */

static bool two_digits(const char *at, int most, int64_t *value)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*value = (at[0] - '0') * 10 + (at[1] - '0');
	return *value <= most;
}

/* "06:00" or "06:00:30", microseconds since midnight. */
static bool time_of_day(struct str text, int64_t *us)
{
	int64_t hours, minutes, seconds = 0;
	if ((text.length != 5 && text.length != 8) || !two_digits(text.at, 23, &hours) ||
		text.at[2] != ':' || !two_digits(text.at + 3, 59, &minutes))
		return false;
	if (text.length == 8 && (text.at[5] != ':' || !two_digits(text.at + 6, 59, &seconds)))
		return false;
	*us = (hours * 3600 + minutes * 60 + seconds) * US_PER_SECOND;
	return true;
}

static int64_t day_of(int64_t us)
{
	int64_t into_day = us % DAY_US;
	return us - into_day - (into_day < 0 ? DAY_US : 0);
}

bool suite_time_read(struct suite_reading *reading, const struct yaml_node *node, int64_t earliest,
	struct test *test, int64_t *us)
{
	struct wall wall;
	if (time_of_day(node->text, us)) {
		*us += day_of(earliest);
		*us += *us < earliest ? DAY_US : 0;
		return true;
	}
	if (!wall_parse(node->text, &wall))
		return reading_problem(reading, PROBLEM_BAD_VALUE, node->place,
			"'%s' is no time: write 06:00, or 2026-11-26T06:00:00Z",
			written_quote(node->text, reading->scratch));
	test->has_dates = true;
	*us = wall.us;
	return true;
}

/* ---- events ---- */

static bool event_field_read(struct suite_reading *reading, const struct yaml_node *key,
	const struct yaml_node *value, cJSON *flat)
{
	const char *names[EVENT_FIELD_COUNT];
	for (int i = 0; i < EVENT_FIELD_COUNT; i++)
		names[i] = event_field_describe((enum event_field)i)->name;
	if (key->type != YAML_SCALAR || event_field_of(key->text) == EVENT_FIELD_COUNT) {
		const char *name = written_quote(key->text, reading->scratch);
		reading_problem(reading, PROBLEM_UNKNOWN_FIELD, key->place,
			"an event has no field '%s'%s", name,
			suggest_key_hint(name, names, EVENT_FIELD_COUNT, reading->scratch));
		problem_set_fix(reading->problems, key->place, key->text,
			suggest_only(name, names, EVENT_FIELD_COUNT));
		return false;
	}
	if (value->type != YAML_SCALAR)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, value->place,
			"the field '%s' of an event is a text, not %s",
			written_quote(key->text, reading->scratch), yaml_type_name(value));
	if (!yaml_is_null(value))
		json_add_text(flat, arena_str(reading->scratch, key->text),
			arena_str(reading->scratch, value->text));
	return true;
}

/* `with_time`: an item of `events`, which has `at` too. */
static const struct event *event_of_map(
	struct suite_reading *reading, const struct yaml_node *map, bool with_time)
{
	struct error err;
	OWNED_JSON flat = cJSON_CreateObject();
	bool is_good = true;
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->items[2 * i];
		if (with_time && key->type == YAML_SCALAR && str_is(key->text, "at"))
			continue;
		is_good &= event_field_read(reading, key, map->items[2 * i + 1], flat);
	}
	if (!is_good)
		return NULL;
	const struct event *event = event_from_flat(flat, reading->suite->arena, &err);
	if (!event)
		reading_problem(reading, PROBLEM_BAD_VALUE, map->place, "%s", err.message);
	return event;
}

static const struct event *event_of_file(
	struct suite_reading *reading, const char *path, struct place place)
{
	struct error err;
	OWNED_TEXT struct text bytes = TEXT(EVENT_FILE_BYTES);
	if (!file_read(path, &bytes, &err)) {
		reading_problem(reading, PROBLEM_UNREADABLE, place, "%s", err.message);
		return NULL;
	}
	const struct event *event = event_read(text_str(&bytes), reading->suite->arena, &err);
	if (!event)
		reading_problem(reading, PROBLEM_BAD_VALUE, place, "the event in '%s': %s", path,
			err.message);
	return event;
}

/* One item of `events`. */
static bool item_read(struct suite_reading *reading, const struct yaml_node *node,
	struct test *test, struct play_event *event, int64_t earliest)
{
	if (node->type != YAML_MAP)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
			"an event is a map of fields, not %s", yaml_type_name(node));
	const struct yaml_node *at = yaml_get(node, "at"), *path = yaml_get(node, "event_file");
	if (!at || at->type != YAML_SCALAR)
		return reading_problem(reading, PROBLEM_MISSING_FIELD, node->place,
			"each of several events needs the time 'at' which it comes");
	if (!suite_time_read(reading, at, earliest, test, &event->at))
		return false;
	if (event->at < earliest)
		return reading_problem(reading, PROBLEM_BAD_VALUE, at->place,
			"this event comes before the one above; write events in order of time");
	if (!path)
		event->event = event_of_map(reading, node, true);
	else if (path->type != YAML_SCALAR || node->count > 2)
		return reading_problem(reading, PROBLEM_BAD_VALUE, path->place,
			"beside 'event_file' an event has 'at' and nothing else");
	else
		event->event = event_of_file(reading,
			file_beside(reading->file->path, arena_str(reading->scratch, path->text),
				reading->scratch),
			path->place);
	return event->event;
}

static bool list_read(
	struct suite_reading *reading, const struct yaml_node *node, struct test *test)
{
	int64_t earliest = 0;
	bool is_good = true;
	if (node->type != YAML_LIST || !node->count)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
			"'events' is a list of events that is not empty");
	struct play_event *events =
		arena_array(reading->suite->arena, struct play_event, node->count);
	for (size_t i = 0; i < node->count; i++) {
		is_good &= item_read(reading, node->items[i], test, &events[i],
			i                 ? earliest
			: test->has_dates ? INT64_MIN
					  : 0);
		earliest = events[i].at;
	}
	test->events = events;
	test->event_count = node->count;
	return is_good;
}

bool suite_events_read(struct suite_reading *reading, const struct yaml_node *node,
	const struct test_table *table, struct test *test)
{
	int ways = (table->event != NULL) + (table->event_file != NULL) + (table->events != NULL);
	if (ways != 1)
		return reading_problem(reading, PROBLEM_MISSING_FIELD, node->place,
			ways ? "a test has one of event, event_file and events"
			     : "a test needs one of event, event_file and events");
	if (table->events && table->at)
		return reading_problem(reading, PROBLEM_BAD_VALUE, yaml_get(node, "at")->place,
			"each item of 'events' has an 'at' of its own");
	if (table->events)
		return list_read(reading, table->events, test);
	struct play_event *event = arena_new_of(reading->suite->arena, struct play_event);
	test->events = event;
	test->event_count = 1;
	if (table->at && !suite_time_read(reading, yaml_get(node, "at"), 0, test, &event->at))
		return false;
	if (table->event_file)
		event->event = event_of_file(
			reading, table->event_file, yaml_get(node, "event_file")->place);
	else if (table->event->type == YAML_MAP)
		event->event = event_of_map(reading, table->event, false);
	else
		return reading_problem(reading, PROBLEM_WRONG_TYPE, table->event->place,
			"'event' is a map of fields ({} for a successful run), not %s",
			yaml_type_name(table->event));
	return event->event;
}
