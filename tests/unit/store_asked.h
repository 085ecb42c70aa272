/*
 * tests/unit/store_asked.h - a store with some of everything, and all that can be asked of one,
 * each answer as a text. For the tests of disks that fail and of damaged databases.
 */
#pragma once
#include "tests/unit/store_folder.h"

/* ---- a store with some of everything ---- */

#define ASKED_EVENTS 12

#define filled(call)                                                                               \
	do {                                                                                       \
		if (!(call))                                                                       \
			fail_msg("%s: %s", #call, err->message);                                   \
	} while (0)

static inline void fill_event(struct store *store, int number, struct error *err)
{
	static char body[6000];
	char name[24], rules[40];
	int64_t selections[2];
	static const int64_t both[] = { 0, 1 };

	snprintf(name, sizeof name, "wev_%d", number);
	snprintf(rules, sizeof rules, "[\"nightly\",\"rule %d\"]", number % 3);
	memset(body, 'a' + number, sizeof body - 1);

	struct event_row event = event_of(name);
	event.received_at.us = 1000 + number;
	event.matched = rules;
	event.body = (struct str){ body, number % 2 ? sizeof body - 1 : 20 };
	event.open_count = 2;
	event.open = both;
	filled(store_add_event(store, &event, selections, err) == ADDED_NEW);
	filled(store_end_selection(store, selections[0], err));

	struct refresh_row refresh = refresh_of(2 * (number + 1),
		number % 2 ? REFRESH_SUCCEEDED : REFRESH_WAITING, number % 4 ? "luid-a" : "luid-b");
	struct cause_row cause = { .refresh = refresh.id,
		.event = event.id,
		.rule = "nightly",
		.selection = selections[0] };
	struct spent spent = { .site = "finance", .at = { number + 1 }, .count = number };
	struct command_row command = { .at = { number + 1 },
		.who = "admin",
		.verb = "retry",
		.subject = refresh.id,
		.site = "" };
	refresh.job_id = number % 2 ? "job" : "";
	filled(store_put_refresh(store, &refresh, err));
	filled(store_put_cause(store, &cause, err));
	cause.event = 1;
	filled(store_put_cause(store, &cause, err));
	filled(store_put_spent(store, &spent, err));
	filled(store_put_pause(store, name, "admin", err));
	filled(store_add_command(store, &command, err));
	filled(store_put_note(store, name, body, err));
	if (number % 2)
		filled(store_add_outcome(store, refresh.id, err));
}

/* Closed, so that all of it is in the database file. */
static inline void fill_store(void)
{
	struct error err = { 0 };
	OWNED(store) store = open_store(STORE_WRITE);

	for (int number = 0; number < ASKED_EVENTS; number++) {
		must(store_begin(store, &err));
		fill_event(store, number, &err);
		must(store_commit(store, &err));
	}
}

/* ---- what can be asked ---- */

static inline bool answer_event(const struct event_row *row, void *context)
{
	text_printf(context, "%lld %s %s %s %s %s %s %.*s\n", (long long)row->id, row->source,
		row->event_id, row->type, row->matched, row->ruleset ? row->ruleset : "-",
		row->selections ? row->selections : "-", (int)row->body.length, row->body.at);
	return true;
}

static inline bool answer_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	text_printf(context, "%lld %s %s %s %s %d\n", (long long)row->id, row->site,
		row->content.luid ? row->content.luid : "-",
		row->content.name ? row->content.name : "-", row->job_id ? row->job_id : "-",
		(int)row->state);
	for (size_t i = 0; i < count; i++)
		text_printf(context, " %lld %s %lld\n", (long long)causes[i].event, causes[i].rule,
			(long long)causes[i].selection);
	return true;
}

static inline bool answer_selected(const struct selected_row *row, void *context)
{
	OWNED(arena) arena = arena_new();
	const cJSON *const *items = selected_row_items(row, arena);

	for (size_t i = 0; i < row->count; i++) {
		char *printed = items[i] ? cJSON_PrintUnformatted(items[i]) : NULL;

		text_printf(context, "%lld %lld %s\n", (long long)row->event,
			(long long)row->ids[i], printed ? printed : "-");
		cJSON_free(printed);
	}
	return true;
}

static inline bool answer_spent(const struct spent *spent, void *context)
{
	text_printf(context, "%s %lld %lld\n", spent->site, (long long)spent->at.us,
		(long long)spent->count);
	return true;
}

