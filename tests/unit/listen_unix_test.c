/* tests/unit/listen_unix_test.c - Unix sockets: what stands at their path, their permissions, and
 * what is removed. */
#include "base/web/listen_unix.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char folder[] = "/tmp/listen-unix-test-XXXXXX", path[64];

static int make_folder(void **state)
{
	(void)state;
	IGNORE(!mkdtemp(folder));
	IGNORE(snprintf(path, sizeof path, "%s/admin.sock", folder) < 0);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int clear(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* Somebody who may write the folder, in the moment after bind(2). */
static void (*after_bind)(void);

/* The one of the C library, and then they act. */
int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	int result = (int)syscall(SYS_bind, fd, address.__sockaddr__, length);
	void (*act)(void) = after_bind;
	after_bind = NULL;
	if (act)
		act();
	return result;
}

static int open_it(struct listen_unix_mark *mark, struct error *err)
{
	struct listen_unix options = { .path = path, .mode = 0660 };
	return listen_unix_open(&options, mark, err);
}

static void the_file_has_the_mode_that_was_asked_for(void **state)
{
	struct listen_unix_mark mark;
	struct error err;
	struct stat about;
	(void)state;
	mode_t before = umask(077);
	int fd = open_it(&mark, &err);
	umask(before);
	assert_true(fd >= 0);
	assert_int_equal(lstat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0660);
	listen_unix_remove(path, &mark);
	assert_int_equal(lstat(path, &about), -1);
	close(fd);
}

static void a_dead_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	struct listen_unix_mark mark, other;
	struct error err;
	struct stat about;
	(void)state;
	int fd = open_it(&mark, &err);
	assert_true(fd >= 0);
	assert_int_equal(open_it(&other, &err), -1);
	assert_int_equal(err.kind, ERROR_TRANSIENT);
	assert_non_null(strstr(err.message, "listens on"));
	assert_int_equal(lstat(path, &about), 0);
	assert_int_equal(about.st_ino, mark.inode);
	close(fd);
	fd = open_it(&other, &err);
	assert_true(fd >= 0);
	close(fd);
}

static void a_file_and_a_link_stay(void **state)
{
	struct listen_unix_mark mark = { 0 };
	struct error err;
	struct stat about;
	(void)state;
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(open_it(&mark, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(lstat(path, &about), 0);
	mark = (struct listen_unix_mark){ about.st_dev, about.st_ino };
	listen_unix_remove(path, &mark);
	assert_int_equal(lstat(path, &about), 0);
	unlink(path);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(open_it(&mark, &err), -1);
	assert_int_equal(lstat(path, &about), 0);
}

static void the_socket_of_another_is_not_removed(void **state)
{
	struct listen_unix_mark mark, other;
	struct error err;
	struct stat about;
	(void)state;
	int fd = open_it(&mark, &err);
	char aside[80];
	IGNORE(snprintf(aside, sizeof aside, "%s.aside", path) < 0);
	assert_int_equal(rename(path, aside), 0); /* so that its inode is not used again */
	int newer = open_it(&other, &err);
	assert_true(newer >= 0);
	listen_unix_remove(path, &mark);
	assert_int_equal(lstat(path, &about), 0);
	unlink(aside);
	close(newer);
	close(fd);
}

static void put_a_file(void)
{
	assert_int_equal(unlink(path), 0);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chmod(path, 0600), 0);
}

static int others_socket;

static void put_a_socket_that_listens(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	assert_int_equal(unlink(path), 0);
	memcpy(address.sun_path, path, strlen(path) + 1);
	others_socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(others_socket, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(listen(others_socket, 1), 0);
}

static void remove_it(void)
{
	assert_int_equal(unlink(path), 0);
}

/* Neither its mode nor its group is changed, and it is not removed. */
static void what_is_put_in_the_place_of_a_new_socket_is_left_alone(void **state)
{
	static void (*const acts[])(void) = { put_a_file, put_a_socket_that_listens };
	struct listen_unix_mark mark;
	struct error err;
	struct stat about;
	(void)state;
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		after_bind = acts[i];
		assert_int_equal(open_it(&mark, &err), -1);
		assert_non_null(strstr(err.message, "somebody replaced the socket"));
		assert_int_equal(lstat(path, &about), 0);
		assert_int_equal(about.st_mode & 0777, 0600);
		unlink(path);
	}
	close(others_socket);
	after_bind = remove_it;
	assert_int_equal(open_it(&mark, &err), -1);
}

static void what_cannot_be_made_says_why(void **state)
{
	static const struct {
		const char *path, *group, *says;
	} cases[] = {
		{ "", NULL, "needs a path" },
		{ "/tmp/", NULL, "needs a path" },
		{ "/no/such/folder/admin.sock", NULL, "'/no/such/folder'" },
		{ "/tmp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			NULL, "107 bytes" },
		{ path, "no-such-group", "no group 'no-such-group'" },
	};
	struct listen_unix_mark mark;
	struct error err;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct listen_unix options = {
			.path = cases[i].path, .mode = 0660, .group = cases[i].group
		};
		assert_int_equal(listen_unix_open(&options, &mark, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		if (!strstr(err.message, cases[i].says))
			fail_msg("%s", err.message);
	}
	assert_int_equal(access(path, F_OK), -1); /* the one that was made is gone */
}

static void modes_are_read_as_chmod_reads_them(void **state)
{
	static const char *const bad[] = { "", "66", "00660", "0668", "1660", "rw", "-660" };
	unsigned mode = 0;
	(void)state;
	assert_true(listen_unix_mode("0660", &mode));
	assert_int_equal(mode, 0660);
	assert_true(listen_unix_mode("600", &mode));
	assert_int_equal(mode, 0600);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(listen_unix_mode(bad[i], &mode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_file_has_the_mode_that_was_asked_for, clear),
		cmocka_unit_test_teardown(a_dead_socket_is_replaced_and_a_live_one_is_not, clear),
		cmocka_unit_test_teardown(a_file_and_a_link_stay, clear),
		cmocka_unit_test_teardown(the_socket_of_another_is_not_removed, clear),
		cmocka_unit_test_teardown(
			what_is_put_in_the_place_of_a_new_socket_is_left_alone, clear),
		cmocka_unit_test(what_cannot_be_made_says_why),
		cmocka_unit_test(modes_are_read_as_chmod_reads_them),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
