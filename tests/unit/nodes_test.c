/*
 * tests/unit/nodes_test.c - several nodes on one PostgreSQL: leases, claims, and what only an owner
 * may write.
 */
#include "store/nodes.h"
#include "tests/unit/store_drivers.h"
#include <pthread.h>

#define LONG (60 * US_PER_SECOND)

/* Ids are drawn at random; here they are known by the order of joining, from 1. */
static int64_t joined[64];
static size_t joined_count;

static int number_of(int64_t node)
{
	for (size_t i = 0; i < joined_count; i++)
		if (joined[i] == node)
			return (int)i + 1;
	return 0;
}

static int64_t join(struct store *store, const char *name, int64_t lease)
{
	struct node_row self = { .name = name, .version = "1", .ruleset = "" };
	struct error err = { 0 };

	must(nodes_join(store, &self, lease, &err));
	assert_int_equal(number_of(self.id), 0);
	assert_true(joined_count < sizeof joined / sizeof *joined);
	joined[joined_count++] = self.id;
	return self.id;
}

static bool is_renewed(struct store *store, int64_t node, int64_t lease)
{
	struct node_row self = { .id = node, .name = "", .version = "", .ruleset = "sha256:aa" };
	struct error err = { 0 };
	bool is_alive = false;

	must(nodes_renew(store, &self, lease, &is_alive, &err));
	return is_alive;
}

static bool is_claimed(struct store *store, const char *site, int64_t node, int64_t epoch)
{
	struct error err = { 0 };
	bool is_ours = false;

	must(nodes_claim(store, site, node, epoch, &is_ours, &err));
	return is_ours;
}

static bool see_node(const struct node_row *row, void *context)
{
	char more[100];

	snprintf(more, sizeof more, "%s%s%s%s ", row->name, row->left > 0 ? "+" : "-",
		row->is_draining ? " drains" : "", row->ruleset);
	seen_add(context, more);
	return true;
}

static bool see_owner(const struct owner_row *row, void *context)
{
	char more[100];

	snprintf(more, sizeof more, "%s=%d/%lld", row->site, number_of(row->node),
		(long long)row->epoch);
	seen_add(context, more);
	if (row->wanted) {
		snprintf(more, sizeof more, ">%d", number_of(row->wanted));
		seen_add(context, more);
	}
	seen_add(context, " ");
	return true;
}

#define assert_nodes(store, expected)                                                              \
	do {                                                                                       \
		struct seen seen_ = { .text = "" };                                                \
		struct error err_ = { 0 };                                                         \
		assert_true(nodes_read((store), see_node, see_owner, &seen_, &err_));              \
		assert_string_equal(seen_.text, (expected));                                       \
	} while (0)

/* A writer, so that there are tables, and a connection for nodes. */
static struct store *share(void)
{
	joined_count = 0;
	store_close(open_store(STORE_WRITE));
	return open_store(STORE_SHARE);
}

/* ---- leases ---- */

static void a_store_of_one_process_has_no_nodes(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct error err = { 0 };
	bool is_ours = false;

	(void)state;
	assert_false(nodes_are_possible(store));
	must(store_begin(store, &err));
	must(store_guard(store, "finance", &is_ours, &err));
	assert_true(is_ours);
	store_rollback(store);
}

static void a_lease_that_has_run_out_is_over_for_good(void **state)
{
	OWNED(store) store = share();
	struct error err = { 0 };

	(void)state;
	assert_true(nodes_are_possible(store));
	int64_t a = join(store, "a", LONG), b = join(store, "b", LONG);
	assert_true(is_renewed(store, a, LONG));
	assert_nodes(store, "a+sha256:aa b+ ");
	assert_true(is_renewed(store, a, 1)); /* a microsecond later it has run out */
	assert_false(is_renewed(store, a, LONG));
	assert_nodes(store, "a-sha256:aa b+ ");
	must(nodes_leave(store, b, &err));
	assert_false(is_renewed(store, b, LONG));
	join(store, "a", LONG); /* another life */
}