static inline bool answer_command(const struct command_row *row, void *context)
{
	text_printf(context, "%s %s %lld\n", row->who, row->verb, (long long)row->subject);
	return true;
}

static inline bool answer_pair(const char *key, const char *value, void *context)
{
	text_printf(context, "%s %s\n", key, value);
	return true;
}

static inline bool ask_events(
	struct store *store, struct store_filter filter, struct text *answer, struct error *err)
{
	filter.limit = 1000;
	return store_list_events(store, &filter, answer_event, answer, err);
}

static inline bool ask_refreshes(
	struct store *store, struct store_filter filter, struct text *answer, struct error *err)
{
	filter.limit = 1000;
	return store_list_refreshes(store, &filter, answer_refresh, answer, err);
}

static inline bool ask_each(struct store *store, struct text *answer, struct error *err)
{
	bool found;

	for (int64_t id = 1; id <= 2 * ASKED_EVENTS + 1; id++) {
		const int64_t *ids;
		size_t count;
		int64_t open;
		OWNED(arena) arena = arena_new();

		if (!store_find_event(store, id, answer_event, answer, &found, err) ||
			!store_find_refresh(store, id, answer_refresh, answer, &found, err) ||
			!store_refreshes_of_event(store, id, arena, &ids, &count, err) ||
			!store_open_selections_of_event(store, id, &open, err) ||
			!store_list_commands(store, id, answer_command, answer, err) ||
			!store_namings_of_refresh(store, id, answer_selected, answer, err))
			return false;
		text_printf(answer, "%lld: %lld open\n", (long long)id, (long long)open);
		for (size_t i = 0; i < count; i++)
			text_printf(answer, "%lld\n", (long long)ids[i]);
	}
	return true;
}

#define QUESTIONS 21

/* What the store says to the question with this number. */
static inline bool ask(struct store *store, int question, struct text *answer, struct error *err)
{
	struct store_filter none = { 0 };
	struct refresh_ids ids;
	OWNED(arena) arena = arena_new();
	const struct store_copy *copy;

	switch (question) {
	case 0:
		return ask_events(store, none, answer, err);
	case 1:
		return ask_events(store, (struct store_filter){ .job_id = "1001" }, answer, err);
	case 2:
		return ask_events(store, (struct store_filter){ .run_id = "7" }, answer, err);
	case 3:
		return ask_events(store, (struct store_filter){ .rule = "rule 1" }, answer, err);
	case 4:
		return ask_events(store, (struct store_filter){ .since = { 1005 } }, answer, err);
	case 5:
		return ask_events(store, (struct store_filter){ .outcome = "test" }, answer, err);
	case 6:
		return ask_refreshes(store, none, answer, err);
	case 7:
		return ask_refreshes(store, (struct store_filter){ .state = "open" }, answer, err);
	case 8:
		return ask_refreshes(
			store, (struct store_filter){ .state = "succeeded" }, answer, err);
	case 9:
		return ask_refreshes(store, (struct store_filter){ .event = 1 }, answer, err);
	case 10:
		return ask_refreshes(
			store, (struct store_filter){ .content = "Revenue" }, answer, err);
	case 11:
		return ask_each(store, answer, err);
	case 12:
		return store_load_open_selections(store, NULL, answer_selected, answer, err);
	case 13:
		return store_load_open_selections(store, "board", answer_selected, answer, err);
	case 14:
		return store_load_namings(store, NULL, answer_selected, answer, err);
	case 15:
		return store_load_refreshes(
			store, NULL, (struct wall){ 1 }, answer_refresh, answer, err);
	case 16:
		return store_load_spent(store, NULL, answer_spent, answer, err);
	case 17:
		return store_load_pauses(store, NULL, answer_pair, answer, err);
	case 18:
		return store_load_notes(store, "", answer_pair, answer, err);
	case 19:
		return store_load_outcomes(store, 100, answer_refresh, answer, err);
	case QUESTIONS - 1:
		if (!store_take_refresh_ids(store, &ids, err) ||
			!store_load_copy(store, arena, &copy, err))
			return false;
		text_printf(
			answer, "%lld %s\n", (long long)ids.next, copy ? copy->version : "no copy");
		return true;
	default:
		fail_msg("there is no question %d", question);
		return false;
	}
}
