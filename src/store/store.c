/*
 * store/store.c - hands each call to the driver of the store.
 */
#include "content/kind.h"
#include "store/address.h"
#include "store/driver.h"
#include <assert.h>
#include <string.h>

#define LIMIT_DEFAULT 100 /* rows of a list by default */

/* ---- life ---- */

static struct store *open_in(const struct store_address *address, enum store_mode mode,
	const struct store_upgrade *upgrade, struct error *err)
{
	const struct store_driver *driver = store_driver_of(address->url);
	struct store_fault fault;

	if (driver && *store_driver_place(address->url))
		return driver->open(address, mode, upgrade, err);
	bool is_good = store_address_check(address, &fault);
	assert(!is_good);
	error_fail(err, ERROR_INPUT, "`store` %s", fault.message);
	return NULL;
}

struct store *store_open(
	const struct store_address *address, enum store_mode mode, struct error *err)
{
	return open_in(address, mode, &(struct store_upgrade){ .tell = NULL }, err);
}

struct store *store_open_upgrading(
	const struct store_address *address, const struct store_upgrade *upgrade, struct error *err)
{
	return open_in(address, STORE_WRITE, upgrade, err);
}

void store_close(struct store *store)
{
	if (store)
		store->driver->close(store);
}

/* ---- calls handed to the driver ---- */

bool store_begin(struct store *store, struct error *err)
{
	return store->driver->begin(store, err);
}

bool store_commit(struct store *store, struct error *err)
{
	return store->driver->commit(store, err);
}

void store_rollback(struct store *store)
{
	store->driver->rollback(store);
}

void store_tidy(struct store *store, bool is_awaited)
{
	if (store->driver->tidy)
		store->driver->tidy(store, is_awaited);
}

void store_settle(struct store *store)
{
	if (store->driver->settle)
		store->driver->settle(store);
}

bool store_sizes(const struct store *store, int64_t *database, int64_t *wal)
{
	return store->driver->sizes && store->driver->sizes(store, database, wal);
}

enum added store_add_event(
	struct store *store, struct event_row *row, int64_t *selection_ids, struct error *err)
{
	return store->driver->add_event(store, row, selection_ids, err);
}

bool store_end_selection(struct store *store, int64_t selection_id, struct error *err)
{
	return store->driver->end_selection(store, selection_id, err);
}

bool store_put_refresh(struct store *store, const struct refresh_row *row, struct error *err)
{
	return store->driver->put_refresh(store, row, err);
}

bool store_put_cause(struct store *store, const struct cause_row *row, struct error *err)
{
	return store->driver->put_cause(store, row, err);
}

bool store_put_spent(struct store *store, const struct spent *spent, struct error *err)
{
	return store->driver->put_spent(store, spent, err);
}

bool store_put_pause(struct store *store, const char *site, const char *by, struct error *err)
{
	return store->driver->put_pause(store, site, by, err);
}

bool store_add_command(struct store *store, const struct command_row *row, struct error *err)
{
	return store->driver->add_command(store, row, err);
}

bool store_put_note(struct store *store, const char *key, const char *value, struct error *err)
{
	return store->driver->put_note(store, key, value, err);
}

void store_own(struct store *store, int64_t node, const char *site, int64_t epoch)
{
	if (store->driver->own)
		store->driver->own(store, node, site, epoch);
}

bool store_guard(struct store *store, const char *site, bool *is_ours, struct error *err)
{
	*is_ours = true;
	return !store->driver->guard || store->driver->guard(store, site, is_ours, err);
}

bool store_take_selections(struct store *store, const char *const *sites, size_t count,
	bool is_anew, selected_visit *visit, void *context, struct error *err)
{
	return !store->driver->take_selections ||
	       store->driver->take_selections(store, sites, count, is_anew, visit, context, err);
}

bool store_prune(
	struct store *store, struct wall before, int most, int64_t *deleted, struct error *err)
{
	return store->driver->prune(store, before, most, deleted, err);
}

