/* tests/unit/watch_test.c - paths that cannot be watched are reported, and watched when that is
 * possible again. */
#include "daemon/watch.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char folder[] = "/tmp/watch-test-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const char *in_folder(const char *name)
{
	static char path[64]; /* the folder's name and 20 more */
	IGNORE(snprintf(path, sizeof path, "%s/%s", folder, name) < 0);
	return path;
}

static bool is_told(const struct watch *watch)
{
	struct pollfd fd = { .fd = watch_fd(watch), .events = POLLIN };
	return poll(&fd, 1, 0) == 1;
}

static void write_file(const char *name)
{
	FILE *file = fopen(in_folder(name), "w");
	assert_non_null(file);
	fclose(file);
}

static void a_file_that_comes_and_goes_is_told(void **state)
{
	(void)state;
	OWNED(watch) watch = watch_new();
	watch_add(watch, in_folder("rules.yaml"));
	assert_null(watch_trouble(watch));
	assert_false(is_told(watch));
	write_file("rules.yaml");
	assert_true(is_told(watch));
	watch_clear(watch);
	assert_false(is_told(watch));
	unlink(in_folder("rules.yaml"));
	assert_true(is_told(watch));
}

static void without_a_descriptor_there_is_trouble_until_there_is_one(void **state)
{
	(void)state;
	struct rlimit before, none;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	OWNED(watch) watch = watch_new();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(watch_fd(watch), -1);
	watch_add(watch, folder);
	watch_clear(watch);
	assert_non_null(strstr(watch_trouble(watch), "inotify"));
	watch_begin(watch);
	watch_add(watch, folder);
	assert_null(watch_trouble(watch));
	assert_true(watch_fd(watch) >= 0);
}

static void a_folder_that_is_not_there_is_trouble_until_it_is(void **state)
{
	(void)state;
	OWNED(watch) watch = watch_new();
	watch_add(watch, in_folder("gone/rules.yaml"));
	assert_non_null(strstr(watch_trouble(watch), in_folder("gone")));
	assert_int_equal(mkdir(in_folder("gone"), 0700), 0);
	watch_begin(watch);
	watch_add(watch, in_folder("gone/rules.yaml"));
	assert_null(watch_trouble(watch));
	rmdir(in_folder("gone"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_comes_and_goes_is_told),
		cmocka_unit_test(without_a_descriptor_there_is_trouble_until_there_is_one),
		cmocka_unit_test(a_folder_that_is_not_there_is_trouble_until_it_is),
	};
	return cmocka_run_group_tests_name("watch", tests, make_folder, remove_folder);
}
