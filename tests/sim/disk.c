/*
 * tests/sim/disk.c - the journal, as the dispatcher's core sees it (dispatch/edge.h), over a store
 * in memory (src/store/memory). What is put there is noted for the oracle, too.
 */
#include "store/driver.h"
#include "store/memory/memory.h"
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

/* ---- a store that tells the world what it is given ---- */

struct tee {
	struct store store; /* first member */
	struct store *memory;
	struct world *world;
};

static struct tee *tee_of(const struct store *store)
{
	return (struct tee *)(uintptr_t)store;
}

static bool tee_begin(struct store *store, struct error *err)
{
	return store_begin(tee_of(store)->memory, err);
}

static bool tee_commit(struct store *store, struct error *err)
{
	return store_commit(tee_of(store)->memory, err);
}

static void tee_rollback(struct store *store)
{
	store_rollback(tee_of(store)->memory);
}

static void tee_close(struct store *store)
{
	store_close(tee_of(store)->memory);
	free(store);
}

static enum added tee_add_event(
	struct store *store, struct event_row *row, int64_t *selection_ids, struct error *err)
{
	return store_add_event(tee_of(store)->memory, row, selection_ids, err);
}

static bool tee_end_selection(struct store *store, int64_t selection_id, struct error *err)
{
	struct world *world = tee_of(store)->world;
	for (int i = 0; i < world->run_count; i++)
		for (int j = 0; j < SELECTIONS; j++)
			if (world->runs[i].id && world->runs[i].selection_ids[j] == selection_id)
				world->store.open[i][j] = false;
	return store_end_selection(tee_of(store)->memory, selection_id, err);
}

static struct sim_row *row_of(struct world *world, int64_t refresh)
{
	if (refresh / 2 < ROWS)
		return &world->store.rows[refresh / 2];
	wrong(world, "more than %d refreshes", ROWS);
	return &world->store.rows[0];
}

static bool tee_put_refresh(struct store *store, const struct refresh_row *row, struct error *err)
{
	static const struct content none = { .luid = "", .name = "nothing", .project = "" };
	struct world *world = tee_of(store)->world;
	struct sim_row *to = row_of(world, row->id);
	int content = content_of(world, &row->content);
	to->row = *row;
	snprintf(to->reason, sizeof to->reason, "%s", row->reason);
	snprintf(to->job_id, sizeof to->job_id, "%s", row->job_id);
	to->row.content = content >= 0 ? world->contents[content].content : none;
	to->row.site = world->sites[site_number(row->site)].options.name;
	to->row.reason = to->reason;
	to->row.job_id = to->job_id;
	to->is_there = true;
	if (world->store.last_refresh < row->id)
		world->store.last_refresh = row->id;
	return store_put_refresh(tee_of(store)->memory, row, err);
}

static bool tee_put_cause(struct store *store, const struct cause_row *cause, struct error *err)
{
	struct world *world = tee_of(store)->world;
	struct sim_row *row = row_of(world, cause->refresh);
	size_t i = 0;
	while (i < row->cause_count && (row->causes[i].event != cause->event ||
					       strcmp(row->causes[i].rule, cause->rule) != 0))
		i++;
	if (i == CAUSES) {
		wrong(world, "more than %d causes", CAUSES);
		return true;
	}
	row->causes[i] = *cause;
	row->causes[i].rule = rule_names[cause->rule[5] - '0'];
	row->cause_count += i == row->cause_count;
	return store_put_cause(tee_of(store)->memory, cause, err);
}

static bool tee_put_spent(struct store *store, const struct spent *spent, struct error *err)
{
	return store_put_spent(tee_of(store)->memory, spent, err);
}

static bool tee_put_pause(struct store *store, const char *site, const char *by, struct error *err)
{
	return store_put_pause(tee_of(store)->memory, site, by, err);
}

static bool tee_add_command(struct store *store, const struct command_row *row, struct error *err)
{
	return store_add_command(tee_of(store)->memory, row, err);
}

static bool tee_load_open_selections(struct store *store, const char *site, selected_visit *visit,
	void *context, struct error *err)
{
	return store_load_open_selections(tee_of(store)->memory, site, visit, context, err);
}

static bool tee_load_namings(struct store *store, const char *site, int64_t refresh,
	selected_visit *visit, void *context, struct error *err)
{
	struct store *memory = tee_of(store)->memory;
	return refresh ? store_namings_of_refresh(memory, refresh, visit, context, err)
		       : store_load_namings(memory, site, visit, context, err);
}

static bool tee_load_refreshes(struct store *store, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err)
{
	return store_load_refreshes(tee_of(store)->memory, site, since, visit, context, err);
}

static bool tee_load_spent(
	struct store *store, const char *site, spent_visit *visit, void *context, struct error *err)
{
	return store_load_spent(tee_of(store)->memory, site, visit, context, err);
}

