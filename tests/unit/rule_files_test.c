/* tests/unit/rule_files_test.c - which files of a folder are rules, and what else may be found
 * there. */
#include "tests/unit/rules_fixture.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PATIENCE 300 /* seconds after which a loader that hangs fails the test */
#define RULES(name)                                                                                \
	"version: 1\nrules:\n  - name: " name "\n    refresh: [{site: s, workbooks: W}]\n"

static void make_folder(const char *name)
{
	assert_int_equal(mkdir(fixture_path(name), 0700), 0);
}

static void make_link(const char *target, const char *name)
{
	assert_int_equal(symlink(target, fixture_path(name)), 0);
}

static void make_sparse(const char *name, off_t size)
{
	fixture_write(name, "");
	assert_int_equal(truncate(fixture_path(name), size), 0);
}

/* A folder with one rule. */
static void make_rules(const char *folder)
{
	char name[100];
	make_folder(folder);
	snprintf(name, sizeof name, "%s/good.yaml", folder);
	fixture_write(name, RULES("good"));
}

static struct ruleset *load(const char *name, struct problems *problems)
{
	alarm(PATIENCE);
	const char *path = fixture_path(name);
	return ruleset_load(&path, 1, NULL, problems);
}

static void assert_rules(const char *name, size_t count)
{
	OWNED(problems) problems = problems_new();
	OWNED(ruleset) rules = load(name, problems);
	if (!rules)
		problems_print(problems, stderr, false);
	assert_non_null(rules);
	assert_int_equal(problems_count(problems), 0);
	assert_int_equal(ruleset_rule_count(rules), count);
}

/* One problem, of this code, whose file ends in `file` and whose message says `why`. */
static void assert_refused(
	const char *name, enum problem_code code, const char *file, const char *why)
{
	char revision[FINGERPRINT_TEXT_SIZE];
	OWNED(problems) problems = problems_new();
	assert_null(load(name, problems));
	const struct problem *problem = problems_at(problems, 0);
	if (problems_count(problems) != 1 || problem->code != code ||
		!str_ends(str_of(problem->place.file), file) || !strstr(problem->message, why))
		problems_print(problems, stderr, false);
	assert_int_equal(problems_count(problems), 1);
	assert_int_equal(problem->code, code);
	assert_true(str_ends(str_of(problem->place.file), file));
	assert_non_null(strstr(problem->message, why));
	const char *path = fixture_path(name);
	ruleset_revision_of(&path, 1, revision); /* what a reload reads is bounded too */
}

static void what_is_no_regular_file_is_refused_and_not_waited_for(void **state)
{
	(void)state;
	make_rules("fifo");
	assert_int_equal(mkfifo(fixture_path("fifo/x.yaml"), 0600), 0);
	assert_refused("fifo", PROBLEM_UNREADABLE, "fifo/x.yaml", "a pipe");
	assert_refused("fifo/x.yaml", PROBLEM_UNREADABLE, "fifo/x.yaml", "a pipe");
	make_rules("socket");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = fixture_path("socket/x.yaml");
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address, sizeof address), 0);
	assert_refused("socket", PROBLEM_UNREADABLE, "socket/x.yaml", "a socket");
	close(fd);
	assert_refused("/../../../dev/zero", PROBLEM_UNREADABLE, "/dev/zero", "a device");
}

static void what_has_another_name_is_not_looked_at(void **state)
{
	(void)state;
	make_rules("beside");
	assert_int_equal(mkfifo(fixture_path("beside/pipe"), 0600), 0);
	make_link("/dev/zero", "beside/zero");
	make_link("/etc/passwd", "beside/README.md");
	make_link("nowhere", "beside/dangling");
	assert_rules("beside", 1);
}

static void a_large_file_is_refused_by_its_size(void **state)
{
	(void)state;
	make_rules("sparse");
	make_sparse("sparse/x.yaml", (off_t)20 << 30);
	assert_refused("sparse", PROBLEM_TOO_LARGE, "sparse/x.yaml", "64 MiB");
}