bool store_give_back(struct store *store, int most, bool *is_more, struct error *err)
{
	*is_more = false;
	return !store->driver->give_back || store->driver->give_back(store, most, is_more, err);
}

/* Fills in the filter's defaults. False when it names an unknown state or kind. */
static bool complete(
	const struct store_filter *filter, struct store_filter *complete, struct error *err)
{
	enum refresh_state ignored;

	*complete = *filter;
	if (filter->before <= 0)
		complete->before = INT64_MAX;
	if (filter->limit <= 0)
		complete->limit = LIMIT_DEFAULT;
	if (filter->state && !text_is(filter->state, "open") &&
		!refresh_state_of(filter->state, &ignored))
		return error_fail(err, ERROR_INPUT, "there is no state '%s'", filter->state);
	if (filter->kind && kind_of(filter->kind) == CONTENT_KIND_COUNT)
		return error_fail(err, ERROR_INPUT, "there is no kind '%s'", filter->kind);
	return true;
}

bool store_list_events(struct store *store, const struct store_filter *filter, event_visit *visit,
	void *context, struct error *err)
{
	struct store_filter full;

	return complete(filter, &full, err) &&
	       store->driver->list_events(store, &full, visit, context, err);
}

bool store_list_refreshes(struct store *store, const struct store_filter *filter,
	refresh_visit *visit, void *context, struct error *err)
{
	struct store_filter full;

	return complete(filter, &full, err) &&
	       store->driver->list_refreshes(store, &full, visit, context, err);
}

bool store_list_commands(struct store *store, int64_t subject, command_visit *visit, void *context,
	struct error *err)
{
	return store->driver->list_commands(store, subject, visit, context, err);
}

bool store_find_event(struct store *store, int64_t id, event_visit *visit, void *context,
	bool *found, struct error *err)
{
	return store->driver->find_event(store, id, visit, context, found, err);
}

bool store_find_refresh(struct store *store, int64_t id, refresh_visit *visit, void *context,
	bool *found, struct error *err)
{
	return store->driver->find_refresh(store, id, visit, context, found, err);
}

bool store_refreshes_of_event(struct store *store, int64_t event, struct arena *arena,
	const int64_t **ids, size_t *count, struct error *err)
{
	return store->driver->refreshes_of_event(store, event, arena, ids, count, err);
}

bool store_open_selections_of_event(
	struct store *store, int64_t event, int64_t *count, struct error *err)
{
	return store->driver->open_selections_of_event(store, event, count, err);
}

bool store_load_open_selections(struct store *store, const char *site, selected_visit *visit,
	void *context, struct error *err)
{
	return store->driver->load_open_selections(store, site, visit, context, err);
}

bool store_load_namings(struct store *store, const char *site, selected_visit *visit, void *context,
	struct error *err)
{
	return store->driver->load_namings(store, site, 0, visit, context, err);
}

bool store_namings_of_refresh(struct store *store, int64_t refresh, selected_visit *visit,
	void *context, struct error *err)
{
	return store->driver->load_namings(store, NULL, refresh, visit, context, err);
}

const cJSON *const *selected_row_items(const struct selected_row *row, struct arena *arena)
{
	const cJSON **items = arena_array(arena, const cJSON *, row->count + 1);
	struct error ignored; /* an item that is not there is the reader's matter */
	const cJSON *list = json_parse_in(str_of(row->selections), arena, &ignored);
	const cJSON *item = cJSON_IsArray(list) ? list->child : NULL;
	int64_t at = 0;

	for (size_t i = 0; i < row->count; i++) {
		for (; item && at < row->positions[i]; at++)
			item = item->next;
		items[i] = item;
	}
	return items;
}

bool selected_of_site_visit(const struct selected_row *row, void *context)
{
	const struct selected_of_site *of = context;
	OWNED(arena) arena = arena_new();
	const cJSON *const *items = selected_row_items(row, arena);
	int64_t *ids = arena_array(arena, int64_t, row->count + 1);
	int64_t *positions = arena_array(arena, int64_t, row->count + 1);
	struct selected_row some = *row;

	some.count = 0;
	some.ids = ids;
	some.positions = positions;
	for (size_t i = 0; i < row->count; i++) {
		if (!items[i] || !text_is(json_text(items[i], "site"), of->site))
			continue;
		ids[some.count] = row->ids[i];
		positions[some.count++] = row->positions[i];
	}
	return !some.count || of->visit(&some, of->context);
}

