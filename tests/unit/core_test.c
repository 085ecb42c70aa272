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
	int leaves;
	bool is_signing_out;
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

static void leave(struct tableau *tableau, const char *site, bool signs_out)
{
	struct outcome dropped = { .error.kind = ERROR_TRANSIENT };
	(void)tableau;
	world.is_signing_out = signs_out && !strcmp(site, "finance");
	world.leaves++;
	if (world.accepted)
		TAKE(world.accepted)(&dropped, NULL, world.context);
	else if (world.greeted)
		TAKE(world.greeted)(&dropped, world.context);
}

static bool has_left(const struct tableau *tableau, const char *site)
{
	(void)tableau, (void)site;
	return !world.is_signing_out;
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
	.leave = leave,
	.has_left = has_left,
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

static struct config *config_of_test(void)
{
	struct arena *arena = arena_new();
	struct config *config = arena_new_of(arena, struct config);
	struct config_site *site = arena_new_of(arena, struct config_site);
	config->arena = arena;
	shared_init(&config->shared, config_gone);
	*site = (struct config_site){ .name = "finance", .max_requests = 8 };
	config->sites = (struct list){ 1, site };
	config->give_up_after = 3600 * US_PER_SECOND;
	return config;
}

static void start_core(void)
{
	struct error err = { 0 };
	struct config *config = config_of_test();
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

static bool see_state(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	(void)causes, (void)count;
	*(enum refresh_state *)context = row->state;
	return true;
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

/* ---- sites are left and adopted ---- */

static struct site_work *read_work(void)
{
	struct error err = { 0 };
	struct site_work *work = site_work_new("finance");
	must(site_work_load(work, world.store, (struct wall){ 0 }, &err));
	must(site_work_load_selections(work, world.store, &err));
	return work;
}

static void adopt(void)
{
	OWNED(site_work) work = read_work();
	core_adopt(world.core, work);
	core_step(world.core);
}

/* What the daemon owes is about to be sent: that is at the journal. */
static void begin_to_send(void)
{
	struct outcome fine = { .ok = true, .is_alive = true };
	owe_a_refresh(TABLEAU_NAME_AGE - US_PER_SECOND);
	core_free(world.core);
	start_core();
	core_step(world.core);
	assert_non_null(world.greeted);
	TAKE(world.greeted)(&fine, world.context);
	core_step(world.core);
	assert_non_null(world.entry);
}

static enum refresh_state stored_state(void)
{
	struct error err = { 0 };
	enum refresh_state state = REFRESH_EXPIRED;
	bool found;
	must(store_find_refresh(world.store, 2, see_state, &state, &found, &err));
	return state;
}

/* The journal writes what it was given. */
static void journal_writes(void)
{
	struct error err = { 0 };
	must(store_begin(world.store, &err));
	must(world.entry->apply(world.entry, world.store, &err));
	must(store_commit(world.store, &err));
	journal_says(true);
}

static void what_was_to_be_sent_is_not_when_its_site_is_left(void **state)
{
	(void)state;
	begin_to_send();
	core_leave(world.core, "finance", false);
	assert_false(core_has(world.core, "finance"));
	assert_int_equal(schedule_count(core_schedule(world.core)).open, 0);
	assert_false(core_has_left(world.core, "finance")); /* it is not written yet */
	world.is_signing_out = false;
	assert_false(core_has_left(world.core, "finance"));
	journal_writes();
	assert_true(core_has_left(world.core, "finance"));
	assert_null(world.accepted);
	assert_int_equal(stored_state(), REFRESH_SENDING); /* so the next owner looks for it */
}

static void a_clean_leave_waits_for_the_sign_out(void **state)
{
	(void)state;
	core_leave(world.core, "finance", false);
	assert_int_equal(world.leaves, 1);
	assert_false(core_has_left(world.core, "finance"));
	world.is_signing_out = false;
	assert_true(core_has_left(world.core, "finance"));
}

/* The journal fails meanwhile, so that the batch comes back and is written again. */
static void nothing_is_written_of_a_site_that_was_lost(void **state)
{
	(void)state;
	begin_to_send();
	core_leave(world.core, "finance", true);
	assert_false(core_has_left(world.core, "finance"));
	journal_says(false);
	assert_true(core_has_left(world.core, "finance"));
	world.now = mono_plus(world.now, 2 * US_PER_SECOND);
	core_step(world.core);
	journal_writes();
	assert_int_equal(stored_state(), REFRESH_WAITING);
	assert_null(world.accepted);
}

static void all_is_written_of_a_site_that_was_given_away(void **state)
{
	(void)state;
	begin_to_send();
	core_leave(world.core, "finance", false);
	journal_says(false);
	world.now = mono_plus(world.now, 2 * US_PER_SECOND);
	core_step(world.core);
	journal_writes();
	assert_int_equal(stored_state(), REFRESH_SENDING);
}

static void nor_of_one_that_was_lost_while_the_journal_could_not_write(void **state)
{
	(void)state;
	begin_to_send();
	journal_says(false);
	core_leave(world.core, "finance", true);
	assert_true(core_has_left(world.core, "finance"));
	world.now = mono_plus(world.now, 2 * US_PER_SECOND);
	core_step(world.core);
	journal_writes();
	assert_int_equal(stored_state(), REFRESH_WAITING);
}

static void a_site_that_is_back_goes_on_with_what_the_store_has(void **state)
{
	struct outcome fine = { .ok = true, .is_alive = true };
	(void)state;
	owe_a_refresh(TABLEAU_NAME_AGE - US_PER_SECOND);
	core_free(world.core);
	start_core();
	core_leave(world.core, "finance", true);
	core_step(world.core);
	assert_null(world.greeted);
	adopt();
	assert_true(core_has(world.core, "finance"));
	assert_non_null(world.greeted);
	world.greeted(&fine, world.context);
	core_step(world.core);
	journal_writes();
	is_requested(); /* without asking what it is: its naming came with it */
	assert_null(world.resolved);
}

/* What another node has recorded. */
static void take_in(void)
{
	OWNED(site_work) work = site_work_new(NULL);
	const struct selected_row row = { .event = 1,
		.stamp = 1,
		.selections = "[{\"site\":\"finance\",\"kind\":\"workbook\",\"name\":\"Revenue\"}]",
		.count = 1,
		.ids = (const int64_t[]){ 1 },
		.positions = (const int64_t[]){ 0 } };
	assert_true(site_work_add_selected(&row, work));
	core_take(world.core, work);
	core_step(world.core);
}

static void what_another_node_recorded_is_taken_in(void **state)
{
	struct outcome fine = { .ok = true, .is_alive = true };
	(void)state;
	take_in();
	assert_int_equal(schedule_count(core_schedule(world.core)).selections, 1);
	world.resolved(&fine, NULL, 0, world.context); /* nothing has that name */
	assert_int_equal(schedule_count(core_schedule(world.core)).selections, 0);
}

static void a_core_that_has_no_site_takes_nothing_in_and_obeys_nobody(void **state)
{
	struct error err = { 0 };
	struct selection selection = {
		.site = "finance", .by = SELECT_NAME, .selector = "Revenue"
	};
	const struct selection *selections[] = { &selection };
	struct dispatch_event event = { .event = 1,
		.stamp = 1,
		.count = 1,
		.selections = selections,
		.selection_ids = (const int64_t[]){ 1 } };
	struct config *config = config_of_test();
	(void)state;
	core_free(world.core);
	world.core = core_new(&edge, config, 1, false);
	config_free(config);
	must(core_start(world.core, world.store, &err));
	core_event(world.core, &event);
	take_in();
	pause_site();
	assert_int_equal(world.asked.consent, CONSENT_NO);
	assert_non_null(strstr(world.asked.words, "another node"));
	assert_null(world.resolved);
	assert_int_equal(schedule_count(core_schedule(world.core)).selections, 0);
	adopt();
	core_event(world.core, &event);
	assert_non_null(world.resolved);
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
		TEST(what_was_to_be_sent_is_not_when_its_site_is_left),
		TEST(a_clean_leave_waits_for_the_sign_out),
		TEST(nothing_is_written_of_a_site_that_was_lost),
		TEST(all_is_written_of_a_site_that_was_given_away),
		TEST(nor_of_one_that_was_lost_while_the_journal_could_not_write),
		TEST(a_site_that_is_back_goes_on_with_what_the_store_has),
		TEST(what_another_node_recorded_is_taken_in),
		TEST(a_core_that_has_no_site_takes_nothing_in_and_obeys_nobody),
	};
	return cmocka_run_group_tests_name("dispatch core", tests, NULL, NULL);
}