static bool tee_load_pauses(
	struct store *store, const char *site, pause_visit *visit, void *context, struct error *err)
{
	return store_load_pauses(tee_of(store)->memory, site, visit, context, err);
}

static bool tee_take_refresh_ids(struct store *store, struct refresh_ids *ids, struct error *err)
{
	return store_take_refresh_ids(tee_of(store)->memory, ids, err);
}

static int64_t tee_last_stamp(const struct store *store)
{
	return store_last_stamp(tee_of(store)->memory);
}

static const struct store_driver tee_driver = {
	.scheme = "tee:",
	.close = tee_close,
	.begin = tee_begin,
	.commit = tee_commit,
	.rollback = tee_rollback,
	.add_event = tee_add_event,
	.end_selection = tee_end_selection,
	.put_refresh = tee_put_refresh,
	.put_cause = tee_put_cause,
	.put_spent = tee_put_spent,
	.put_pause = tee_put_pause,
	.add_command = tee_add_command,
	.load_namings = tee_load_namings,
	.load_open_selections = tee_load_open_selections,
	.load_refreshes = tee_load_refreshes,
	.load_spent = tee_load_spent,
	.load_pauses = tee_load_pauses,
	.take_refresh_ids = tee_take_refresh_ids,
	.last_stamp = tee_last_stamp,
};

#define NAME "simulated"

void disk_open(struct world *world)
{
	struct error err;
	struct tee *tee = calloc(1, sizeof *tee);
	tee->store.driver = &tee_driver;
	tee->world = world;
	tee->memory =
		store_open(&(struct store_address){ .url = "memory:" NAME }, STORE_WRITE, &err);
	world->disk = &tee->store;
	if (!tee->memory)
		wrong(world, "%s", err.message);
}

void disk_close(struct world *world)
{
	store_close(world->disk);
	world->disk = NULL;
	world->writing = NULL;
}

void disk_forget(void)
{
	memory_forget(NAME);
}

struct tables *disk_copy(void)
{
	return memory_copy(NAME);
}

void disk_put_back(const struct tables *copy)
{
	memory_put_back(NAME, copy);
}

/* ---- writing ---- */

static void write_entry(struct world *world, struct journal_entry *entry)
{
	struct error err;
	if (!store_begin(world->disk, &err) || !entry->apply(entry, world->disk, &err) ||
		!store_commit(world->disk, &err))
		wrong(world, "%s", err.message);
	if (!world->is_dropped)
		oracle_committed(world, world->writing_generation);
}

static bool add(struct journal *journal, struct journal_entry *entry)
{
	struct world *world = journal->world;
	if (world->is_dying)
		return false;
	if (world->writing && world->writing != entry)
		wrong(world, "two batches are at the journal at once");
	if (world->writing != entry) /* else it is written again */
		world->writing_generation = world->generation++;
	world->writing = entry;
	int64_t takes = chance(world, FAULT_SLOW_DISK, 10) ? between(world, SECOND, SLOWEST_DISK)
							   : between(world, 1000, 20000);
	later(world, world->now + takes, PENDING_COMMIT)->life = world->life;
	return true;
}

const struct edge_journal sim_journal = { .add = add };

void disk_commit(struct world *world)
{
	struct error err = { .kind = ERROR_SYSTEM, .message = "the disk is full" };
	struct journal_entry *entry = world->writing;
	bool is_full = chance(world, FAULT_DISK_FULL, 2);
	world->is_dropped |= is_full && world->is_lost;
	if (!is_full) {
		write_entry(world, entry);
		world->writing = NULL;
		daemon_durable(world);
	}
	entry->done(entry, !is_full, &err);
	daemon_step(world);
}

void disk_tear(struct world *world)
{
	if (world->writing && between(world, 0, 1))
		write_entry(world, world->writing);
}

/* ---- events ---- */

void disk_add_event(struct world *world, int number)
{
	struct run *run = &world->runs[number];
	struct error err;
	int64_t open[SELECTIONS] = { 0 };
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	struct event_row row = { .source = "dbt",
		.webhook_id = "",
		.event_id = "",
		.received_at = instant_of(world).wall,
		.finished_at = run->told,
		.outcome = "routed",
		.open_count = (size_t)run->wish_count,
		.open = open };
	for (int i = 0; i < run->wish_count; i++) {
		text_add(&list, i ? "," : "[");
		text_add(&list, run->kept[i]);
		open[i] = i;
	}
	text_add(&list, "]");
	row.selections = list.at;
	if (!store_begin(world->disk, &err) ||
		store_add_event(world->disk, &row, run->selection_ids, &err) != ADDED_NEW ||
		!store_commit(world->disk, &err))
		wrong(world, "%s", err.message);
	run->id = row.id;
	run->stamp = row.stamp;
	for (int i = 0; i < run->wish_count; i++)
		world->store.open[number][i] = true;
}