/* ---- owners ---- */

static void a_site_is_claimed_from_an_owner_whose_lease_has_run_out(void **state)
{
	OWNED(store) store = share();

	(void)state;
	int64_t a = join(store, "a", LONG), b = join(store, "b", LONG);
	assert_true(is_claimed(store, "finance", a, 0));
	assert_false(is_claimed(store, "finance", b, 0)); /* its epoch is 1 */
	assert_false(is_claimed(store, "finance", b, 1)); /* its owner is alive */
	assert_nodes(store, "a+ b+ finance=1/1 ");
	assert_true(is_renewed(store, a, 1));
	assert_false(is_claimed(store, "finance", a, 1)); /* its own lease has run out */
	assert_true(is_claimed(store, "finance", b, 1));
	assert_false(is_claimed(store, "finance", b, 1));
	assert_nodes(store, "a-sha256:aa b+ finance=2/2 ");
}

static void a_site_that_is_given_back_may_be_claimed_at_once(void **state)
{
	OWNED(store) store = share();
	struct error err = { 0 };
	bool is_known = false;

	(void)state;
	int64_t a = join(store, "a", LONG), b = join(store, "b", LONG);
	assert_true(is_claimed(store, "finance", a, 0));
	assert_true(is_claimed(store, "board", a, 0));
	must(nodes_want(store, "board", b, &is_known, &err));
	assert_true(is_known);
	must(nodes_want(store, "nowhere", b, &is_known, &err));
	assert_false(is_known);
	assert_nodes(store, "a+ b+ board=1/1>2 finance=1/1 ");
	must(nodes_release(store, "board", a, 7, &err)); /* another epoch: nothing */
	assert_false(is_claimed(store, "board", b, 1));
	must(nodes_release(store, "board", a, 1, &err));
	assert_true(is_claimed(store, "board", b, 1)); /* and stays there */
	assert_nodes(store, "a+ b+ board=2/2>2 finance=1/1 ");
	must(nodes_leave(store, a, &err)); /* a clean stop gives everything back */
	assert_nodes(store, "a- b+ board=2/2>2 finance=0/1 ");
	assert_true(is_claimed(store, "finance", b, 1));
}

struct claimer {
	int64_t node;
	const char *url;
	bool is_ours;
};

static void *claim_too(void *context)
{
	struct claimer *claimer = context;
	struct error err = { 0 };
	OWNED(store)
	store = store_open(&(struct store_address){ .url = claimer->url }, STORE_SHARE, &err);

	must(store != NULL);
	claimer->is_ours = is_claimed(store, "finance", claimer->node, 0);
	return NULL;
}

static void of_two_that_claim_at_once_one_gets_the_site(void **state)
{
	OWNED(store) store = share();
	struct claimer claimers[8];
	pthread_t threads[8];
	int owners = 0;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		claimers[i] = (struct claimer){ join(store, "n", LONG), folder.url, false };
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, claim_too, &claimers[i]), 0);
	for (size_t i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		owners += claimers[i].is_ours;
	}
	assert_int_equal(owners, 1);
}

/* ---- what only an owner may do ---- */

static bool is_guarded(struct store *store, const char *site)
{
	struct error err = { 0 };
	bool is_ours = false;

	must(store_guard(store, site, &is_ours, &err));
	return is_ours;
}

