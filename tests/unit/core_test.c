/* tests/unit/core_test.c - the dispatcher without its thread, against a journal that is scripted.
 */
#include "base/log.h"
#include "dispatch/core.h"
#include "tests/unit/store_folder.h"

static struct {
	struct core *core;
	struct store *store;
	struct journal_entry *entry; /* at the journal; NULL: none */
	int entries, answers;
	struct asked asked;
	struct mono now;
} world;

/* ---- the edge ---- */

static bool take(struct journal *journal, struct journal_entry *entry)
{
	(void)journal;
	assert_null(world.entry);
	world.entry = entry;
	world.entries++;
	return true;
}

static bool configure(struct tableau *tableau, struct config *config, struct error *err)
{
	(void)tableau, (void)config, (void)err;
	return true;
}

static struct instant now(void *clock)
{
	(void)clock;
	return (struct instant){ { 1800000000 * US_PER_SECOND + world.now.us }, world.now };
}

static void written(bool committed, void *context)
{
	(void)context;
	core_written(world.core, committed);
}

static const struct edge_tableau ask = { .configure = configure };
static const struct edge_journal keep = { .add = take };
static const struct edge_clock clock_of_test = { .now = now };
static const struct edge edge = {
	.ask = &ask, .keep = &keep, .time = &clock_of_test, .written = written
};

/* What the journal says of what it was given. */
static void journal_says(bool committed)
{
	struct error err = { .message = "the disk is full" };
	struct journal_entry *entry = world.entry;
	assert_non_null(entry);
	world.entry = NULL;
	entry->done(entry, committed, &err);
}

static void config_gone(struct shared *shared)
{
	struct config *config = (struct config *)(void *)shared;
	arena_free(config->arena);
}

static int start(void **state)
{
	struct error err = { 0 };
	struct arena *arena = arena_new();
	struct config *config = arena_new_of(arena, struct config);
	struct config_site *site = arena_new_of(arena, struct config_site);
	if (store_memory_setup(state))
		return -1;
	memset(&world, 0, sizeof world);
	world.now.us = 3600 * US_PER_SECOND;
	config->arena = arena;
	shared_init(&config->shared, config_gone);
	*site = (struct config_site){ .name = "finance", .max_requests = 8 };
	config->sites = (struct list){ 1, site };
	config->give_up_after = 3600 * US_PER_SECOND;
	world.store = open_store(STORE_WRITE);
	world.core = core_new(&edge, config, 1, false);
	config_free(config);
	return core_load(world.core, world.store, &err) ? 0 : -1;
}

static int stop(void **state)
{
	core_refuse_waiting(world.core);
	core_free(world.core);
	store_close(world.store);
	return store_folder_teardown(state);
}

static void answered(struct dispatch_command *command)
{
	world.answers++;
	world.asked = command->asked;
}

/* Something that is to be kept: a person pauses the site. */
static void pause_site(void)
{
	static struct dispatch_command command;
	command = (struct dispatch_command){
		.verb = DISPATCH_PAUSE, .site = "finance", .who = "somebody", .done = answered
	};
	core_command(world.core, &command);
	core_step(world.core);
}

/* ---- stopping ---- */

static void a_stop_waits_for_what_is_at_the_journal(void **state)
{
	(void)state;
	pause_site();
	core_stop(world.core);
	core_step(world.core);
	assert_false(core_is_quiet(world.core));
	journal_says(true);
	assert_true(core_is_quiet(world.core));
	assert_int_equal(world.answers, 1);
	assert_int_equal(world.asked.consent, CONSENT_YES);
}

static void a_stop_does_not_wait_for_a_journal_that_cannot_write(void **state)
{
	(void)state;
	pause_site();
	journal_says(false);
	core_stop(world.core); /* a last try, at once: there may be room by now */
	assert_int_equal(world.entries, 2);
	assert_false(core_is_quiet(world.core));
	journal_says(false);
	assert_true(core_is_quiet(world.core));
	core_refuse_waiting(world.core);
	assert_int_equal(world.answers, 1);
	assert_int_equal(world.asked.consent, CONSENT_NO);
}

/* It fails when it is stopping already: while answers of Tableau are waited for, it is tried again.
 */
static void a_journal_that_fails_during_a_stop_is_tried_again_and_not_waited_for(void **state)
{
	(void)state;
	pause_site();
	core_stop(world.core);
	journal_says(false);
	assert_true(core_is_quiet(world.core));
	world.now = mono_plus(world.now, 2 * US_PER_SECOND);
	core_step(world.core);
	assert_int_equal(world.entries, 2);
	journal_says(true);
	assert_true(core_is_quiet(world.core));
	assert_int_equal(world.asked.consent, CONSENT_YES);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(a_stop_waits_for_what_is_at_the_journal),
		TEST(a_stop_does_not_wait_for_a_journal_that_cannot_write),
		TEST(a_journal_that_fails_during_a_stop_is_tried_again_and_not_waited_for),
	};
	return cmocka_run_group_tests_name("dispatch core", tests, NULL, NULL);
}