static void many_large_files_are_refused_by_their_sizes(void **state)
{
	(void)state;
	make_folder("heavy");
	for (int i = 0; i < 5; i++) {
		char name[32];
		snprintf(name, sizeof name, "heavy/%d.yaml", i);
		make_sparse(name, (off_t)60 << 20);
	}
	OWNED(problems) problems = problems_new();
	assert_null(load("heavy", problems));
	assert_int_equal(problems_at(problems, 0)->code, PROBLEM_TOO_LARGE);
	assert_non_null(strstr(problems_at(problems, 0)->message, "256 MiB"));
	assert_true(str_ends(str_of(problems_at(problems, 0)->place.file), "/4.yaml"));
}

static void a_folder_of_too_much_is_not_walked_to_its_end(void **state)
{
	(void)state;
	char name[64];
	make_rules("files");
	make_folder("files/all");
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "files/all/%d.yaml", i);
		fixture_write(name, "");
	}
	assert_refused("files", PROBLEM_TOO_LARGE, "good.yaml", "more than 10000 rule files");
	make_rules("entries");
	make_folder("entries/all");
	fixture_write("entries/all/0", "");
	char *first = mem_copy_text(fixture_path("entries/all/0"));
	int most = 0; /* hard links to one file, of which a file system may allow few */
	for (int i = 1; i <= 100000; i++) {
		snprintf(name, sizeof name, "entries/all/%d", i);
		if (most < 30000 && !link(first, fixture_path(name)))
			most++;
		else
			fixture_write(name, "");
	}
	free(first);
	assert_refused("entries", PROBLEM_TOO_LARGE, "entries/all", "more than 100000 files");
}

static void links_that_go_round_are_walked_once(void **state)
{
	(void)state;
	make_rules("round");
	make_folder("round/sub");
	make_link(".", "round/a");
	make_link(".", "round/b");
	make_link("../sub", "round/sub/c");
	make_link("..", "round/sub/d");
	make_link("good.yaml", "round/again.yaml");
	make_link("itself.yaml", "round/itself");
	assert_rules("round", 1);
}

static void a_folder_may_be_named_like_a_file(void **state)
{
	(void)state;
	make_rules("named");
	make_rules("named/x.yaml");
	fixture_write("named/x.yaml/good.yaml", RULES("below"));
	assert_rules("named", 2);
}

static void a_link_that_leads_out_is_refused_unless_its_target_is_named_too(void **state)
{
	(void)state;
	make_rules("inside");
	make_rules("outside");
	fixture_write("outside/good.yaml", RULES("other"));
	make_link("../outside", "inside/team");
	assert_refused("inside", PROBLEM_OUTSIDE_LINK, "inside/team", "/outside'");
	make_rules("outfile");
	make_link("../outside/good.yaml", "outfile/x.yaml");
	assert_refused("outfile", PROBLEM_OUTSIDE_LINK, "outfile/x.yaml", "outside/good.yaml'");
	make_rules("root");
	make_link("/", "root/all");
	assert_refused("root", PROBLEM_OUTSIDE_LINK, "root/all", "'/'");
	make_rules("secret");
	make_link("/etc/passwd", "secret/x.yaml");
	assert_refused("secret", PROBLEM_OUTSIDE_LINK, "secret/x.yaml", "'/etc/passwd'");

	OWNED_MEMORY char *inside = mem_copy_text(fixture_path("inside"));
	OWNED_MEMORY char *outside = mem_copy_text(fixture_path("outside"));
	const char *const both[] = { inside, outside };
	OWNED(problems) problems = problems_new();
	OWNED(ruleset) rules = ruleset_load(both, 2, NULL, problems);
	assert_non_null(rules);
	assert_int_equal(ruleset_rule_count(rules), 2);
	/* A folder whose name only begins like the root's. */
	make_rules("outside-of-it");
	make_link("../outside-of-it", "outside/x");
	assert_refused("outside", PROBLEM_OUTSIDE_LINK, "outside/x", "outside-of-it'");
}

static void a_given_path_may_be_a_link_to_anywhere(void **state)
{
	(void)state;
	make_rules("target");
	make_link("target", "given");
	assert_rules("given", 1);
	make_link("target/good.yaml", "given-file");
	assert_rules("given-file", 1);
}