static void only_the_owner_of_a_site_passes_its_guard(void **state)
{
	OWNED(store) writer = open_store(STORE_WRITE);
	OWNED(store) store = open_store(STORE_SHARE);
	struct error err = { 0 };

	(void)state;
	int64_t a = join(store, "a", LONG), b = join(store, "b", LONG);
	assert_true(is_claimed(store, "finance", a, 0));
	store_own(writer, a, "finance", 1);
	store_own(writer, a, "board", 1); /* as it believes */
	must(store_begin(writer, &err));
	assert_true(is_guarded(writer, "finance"));
	assert_false(is_guarded(writer, "board"));
	assert_false(is_guarded(writer, "nowhere"));
	must(store_commit(writer, &err));

	/* what was begun with an earlier epoch is over, also when the site came back */
	must(nodes_release(store, "finance", a, 1, &err));
	assert_true(is_claimed(store, "finance", a, 1));
	must(store_begin(writer, &err));
	assert_false(is_guarded(writer, "finance"));
	must(store_commit(writer, &err));
	store_own(writer, a, "finance", 2);
	must(nodes_release(store, "finance", a, 2, &err));
	assert_true(is_claimed(store, "finance", b, 2));
	must(store_begin(writer, &err));
	assert_false(is_guarded(writer, "finance"));
	must(store_commit(writer, &err));
}

struct taking {
	struct store *store;
	int64_t node;
	bool is_ours;
	pid_t waits;
};

static void *claim_from(void *context)
{
	struct taking *taking = context;

	taking->is_ours = is_claimed(taking->store, "finance", taking->node, 1);
	return NULL;
}

/* The old owner is in the middle of a commit when its lease runs out: the new one waits for it, and
 * so reads what was written. */
static void a_claim_waits_for_what_the_owner_is_writing(void **state)
{
	OWNED(store) writer = open_store(STORE_WRITE);
	OWNED(store) store = open_store(STORE_SHARE);
	struct error err = { 0 };
	pthread_t thread;

	(void)state;
	int64_t a = join(store, "a", LONG);
	struct taking taking = { .store = store, .node = join(store, "b", LONG) };
	assert_true(is_claimed(store, "finance", a, 0));
	store_own(writer, a, "finance", 1);
	must(store_begin(writer, &err));
	assert_true(is_guarded(writer, "finance"));
	assert_true(is_renewed(store, a, 1));
	assert_int_equal(pthread_create(&thread, NULL, claim_from, &taking), 0);
	server_do(store_database(),
		"DO 'BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type"
		" = ''Lock'' AND datname = current_database()) LOOP ASSERT"
		" clock_timestamp() < now() + interval ''20 s''; PERFORM pg_stat_clear_snapshot(); "
		"END LOOP; END'");
	struct refresh_row row = refresh_of(2, REFRESH_SENDING, "l");
	must(store_put_refresh(writer, &row, &err));
	must(store_commit(writer, &err));
	pthread_join(thread, NULL);
	assert_true(taking.is_ours);
	assert_refreshes(store, "2()", .limit = 0);
}

/* It was stopped in the middle of a transaction (SIGSTOP, or a machine that sleeps). */
static void a_claim_waits_for_a_stopped_owner_no_longer_than_its_lease(void **state)
{
	OWNED(store) writer = open_store(STORE_WRITE);
	OWNED(store) store = open_store(STORE_SHARE);
	struct error err = { 0 };
	struct mono until = mono_plus(clock_mono(), 20 * US_PER_SECOND);
	bool is_ours = false;

	(void)state;
	int64_t a = join(store, "a", LONG), b = join(store, "b", LONG);
	assert_true(is_claimed(store, "finance", a, 0));
	store_own(writer, a, "finance", 1);
	must(store_begin(writer, &err));
	assert_true(is_guarded(writer, "finance"));
	assert_true(is_renewed(store, a, 1));
	while (!nodes_claim(store, "finance", b, 1, &is_ours, &err) || !is_ours)
		assert_true(clock_mono().us < until.us);
	assert_false(store_commit(writer, &err));
}

static void add_at(struct store *store, const char *event_id)
{
	struct event_row row = event_of(event_id);

	row.open_count = 2;
	add(store, row);
}

