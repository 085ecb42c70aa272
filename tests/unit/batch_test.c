/*
 * tests/unit/batch_test.c - of a batch, nothing is written about a site that belongs to another
 * node by now, and everything about the others.
 */
#include "dispatch/batch.h"
#include "store/nodes.h"
#include "tests/unit/store_drivers.h"

struct wrote {
	bool is_written, committed;
};

/* The journal, without its thread. */
static bool write_now(struct journal *journal, struct journal_entry *entry)
{
	struct store *store = (struct store *)(void *)journal;
	struct error err = { 0 };

	must(store_begin(store, &err));
	must(entry->apply(entry, store, &err));
	/* it may be tried again, alone */
	store_rollback(store);
	must(store_begin(store, &err));
	must(entry->apply(entry, store, &err));
	must(store_commit(store, &err));
	entry->done(entry, true, &err);
	return true;
}

static void take_result(bool committed, void *context)
{
	*(struct wrote *)context = (struct wrote){ true, committed };
}

static struct batch *batch_of_two_sites(void)
{
	struct batch *batch = batch_new();
	struct refresh_row finance = refresh_of(2, REFRESH_SENDING, "l");
	struct refresh_row board = refresh_of(4, REFRESH_SENDING, "m");
	struct cause_row cause = { .refresh = 2, .event = 1, .rule = "r" };
	struct command_row command = { .who = "ann", .verb = "retry", .subject = 2, .site = "" };

	board.site = "board";
	batch_record(batch, &finance);
	batch_cause(batch, "finance", &cause);
	cause.refresh = 4;
	batch_record(batch, &board);
	batch_cause(batch, "board", &cause);
	batch_spent(batch, &(struct spent){ "finance", SPENT_STARTS, { 10 }, 1 });
	batch_spent(batch, &(struct spent){ "board", SPENT_STARTS, { 10 }, 1 });
	batch_command(batch, &command);
	batch_send(batch, "finance", 2, 0);
	batch_send(batch, "board", 4, 0);
	return batch;
}

static void write_batch(struct store *store, struct batch *batch)
{
	static const struct edge_journal journal = { .add = write_now };
	struct wrote wrote = { 0 };
	struct edge edge = { .keep = &journal,
		.journal = (struct journal *)(void *)store,
		.written = take_result,
		.context = &wrote };

	assert_true(batch_write(batch, &edge));
	assert_true(wrote.is_written && wrote.committed);
}

static void where_one_process_writes_all_is_written(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	OWNED(batch) batch = batch_of_two_sites();
	size_t count;

	(void)state;
	write_batch(store, batch);
	batch_lost(batch, &count);
	assert_int_equal(count, 0);
	assert_refreshes(store, "4(1/r) 2(1/r)", .limit = 0);
}

#ifdef HAVE_POSTGRESQL
static bool see_site(const struct spent *spent, void *context)
{
	seen_add(context, spent->site);
	return true;
}

static int64_t own(struct store *nodes, struct store *writer, const char *site)
{
	struct node_row self = { .name = "a", .version = "1", .ruleset = "" };
	struct error err = { 0 };
	bool is_ours = false;

	must(nodes_join(nodes, &self, 60 * US_PER_SECOND, &err));
	must(nodes_claim(nodes, site, self.id, 0, &is_ours, &err));
	assert_true(is_ours);
	store_own(writer, self.id, site, 1);
	return self.id;
}

static void what_is_of_a_site_of_another_node_is_not_written(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	OWNED(store) nodes = open_store(STORE_SHARE);
	OWNED(batch) batch = batch_of_two_sites();
	struct seen spent = { .text = "" };
	struct error err = { 0 };
	size_t count;

	(void)state;
	int64_t node = own(nodes, store, "board");
	store_own(store, node, "finance", 1); /* as it believes */
	write_batch(store, batch);
	const char *const *lost = batch_lost(batch, &count);
	assert_int_equal(count, 1);
	assert_string_equal(lost[0], "finance");
	assert_true(batch_has_lost(batch, "finance"));
	assert_false(batch_has_lost(batch, "board"));
	assert_refreshes(store, "4(1/r)", .limit = 0);
	must(store_load_spent(store, NULL, see_site, &spent, &err));
	assert_string_equal(spent.text, "board");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		every_store_test(where_one_process_writes_all_is_written),
#ifdef HAVE_POSTGRESQL
		postgresql_store_test(what_is_of_a_site_of_another_node_is_not_written),
#endif
	};

	return cmocka_run_group_tests_name("batches", tests, drivers_start, drivers_stop);
}
