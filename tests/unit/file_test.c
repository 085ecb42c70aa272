/* tests/unit/file_test.c - whole files are read; what is not a file neither makes the reader wait
 * nor fills memory. */
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test.h"

#define CEILING ((size_t)1 << 20)
#define PATIENCE 60 /* seconds after which a reader that hangs fails the test */

static char folder[] = "/tmp/file-test-XXXXXX", path[64]; /* the folder's name and 20 more */

static const char *in_folder(const char *name)
{
	IGNORE(snprintf(path, sizeof path, "%s/%s", folder, name) < 0);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	alarm(PATIENCE);
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "file", "fifo", "socket", "sparse", "zero",
		"unwritten", "written" };
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(in_folder(names[i]));
	return rmdir(folder);
}

static void write_file(const char *name, size_t bytes, off_t size)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void assert_refused(const char *name, const char *why)
{
	struct error err = { 0 };
	OWNED_TEXT struct text text = TEXT(CEILING);
	assert_false(file_read(name, &text, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(text.length, 0);
	if (!strstr(err.message, why) || !strstr(err.message, name))
		fail_msg("%s: %s", name, err.message);
}

static void a_regular_file_is_read_whole_and_up_to_the_ceiling(void **state)
{
	(void)state;
	struct error err = { 0 };
	OWNED_TEXT struct text text = TEXT(40000);
	write_file("file", 20000, 20000);
	assert_true(file_read(in_folder("file"), &text, &err));
	assert_true(file_read(in_folder("file"), &text, &err)); /* appended */
	assert_int_equal(text.length, 40000);
	assert_false(file_read(in_folder("file"), &text, &err));
	assert_true(text.is_full);
	assert_non_null(strstr(err.message, "larger than 40000B"));
}

static void a_file_without_a_size_is_read_too(void **state)
{
	(void)state;
	struct error err = { 0 };
	OWNED_TEXT struct text text = TEXT(CEILING);
	assert_true(file_read("/proc/self/stat", &text, &err)); /* proc(5): st_size is 0 */
	assert_true(text.length > 0);
}

static void what_is_no_regular_file_is_refused_and_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	assert_refused(in_folder("fifo"), "a pipe");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	memcpy(address.sun_path, in_folder("socket"), strlen(in_folder("socket")) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address, sizeof address), 0);
	assert_refused(in_folder("socket"), "a socket");
	close(fd);
	assert_int_equal(symlink("/dev/zero", in_folder("zero")), 0);
	assert_refused(in_folder("zero"), "a device");
	assert_refused(folder, "a folder");
	assert_refused(in_folder("nothing"), "No such file");
}

static void a_sparse_file_is_refused_by_its_size(void **state)
{
	(void)state;
	write_file("sparse", 0, (off_t)20 << 30);
	assert_refused(in_folder("sparse"), "larger than 1MiB");
}

static void an_argument_may_be_a_pipe(void **state)
{
	(void)state;
	int ends[2];
	char name[32]; /* "/dev/fd/" and a number */
	struct error err = { 0 };
	OWNED_TEXT struct text text = TEXT(CEILING);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "{}", 2), 2);
	close(ends[1]);
	IGNORE(snprintf(name, sizeof name, "/dev/fd/%d", ends[0]) < 0);
	assert_true(file_read_argument(name, &text, &err));
	assert_string_equal(text.at, "{}");
	close(ends[0]);
	text_reset(&text);
	assert_false(file_read_argument("/dev/zero", &text, &err));
	assert_non_null(strstr(err.message, "a device"));
}

static void a_pipe_that_nobody_writes_to_is_given_up(void **state)
{
	(void)state;
	struct error err = { 0 };
	OWNED_TEXT struct text text = TEXT(CEILING);
	assert_int_equal(mkfifo(in_folder("unwritten"), 0600), 0);
	assert_false(file_read_argument(in_folder("unwritten"), &text, &err));
	assert_non_null(strstr(err.message, "nobody writes to it"));
	assert_int_equal(file_open_argument(in_folder("unwritten"), &err), -1);
}

/* The writer comes later than the reader, and writes later still. */
static void a_named_pipe_is_read_when_it_is_written(void **state)
{
	(void)state;
	char go;
	int told[2];
	struct error err = { 0 };
	assert_int_equal(mkfifo(in_folder("written"), 0600), 0);
	assert_int_equal(pipe(told), 0);
	pid_t writer = fork();
	if (!writer) {
		int fd = open(path, O_WRONLY); /* waits for the reader */
		bool is_written = read(told[0], &go, 1) == 1 && write(fd, "{}", 2) == 2;
		_exit(!is_written);
	}
	int fd = file_open_argument(path, &err);
	assert_true(fd >= 0);
	assert_int_equal(write(told[1], "!", 1), 1);
	char bytes[8];
	assert_int_equal(read(fd, bytes, sizeof bytes), 2);
	assert_int_equal(read(fd, bytes, sizeof bytes), 0);
	close(fd);
	int status;
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	close(told[0]);
	close(told[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_regular_file_is_read_whole_and_up_to_the_ceiling),
		cmocka_unit_test(a_file_without_a_size_is_read_too),
		cmocka_unit_test(what_is_no_regular_file_is_refused_and_not_waited_for),
		cmocka_unit_test(a_sparse_file_is_refused_by_its_size),
		cmocka_unit_test(an_argument_may_be_a_pipe),
		cmocka_unit_test(a_pipe_that_nobody_writes_to_is_given_up),
		cmocka_unit_test(a_named_pipe_is_read_when_it_is_written),
	};
	return cmocka_run_group_tests_name("file", tests, make_folder, remove_folder);
}
