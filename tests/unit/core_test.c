/* tests/unit/core_test.c - the dispatcher without its thread, against a journal that is scripted.
 */
#include "base/log/log.h"
#include "dispatch/core.h"
#include "tests/unit/store_folder.h"

static struct {
	struct core *core;
	struct store *store;
	struct journal_entry *entry; /* at the journal; NULL: none */
	int entries, answers;
	struct asked asked;
	struct mono now;
	/* Tableau is asked, and has not answered: */
	done *greeted;
	resolve_done *resolved;
	job_done *accepted;
	void *context;
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

static void greet(struct tableau *tableau, const char *site, done *callback, void *context)
{
	(void)tableau;
	assert_string_equal(site, "finance");
	world.greeted = callback;
	world.context = context;
}

static void resolve(struct tableau *tableau, const struct selection *selection, bool uncached,
	resolve_done *callback, void *context)
{
	(void)tableau, (void)uncached;
	assert_string_equal(selection->selector, "Revenue");
	world.resolved = callback;
	world.context = context;
}

static void forget(struct tableau *tableau, const char *site, const char *luid)
{
	(void)tableau, (void)site, (void)luid;
}

static bool contradicts(struct tableau *tableau, const char *site, const struct content *content)
{
	(void)tableau, (void)site, (void)content;
	return false;
}

static void refresh(struct tableau *tableau, const char *site, const struct content *content,
	bool incremental, job_done *callback, void *context)
{
	(void)tableau, (void)site, (void)incremental;
	assert_string_equal(content->luid, "l");
	world.accepted = callback;
	world.context = context;
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

static const struct edge_tableau ask = {
	.configure = configure,
	.greet = greet,
	.resolve = resolve,
	.forget = forget,
	.contradicts = contradicts,
	.refresh = refresh,
};
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

static void start_core(void)
{
	struct error err = { 0 };
	struct arena *arena = arena_new();
	struct config *config = arena_new_of(arena, struct config);
	struct config_site *site = arena_new_of(arena, struct config_site);
	config->arena = arena;
	shared_init(&config->shared, config_gone);
	*site = (struct config_site){ .name = "finance", .max_requests = 8 };
	config->sites = (struct list){ 1, site };
	config->give_up_after = 3600 * US_PER_SECOND;
	world.core = core_new(&edge, config, 1, false);
	config_free(config);
	must(core_load(world.core, world.store, &err));
}

static int start(void **state)
{
	if (store_memory_setup(state))
		return -1;
	memset(&world, 0, sizeof world);
	world.now.us = 3600 * US_PER_SECOND;
	world.store = open_store(STORE_WRITE);
	start_core();
	return 0;
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

/* ---- a start ---- */

/* A refresh that waits, of an event that came so long ago and named its content. */
static void owe_a_refresh(int64_t age_us)
{
	struct error err = { 0 };
	struct event_row event = event_of("wev_1");
	struct refresh_row row = refresh_of(2, REFRESH_WAITING, "l");
	struct wall came = { now(NULL).wall.us - age_us };
	int64_t selection;
	event.received_at = came;
	event.selections = "[{\"site\":\"finance\",\"kind\":\"workbook\",\"name\":\"Revenue\","
			   "\"rules\":[\"nightly\"]}]";
	row.created_at = came;
	row.patience = 3600 * US_PER_SECOND;
	must(store_begin(world.store, &err));
	must(store_add_event(world.store, &event, &selection, &err) == ADDED_NEW);
	must(store_end_selection(world.store, selection, &err));
	struct cause_row cause = { .refresh = 2,
		.event = event.id,
		.rule = "nightly",
		.selection = selection,
		.after = event.stamp,
		.arrived_at = came };
	must(store_put_refresh(world.store, &row, &err));
	must(store_put_cause(world.store, &cause, &err));
	must(store_commit(world.store, &err));
}

/* The daemon starts over what it owes, and goes on until Tableau is asked for more than its time.
 */
static void start_again(void)
{
	struct outcome fine = { .ok = true, .is_alive = true };
	core_free(world.core);
	start_core();
	core_step(world.core);
	if (world.entry) /* that it is being sent */
		journal_says(true);
	core_step(world.core);
	assert_non_null(world.greeted);
	world.greeted(&fine, world.context);
	core_step(world.core);
	if (world.entry)
		journal_says(true);
	core_step(world.core);
}

/* The request was sent; Tableau refuses it, so that nothing more is asked. */
static void is_requested(void)
{
	struct outcome refused = { .error.kind = ERROR_REFUSED, .is_alive = true };
	assert_non_null(world.accepted);
	world.accepted(&refused, NULL, world.context);
	core_step(world.core);
	if (world.entry)
		journal_says(true);
}

static void what_was_named_long_before_a_start_is_confirmed_before_its_request(void **state)
{
	struct outcome fine = { .ok = true, .is_alive = true };
	struct content same = { CONTENT_WORKBOOK, "l", "Revenue", "Finance/Daily" };
	(void)state;
	owe_a_refresh(TABLEAU_NAME_AGE + US_PER_SECOND);
	start_again();
	assert_non_null(world.resolved);
	assert_null(world.accepted);
	world.resolved(&fine, &same, 1, world.context);
	core_step(world.core);
	is_requested();
}

static void what_was_named_shortly_before_a_start_is_sent_at_once(void **state)
{
	(void)state;
	owe_a_refresh(TABLEAU_NAME_AGE - US_PER_SECOND);
	start_again();
	assert_null(world.resolved);
	is_requested();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(a_stop_waits_for_what_is_at_the_journal),
		TEST(a_stop_does_not_wait_for_a_journal_that_cannot_write),
		TEST(a_journal_that_fails_during_a_stop_is_tried_again_and_not_waited_for),
		TEST(what_was_named_long_before_a_start_is_confirmed_before_its_request),
		TEST(what_was_named_shortly_before_a_start_is_sent_at_once),
	};
	return cmocka_run_group_tests_name("dispatch core", tests, NULL, NULL);
}