bool store_load_refreshes(struct store *store, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err)
{
	return store->driver->load_refreshes(store, site, since, visit, context, err);
}

bool store_load_spent(
	struct store *store, const char *site, spent_visit *visit, void *context, struct error *err)
{
	return store->driver->load_spent(store, site, visit, context, err);
}

bool store_load_pauses(
	struct store *store, const char *site, pause_visit *visit, void *context, struct error *err)
{
	return store->driver->load_pauses(store, site, visit, context, err);
}

bool store_load_notes(struct store *store, const char *prefix, note_visit *visit, void *context,
	struct error *err)
{
	return store->driver->load_notes(store, prefix, visit, context, err);
}

/* ---- outcomes: notes without a value ---- */

#define OUTCOME "outcome/"

static bool put_outcome(struct store *store, int64_t refresh, const char *value, struct error *err)
{
	char key[sizeof OUTCOME + 20]; /* the digits of an int64 and its sign */

	snprintf(key, sizeof key, OUTCOME "%lld", (long long)refresh);
	return store_put_note(store, key, value, err);
}

bool store_add_outcome(struct store *store, int64_t refresh, struct error *err)
{
	return put_outcome(store, refresh, "", err);
}

bool store_end_outcome(struct store *store, int64_t refresh, struct error *err)
{
	return put_outcome(store, refresh, NULL, err);
}

struct outcome_list {
	int64_t *ids;
	size_t count, capacity, most;
};

static bool take_outcome(const char *key, const char *value, void *context)
{
	struct outcome_list *list = context;
	int64_t id;

	(void)value;
	if (!str_to_count(str_of(key + strlen(OUTCOME)), &id))
		return true; /* nobody writes such a key */
	mem_grow(&list->ids, &list->capacity, list->count);
	list->ids[list->count++] = id;
	return list->count < list->most;
}

bool store_load_outcomes(
	struct store *store, size_t most, refresh_visit *visit, void *context, struct error *err)
{
	struct outcome_list list = { .most = most };
	bool ok = store_load_notes(store, OUTCOME, take_outcome, &list, err);

	for (size_t i = 0; ok && i < list.count; i++) {
		struct refresh_row pruned = { .id = list.ids[i], .state = REFRESH_CANCELLED };
		bool found = false;

		ok = store_find_refresh(store, list.ids[i], visit, context, &found, err);
		if (ok && !found)
			visit(&pruned, NULL, 0, context);
	}
	free(list.ids);
	return ok;
}

bool store_take_refresh_ids(struct store *store, struct refresh_ids *ids, struct error *err)
{
	return store->driver->take_refresh_ids(store, ids, err);
}

int64_t store_last_stamp(const struct store *store)
{
	return store->driver->last_stamp(store);
}

bool store_take_backup(struct store *store, const struct store_backup *backup,
	struct store_contents *contents, struct error *err)
{
	if (!store->driver->take_backup)
		return error_fail(err, ERROR_INPUT,
			"a store %s... cannot be copied by this command; use the tools of its"
			" database",
			store->driver->scheme);
	return store->driver->take_backup(store, backup, contents, err);
}

bool store_load_copy(
	struct store *store, struct arena *arena, const struct store_copy **copy, struct error *err)
{
	*copy = NULL;
	return !store->driver->load_copy || store->driver->load_copy(store, arena, copy, err);
}

bool store_examine(const struct store_address *address, struct arena *arena,
	struct store_health *health, struct error *err)
{
	OWNED(store) store = store_open(address, STORE_READ, err);

	*health = (struct store_health){ .damage = "" };
	return store &&
	       (!store->driver->examine || store->driver->examine(store, arena, health, err));
}