static void zero_rules_are_said_not_found(void **state)
{
	(void)state;
	make_folder("empty");
	assert_refused("empty", PROBLEM_NO_RULES, "empty", "no rule file");
	fixture_write("empty/a.test.yaml", "version: 1\ntests: []\n");
	assert_refused("empty", PROBLEM_NO_RULES, "empty", "no rule file");
	fixture_write("empty/none.yaml", "");
	assert_refused("empty", PROBLEM_NOT_RULES, "none.yaml", "this is empty");
	fixture_write("empty/none.yaml", "version: 1\nrules: []\n");
	assert_rules("empty", 0);
	assert_refused("gone", PROBLEM_UNREADABLE, "gone", "No such file");
	OWNED(problems) problems = problems_new();
	OWNED(ruleset) rules = ruleset_load(NULL, 0, NULL, problems);
	assert_non_null(rules);
	assert_int_equal(ruleset_rule_count(rules), 0);
}

static void a_file_that_is_not_ours_is_not_quoted(void **state)
{
	(void)state;
	static const char *const texts[] = { "hunter2", "password: hunter2\n", "- hunter2\n",
		"*hunter2", "&hunter2", "!hunter2", "!hunter2 x", "%hunter2",
		"hunter2: 1\nhunter2: 2", "{\"token\": \"hunter2\", \"hunter2\": {}}", "\"hunter2",
		"hunter2\n  hunter2: [", "a: *hunter2", "a: &hunter2 [*hunter2]",
		"? hunter2\n: - hunter2\n---\nhunter2", "x: !hunter2 y", "`hunter2", "@hunter2",
		"hunter2: hunter2: hunter2" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		fixture_write("secret.yaml", texts[i]);
		OWNED(problems) problems = problems_new();
		assert_null(load("secret.yaml", problems));
		assert_true(problems_count(problems) > 0);
		for (size_t j = 0; j < problems_count(problems); j++)
			if (strstr(problems_at(problems, j)->message, "hunter2"))
				fail_msg("'%s': %s", texts[i], problems_at(problems, j)->message);
	}
}

static void all_files_together_have_a_bound_on_their_values(void **state)
{
	(void)state;
	make_folder("values");
	for (int file = 0; file < 3; file++) {
		OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
		char name[32];
		text_add(&text, "version: 1\nrules: []\nx-a: &a [");
		for (int i = 0; i < 1000; i++)
			text_add(&text, "1,");
		text_add(&text, "1]\nx-b: [");
		for (int i = 0; i < 6000; i++)
			text_add(&text, "*a,");
		text_add(&text, "*a]\n");
		snprintf(name, sizeof name, "values/%d.yaml", file);
		fixture_write(name, text.at);
	}
	assert_refused("values", PROBLEM_TOO_LARGE, "2.yaml", "more than 16 million values");
}

static void add_line(const char *path, void *context)
{
	text_printf(context, "%s\n", path + strlen(fixture_folder));
}

static void the_folders_that_are_walked_can_be_visited_once_each(void **state)
{
	(void)state;
	make_rules("walked");
	make_folder("walked/sub");
	make_folder("walked/sub/deep");
	make_folder("walked/.hidden");
	make_link(".", "walked/again");
	make_link("/", "walked/out");
	OWNED_TEXT struct text folders = TEXT(TEXT_UNBOUNDED);
	const char *path = fixture_path("walked");
	ruleset_visit_folders(&path, 1, add_line, &folders);
	assert_string_equal(folders.at, "/walked\n/walked/sub\n/walked/sub/deep\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_regular_file_is_refused_and_not_waited_for),
		cmocka_unit_test(what_has_another_name_is_not_looked_at),
		cmocka_unit_test(a_large_file_is_refused_by_its_size),
		cmocka_unit_test(many_large_files_are_refused_by_their_sizes),
		cmocka_unit_test(a_folder_of_too_much_is_not_walked_to_its_end),
		cmocka_unit_test(links_that_go_round_are_walked_once),
		cmocka_unit_test(a_folder_may_be_named_like_a_file),
		cmocka_unit_test(a_link_that_leads_out_is_refused_unless_its_target_is_named_too),
		cmocka_unit_test(a_given_path_may_be_a_link_to_anywhere),
		cmocka_unit_test(zero_rules_are_said_not_found),
		cmocka_unit_test(a_file_that_is_not_ours_is_not_quoted),
		cmocka_unit_test(all_files_together_have_a_bound_on_their_values),
		cmocka_unit_test(the_folders_that_are_walked_can_be_visited_once_each),
	};
	return cmocka_run_group_tests_name("rule_files", tests, fixture_open, fixture_close);
}
