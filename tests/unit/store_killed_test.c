/*
 * tests/unit/store_killed_test.c - a process is killed before each call of SQLite's to the disk:
 * the next start finds what was told as durable and no half of a transaction.
 */
#include "tests/unit/store_template.h"
#include <sys/mman.h>
#include <sys/wait.h>

/* So many of the calls of a long row are the last, each in a process of its own. All of them: with
 * -DMOST_RUNS=100000, which takes two minutes. */
#ifndef MOST_RUNS
#define MOST_RUNS 30
#endif

static struct told *told; /* by a process that is killed, to this one */

typedef void part(void);

/* Does one of these parts of a life in a process of its own, which is killed before its n-th call;
 * 0: it goes on to its end, and dies with all of its files open. Returns the number of calls. */
static long killed_at(part *life, long n)
{
	int status, count[2];
	long calls = 0;

	assert_int_equal(pipe(count), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		failing_plan(
			(struct failing_plan){ .calls = CALLS_ON_FILES, .at = n, .kills = true });
		life();
		calls = atomic_load(&failing_count);
		IGNORE(write(count[1], &calls, sizeof calls) < 0);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(count[1]);
	if (read(count[0], &calls, sizeof calls) != sizeof calls)
		calls = 0;
	close(count[0]);
	return calls;
}

typedef void proof(void);

/* `prepare` makes the folder; `holds` looks at what is there after the kill, and removes it. */
static void kill_everywhere(part *prepare, part *life, proof *holds)
{
	prepare();
	long calls = killed_at(life, 0);
	holds();
	assert_true(calls > 10);
	for (long n = 1; n <= calls; n += calls / MOST_RUNS + 1) {
		free(during);
		during = mem_printf("killed at call %ld of %ld", n, calls);
		prepare();
		assert_int_equal(killed_at(life, n), 0);
		holds();
	}
	free(during);
	during = NULL;
}

/* ---- writing ---- */

static void begin(void)
{
	void *unused = NULL;

	*told = (struct told){ .failed = 0 };
	assert_int_equal(store_folder_setup(&unused), 0);
}

static void write_first(void)
{
	story(0, told);
}

static void assert_told(void)
{
	assert_int_equal(told->failed, 0);
	assert_story(told);
	remove_template();
}

static void write_first_and_stay_open(void)
{
	struct store *store = open_store(STORE_WRITE);

	for (int group = 0; group < GROUPS; group++)
		story_group(store, group, told);
}

/* With all of it in the WAL. */
static void begin_after_a_kill(void)
{
	begin();
	IGNORE(killed_at(write_first_and_stay_open, 0) == 0);
	assert_true(told->is_kept[GROUPS - 1]);
}

static void write_more(void)
{
	story(GROUPS, told);
}

static void what_was_told_durable_survives_a_kill_at_any_moment(void **state)
{
	(void)state;
	kill_everywhere(begin, write_first, assert_told);
}

static void a_start_after_a_kill_may_be_killed_too(void **state)
{
	(void)state;
	kill_everywhere(begin_after_a_kill, write_more, assert_told);
}

/* ---- a store that is there ---- */

static void start_and_stop(void)
{
	struct error err = { 0 };

	store_close(store_open(&(struct store_address){ .url = folder.url }, STORE_WRITE, &err));
}

static void assert_whole_and_remove(void)
{
	assert_whole();
	remove_template();
}

static void an_upgrade_that_was_killed_is_done_by_the_next_start(void **state)
{
	static const char *const releases[] = { "schema-4", "schema-6" };

	(void)state;
	for (size_t i = 0; i < sizeof releases / sizeof *releases; i++) {
		sample_template(releases[i]);
		kill_everywhere(put_template, start_and_stop, assert_whole_and_remove);
		clear_template();
	}
}

static void a_first_start_from_a_copy_that_was_killed_is_done_by_the_next(void **state)
{
	(void)state;
	copy_template();
	kill_everywhere(put_template, start_and_stop, assert_whole_and_remove);
	clear_template();
}

static void copy_it(void)
{
	struct error err = { 0 };

	IGNORE(take_copy(&err)); /* nobody is there to hear of it */
}

static void who_is_killed_while_copying_leaves_the_store_as_it_was(void **state)
{
	(void)state;
	fill_template();
	kill_everywhere(put_template, copy_it, assert_whole_and_remove);
	clear_template();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_durable_survives_a_kill_at_any_moment),
		cmocka_unit_test(a_start_after_a_kill_may_be_killed_too),
		cmocka_unit_test(an_upgrade_that_was_killed_is_done_by_the_next_start),
		cmocka_unit_test(a_first_start_from_a_copy_that_was_killed_is_done_by_the_next),
		cmocka_unit_test(who_is_killed_while_copying_leaves_the_store_as_it_was),
	};

	told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED || failing_start())
		return 1;
	return cmocka_run_group_tests_name("store whose process is killed", tests, NULL, NULL);
}