static void take(struct store *store, const char *site, bool is_anew, const char *expected)
{
	struct seen seen = { .text = "" };
	struct error err = { 0 };

	must(store_begin(store, &err));
	must(store_take_selections(store, &site, 1, is_anew, see_selected, &seen, &err));
	must(store_commit(store, &err));
	assert_string_equal(seen.text, expected);
}

static bool is_to_be_taken(struct store *store, int64_t node)
{
	struct error err = { 0 };
	bool is_so = false;

	must(nodes_have_selections(store, node, &is_so, &err));
	return is_so;
}

static void each_selection_is_taken_by_its_sites_owner(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	OWNED(store) shared = open_store(STORE_SHARE);
	const char *finance = "1:{\"site\":\"finance\"}@900";
	struct error err = { 0 };

	(void)state;
	int64_t a = join(shared, "a", LONG), b = join(shared, "b", LONG);
	assert_true(is_claimed(shared, "finance", a, 0));
	assert_true(is_claimed(shared, "board", a, 0));
	add_at(store, "wev_1");
	store_own(store, a, "finance", 1);
	take(store, "finance", false, finance);
	take(store, "finance", false, "");
	take(store, "it's \"odd\" \\", false, "");
	take(store, "board", false, ""); /* whose epoch this process does not know */
	store_own(store, a, "board", 1);
	take(store, "board", false, "1:{\"site\":\"board\"}@900");
	take(store, "finance", true, finance); /* as if it had left the site, and come back */

	assert_false(is_to_be_taken(shared, a));
	add_at(store, "wev_2");
	assert_true(is_to_be_taken(shared, a));
	assert_false(is_to_be_taken(shared, b));
	must(nodes_release(shared, "finance", a, 1, &err));
	take(store, "finance", false, ""); /* it may be another's now */
	assert_true(is_claimed(shared, "finance", b, 1));
	take(store, "finance", true, "");
	store_own(store, b, "finance", 2); /* the next life */
	take(store, "finance", false, "3:{\"site\":\"finance\"}@900");
	take(store, "finance", false, "");
	take(store, "finance", true, "1:{\"site\":\"finance\"}@900 3:{\"site\":\"finance\"}@900");
}

static bool count_selected(const struct selected_row *row, void *context)
{
	*(size_t *)context += row->count;
	return true;
}

static void more_than_fit_one_statement_are_taken_all(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	OWNED(store) shared = open_store(STORE_SHARE);
	static int64_t many[5000];
	struct event_row row = event_of("wev_1");
	const char *site = "";
	size_t count = 0;
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		many[i] = (int64_t)i + 2; /* past the end of the list: of no site */
	row.open = many;
	row.open_count = 5000;
	add(store, row);
	int64_t a = join(shared, "a", LONG);
	assert_true(is_claimed(shared, "", a, 0));
	store_own(store, a, "", 1);
	for (int is_anew = 0; is_anew < 2; is_anew++) {
		count = 0;
		must(store_begin(store, &err));
		must(store_take_selections(store, &site, 1, is_anew, count_selected, &count, &err));
		must(store_commit(store, &err));
		assert_int_equal(count, 5000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		local_store_test(a_store_of_one_process_has_no_nodes),
		postgresql_store_test(a_lease_that_has_run_out_is_over_for_good),
		postgresql_store_test(a_site_is_claimed_from_an_owner_whose_lease_has_run_out),
		postgresql_store_test(a_site_that_is_given_back_may_be_claimed_at_once),
		postgresql_store_test(of_two_that_claim_at_once_one_gets_the_site),
		postgresql_store_test(only_the_owner_of_a_site_passes_its_guard),
		postgresql_store_test(a_claim_waits_for_what_the_owner_is_writing),
		postgresql_store_test(a_claim_waits_for_a_stopped_owner_no_longer_than_its_lease),
		postgresql_store_test(each_selection_is_taken_by_its_sites_owner),
		postgresql_store_test(more_than_fit_one_statement_are_taken_all),
	};

	return cmocka_run_group_tests_name("nodes", tests, server_start, server_stop);
}
