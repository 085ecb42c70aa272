/* tests/unit/dispatch_test.c - the dispatch thread takes sites and gives them back. The only site
 * has no secret, so that nothing is sent. */
#include "base/log/log.h"
#include "dispatch/dispatch.h"
#include "tests/unit/store_folder.h"
#include <semaphore.h>
#include <time.h>

#define DEADLINE 20 /* seconds */

static struct {
	struct dispatch *dispatch;
	struct journal *journal;
	sem_t told;
	bool is_done;
	char lost[32];
} world;

static void config_gone(struct shared *shared)
{
	struct config *config = (struct config *)(void *)shared;
	arena_free(config->arena);
}

static struct config *config_of_test(void)
{
	struct arena *arena = arena_new();
	struct config *config = arena_new_of(arena, struct config);
	struct config_site *site = arena_new_of(arena, struct config_site);
	config->arena = arena;
	shared_init(&config->shared, config_gone);
	*site = (struct config_site){ .name = "finance",
		.server = "http://127.0.0.1:1",
		.content_url = "",
		.pat = { .name = "refresh-router",
			.secret = { .from = SECRET_FROM_ENV, .name = "TEST_NO_SUCH_SECRET" } },
		.api_version = "3.25",
		.max_requests = 8 };
	config->sites = (struct list){ 1, site };
	config->give_up_after = 3600 * US_PER_SECOND;
	config->limits.waiting_refreshes = 100;
	return config;
}

static void lost(const char *site, void *context)
{
	(void)context;
	snprintf(world.lost, sizeof world.lost, "%s", site);
	sem_post(&world.told);
}

static int start(void **state)
{
	static const struct dispatch_sharing sharing = { .lost = lost };
	struct error err = { 0 };
	if (store_memory_setup(state))
		return -1;
	struct store *store = open_store(STORE_WRITE);
	struct config *config = config_of_test();
	struct refresh_row row = refresh_of(2, REFRESH_WAITING, "l");
	must(store_begin(store, &err));
	must(store_put_refresh(store, &row, &err));
	must(store_commit(store, &err));
	sem_init(&world.told, 0, 0);
	world.dispatch = dispatch_new(config, false, &err);
	config_free(config);
	must(world.dispatch != NULL);
	must(dispatch_load_nothing(world.dispatch, store, &sharing, &err));
	world.journal = journal_start(store, 100, &err);
	must(world.journal != NULL);
	must(dispatch_start(world.dispatch, world.journal, &err));
	return 0;
}

static int stop(void **state)
{
	dispatch_stop(world.dispatch, US_PER_SECOND);
	journal_stop(world.journal);
	dispatch_free(world.dispatch);
	sem_destroy(&world.told);
	return store_folder_teardown(state);
}

static void left(struct dispatch_leaving *leaving, bool is_done)
{
	free(leaving);
	world.is_done = is_done;
	sem_post(&world.told);
}

static void wait_until_told(void)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE;
	assert_int_equal(sem_timedwait(&world.told, &until), 0);
}

/* Returns what was told. */
static bool leave(bool is_lost)
{
	struct dispatch_leaving *leaving = mem_new(struct dispatch_leaving);
	*leaving = (struct dispatch_leaving){
		.site = "finance", .is_lost = is_lost, .us = US_PER_SECOND, .done = left
	};
	dispatch_leave(world.dispatch, leaving);
	wait_until_told();
	return world.is_done;
}

static void adopt(void)
{
	struct error err = { 0 };
	OWNED(store) reader = open_store(STORE_READ);
	struct site_work *work = site_work_new("finance");
	must(site_work_load(work, reader, (struct wall){ 0 }, &err));
	must(site_work_load_selections(work, reader, &err));
	dispatch_adopt(world.dispatch, work);
}

static void wait_for_open(int64_t open)
{
	struct mono until = mono_plus(clock_mono(), DEADLINE * US_PER_SECOND);
	for (int64_t seen = -1; seen != open;) {
		OWNED(dispatch_status) status = dispatch_latest_status(world.dispatch);
		seen = status ? status->counts.open : -1;
		assert_true(clock_mono().us < until.us);
	}
}

static void a_site_is_adopted_and_left_and_adopted_again(void **state)
{
	(void)state;
	wait_for_open(0);
	for (int i = 0; i < 3; i++) {
		adopt();
		wait_for_open(1);
		assert_true(leave(i % 2));
		wait_for_open(0);
	}
}

/* The store's server does not answer, so that the node's lease may have run out. */
static void what_it_has_is_left_when_nobody_trusts_it_any_more(void **state)
{
	(void)state;
	dispatch_trust(world.dispatch, mono_plus(clock_mono(), 200 * US_PER_MS));
	adopt();
	wait_until_told();
	assert_string_equal(world.lost, "finance");
	wait_for_open(0);
	dispatch_trust(world.dispatch, mono_plus(clock_mono(), 60 * US_PER_SECOND));
	adopt();
	wait_for_open(1);
}

static void what_it_does_not_have_is_left_at_once(void **state)
{
	(void)state;
	assert_true(leave(false));
	assert_true(leave(true));
}

static void after_a_stop_nothing_is_left_or_adopted(void **state)
{
	(void)state;
	dispatch_stop(world.dispatch, US_PER_SECOND);
	adopt();
	assert_false(leave(false));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(a_site_is_adopted_and_left_and_adopted_again),
		TEST(what_it_has_is_left_when_nobody_trusts_it_any_more),
		TEST(what_it_does_not_have_is_left_at_once),
		TEST(after_a_stop_nothing_is_left_or_adopted),
	};
	return cmocka_run_group_tests_name("dispatch thread", tests, NULL, NULL);
}
