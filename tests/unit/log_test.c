/* A line of the log can be read by programs and shows no more than it should; repeats are folded.
 */
#include "base/json.h"
#include "base/log/log_fold.h"
#include "base/log/log_output.h"
#include "tests/unit/test.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct log_place place = { "cannot sign in", "../src/tableau/session.c", "tell", 12,
	false },
			      each = { "refresh ended", "src/dispatch/perform.c", "log_end", 34,
				      true };
/* 2026-11-27T12:00:58.007Z and some microseconds */
static const struct wall noon = { 1795780858007123 };

#define FIELDS(...)                                                                                \
	(const struct kv[])                                                                        \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			.key = NULL                                                                \
		}                                                                                  \
	}

static struct log_line *line_of(enum log_format format, const struct kv *fields)
{
	return log_line_new(&place, LOG_LEVEL_WARNING, format, noon, fields);
}

static void print_as(enum log_format format, const struct kv *fields, struct text *out)
{
	struct log_line *line = line_of(format, fields);
	log_line_print(line, out);
	log_line_free(line);
}

#define TIME "2026-11-27T12:00:58.007Z"

static void each_format_has_its_form(void **state)
{
	(void)state;
	static const int64_t numbers[] = { 17, 19 };
	static const char *const texts[] = { "a b", "c" };
	const struct kv *fields = FIELDS(KV("site", "finance"), KV("refresh", (int64_t)42),
		KV("reason", "no \"PAT\"\nat all"), KV("is", (bool)true), KV("at", noon),
		KV("events", ((struct log_list){ .count = 2, .numbers = numbers })),
		KV("rules", ((struct log_list){ .count = 2, .texts = texts })), KV("job", ""),
		KV("none", (const char *)NULL), KV("never", (struct wall){ 0 }),
		KV("nobody", (struct log_list){ 0 }));
	OWNED_TEXT struct text logfmt = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text json = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text native = TEXT(TEXT_UNBOUNDED);
	print_as(LOG_FORMAT_LOGFMT, fields, &logfmt);
	assert_string_equal(logfmt.at,
		"time=" TIME " level=warning msg=\"cannot sign in\" site=finance refresh=42 "
		"reason=\"no \\\"PAT\\\"\\nat all\" is=true at=2026-11-27T12:00:58.007123Z "
		"events=17,19 rules=\"a b,c\"");
	print_as(LOG_FORMAT_JSON, fields, &json);
	assert_string_equal(json.at,
		"{\"time\":\"" TIME "\",\"level\":\"warning\",\"msg\":\"cannot sign in\","
		"\"site\":\"finance\",\"refresh\":42,\"reason\":\"no \\\"PAT\\\"\\nat all\","
		"\"is\":true,\"at\":\"2026-11-27T12:00:58.007123Z\",\"events\":[17,19],"
		"\"rules\":[\"a b\",\"c\"]}");
	print_as(LOG_FORMAT_JOURNALD, fields, &native);
	static const char journal[] =
		"MESSAGE=cannot sign in site=finance refresh=42 reason=\"no \\\"PAT\\\"\\nat all\" "
		"is=true at=2026-11-27T12:00:58.007123Z events=17,19 rules=\"a b,c\"\0"
		"PRIORITY=4\0CODE_FILE=src/tableau/session.c\0CODE_LINE=12\0CODE_FUNC=tell\0"
		"REFRESH_ROUTER_MSG=cannot sign in\0REFRESH_ROUTER_SITE=finance\0"
		"REFRESH_ROUTER_REFRESH=42\0REFRESH_ROUTER_REASON=no \"PAT\"\nat all\0"
		"REFRESH_ROUTER_IS=true\0REFRESH_ROUTER_AT=2026-11-27T12:00:58.007123Z\0"
		"REFRESH_ROUTER_EVENT=19\0"
		"REFRESH_ROUTER_RULE=c";
	assert_int_equal(native.length, sizeof journal);
	assert_memory_equal(native.at, journal, sizeof journal);
}

static void a_value_shows_every_character_and_no_address_of_a_person(void **state)
{
	(void)state;
	static const struct {
		const char *value, *logfmt;
	} cases[] = {
		{ "plain-1.2/x:y", "plain-1.2/x:y" }, { "\x1b[31mred", "\"\\\\x1b[31mred\"" },
		{ "\xc2\x9b"
		  "31m",
			"\"\\\\u009b31m\"" },
		{ "a\xe2\x80\xae"
		  "b",
			"\"a\\\\u202eb\"" },
		{ "caf\xe9", "\"caf\\\\xe9\"" },
		{ "a\xf0\x9f", "\"a\\\\xf0\\\\x9f\"" }, /* cut within a character */
		{ "\xe6\x97\xa5", "\"\xe6\x97\xa5\"" }, { "a=b", "\"a=b\"" },
		{ "Kicked off from the UI by alice@example.com",
			"\"Kicked off from the UI by ***@example.com\"" },
		{ "alice@example.com,bob.b+x@example.org", "\"***@example.com,***@example.org\"" },
		{ "'o'hara@example.com'", "\"'***@example.com'\"" },
		{ "j\xc3\xbcrgen@example.com!", "\"***@example.com!\"" },
		{ "<alice@example.com>", "\"<***@example.com>\"" },
		{ "alice@corp", "\"***@corp\"" },
		{ "http://user:password@proxy:3128/a", "\"http://user:***@proxy:3128/a\"" },
		{ "Sales @ EMEA", "\"Sales @ EMEA\"" }, { "@", "@" },
		{ "by alice@", "\"by ***@\"" }, /* cut off by somebody */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text wanted = TEXT(TEXT_UNBOUNDED);
		print_as(LOG_FORMAT_LOGFMT, FIELDS(KV("reason", cases[i].value)), &line);
		text_printf(&wanted, "time=" TIME " level=warning msg=\"cannot sign in\" reason=%s",
			cases[i].logfmt);
		assert_string_equal(line.at, wanted.at);
	}
}

static void no_line_is_longer_than_its_bound_or_broken_by_it(void **state)
{
	(void)state;
	static char hostile[100000];
	static int64_t numbers[5000];
	const char *texts[2000];
	for (size_t i = 0; i < sizeof hostile - 1; i++)
		hostile[i] = "\"\\\n\x1b\xff\xe6@x"[i % 8];
	for (size_t i = 0; i < 5000; i++)
		numbers[i] = INT64_MAX - (int64_t)i;
	for (size_t i = 0; i < 2000; i++)
		texts[i] = "a \"rule\"";
	const struct kv *fields =
		FIELDS(KV("events", ((struct log_list){ .count = 5000, .numbers = numbers })),
			KV("rules", ((struct log_list){ .count = 2000, .texts = texts })),
			KV("a", hostile), KV("b", hostile), KV("c", hostile), KV("d", hostile),
			KV("e", hostile), KV("f", "short"));
	for (enum log_format format = LOG_FORMAT_LOGFMT; format <= LOG_FORMAT_JOURNALD; format++) {
		OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
		print_as(format, fields, &line);
		assert_true(line.length > LOG_VALUE_BYTES && line.length < 4 * LOG_FIELDS_BYTES);
		assert_true(format == LOG_FORMAT_JOURNALD || line.length < LOG_FIELDS_BYTES + 200);
		assert_null(memchr(line.at, '\x1b', line.length));
		assert_true(format == LOG_FORMAT_JOURNALD || str_is_utf8(text_str(&line)));
		assert_true(format == LOG_FORMAT_JOURNALD || !strchr(line.at, '\n'));
		if (format != LOG_FORMAT_JSON)
			continue;
		struct error err;
		OWNED_JSON json = json_parse(text_str(&line), &err);
		assert_non_null(json);
		assert_null(json_duplicate_key(json));
		assert_true(json_flag(json, "cut", false));
		assert_int_equal(json_get(json, "events")->child != NULL, 1);
	}
}

/* ---- folding ---- */

static struct log_line *about(const char *site)
{
	return line_of(LOG_FORMAT_LOGFMT, FIELDS(KV("site", site), KV("reason", "busy")));
}

static struct mono at(int64_t seconds)
{
	return (struct mono){ seconds * US_PER_SECOND };
}

/* How many of so many lines, a second apart, are let through. */
static int passed(struct log_fold *fold, int64_t from, int count, const char *site)
{
	int through = 0;
	for (int i = 0; i < count; i++) {
		struct log_line *line = log_fold_add(fold, at(from + i), about(site));
		through += line != NULL;
		log_line_free(line);
	}
	return through;
}

static void the_sum_of_a_run_is_told_when_its_window_ends(void **state)
{
	(void)state;
	struct log_fold *fold = log_fold_new();
	assert_int_equal(log_fold_next(fold).us, INT64_MAX);
	assert_int_equal(passed(fold, 10, 46, "finance"), LOG_FOLD_FIRST);
	assert_int_equal(passed(fold, 60, 3, "sales"), 3); /* another subject */
	assert_int_equal(log_fold_next(fold).us, at(310).us);
	assert_null(log_fold_take(fold, at(309), false));
	struct log_line *sum = log_fold_take(fold, at(310), false);
	OWNED_TEXT struct text printed = TEXT(TEXT_UNBOUNDED);
	log_line_print(sum, &printed);
	assert_string_equal(printed.at,
		"time=" TIME " level=warning msg=\"cannot sign in \xe2\x80\xa6 41 more in 5 min\" "
		"repeats=41 site=finance reason=busy");
	log_line_free(sum);
	assert_null(log_fold_take(fold, at(310), false));
	assert_int_equal(passed(fold, 310, 3, "finance"), 3); /* a new window */
	log_fold_free(fold);
}

static void the_end_tells_what_is_kept(void **state)
{
	(void)state;
	struct log_fold *fold = log_fold_new();
	assert_int_equal(passed(fold, 0, 7, "finance"), LOG_FOLD_FIRST);
	struct log_line *sum = log_fold_take(fold, at(36), true);
	assert_int_equal(sum->more, 2);
	assert_int_equal(sum->within, 31 * US_PER_SECOND);
	log_line_free(sum);
	assert_null(log_fold_take(fold, at(36), true));
	log_fold_free(fold);
}

static void a_window_that_kept_nothing_ends_by_itself(void **state)
{
	(void)state;
	struct log_fold *fold = log_fold_new();
	assert_int_equal(passed(fold, 0, 5, "finance"), 5);
	assert_int_equal(passed(fold, 300, 5, "finance"), 5);
	assert_null(log_fold_take(fold, at(9999), true));
	log_fold_free(fold);
}

static void records_and_steps_are_never_folded(void **state)
{
	(void)state;
	struct log_fold *fold = log_fold_new();
	for (int i = 0; i < 100; i++) {
		const struct kv *fields = FIELDS(KV("refresh", i));
		struct log_line *record = log_line_new(
					&each, LOG_LEVEL_INFO, LOG_FORMAT_JSON, noon, fields),
				*step = log_line_new(
					&place, LOG_LEVEL_DEBUG, LOG_FORMAT_JSON, noon, fields);
		assert_ptr_equal(log_fold_add(fold, at(0), record), record);
		assert_ptr_equal(log_fold_add(fold, at(0), step), step);
		log_line_free(record);
		log_line_free(step);
	}
	log_fold_free(fold);
}

static void more_subjects_than_windows_are_let_through(void **state)
{
	(void)state;
	struct log_fold *fold = log_fold_new();
	char site[32];
	for (int i = 0; i < LOG_FOLD_WINDOWS; i++) {
		str_print(site, sizeof site, "site %d", i);
		passed(fold, 0, 6, site);
	}
	assert_int_equal(passed(fold, 6, 20, "one more"), 20);
	int sums = 0;
	for (struct log_line *sum; (sum = log_fold_take(fold, at(300), false)); sums++)
		log_line_free(sum);
	assert_int_equal(sums, LOG_FOLD_WINDOWS);
	assert_int_equal(passed(fold, 300, 20, "one more"), LOG_FOLD_FIRST);
	log_fold_free(fold);
}

/* ---- stderr ---- */

/* What reads stderr, until stderr_back(). */
static int stderr_kept;

static void stderr_is(int fd)
{
	stderr_kept = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
}

static void stderr_back(void)
{
	dup2(stderr_kept, STDERR_FILENO);
	close(stderr_kept);
}

static void lines_that_wait_are_one_write(void **state)
{
	static const atomic_bool is_stopping = false;
	struct log_output output = LOG_OUTPUT(&is_stopping);
	char bytes[100];
	int ends[2];
	(void)state;
	/* Keeps writes apart. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	stderr_is(ends[1]);
	int64_t lost = log_output_write(&output, LOG_FORMAT_JSON, STR("a"));
	lost += log_output_write(&output, LOG_FORMAT_LOGFMT, STR("bc"));
	ssize_t early = read(ends[0], bytes, sizeof bytes);
	lost += log_output_flush(&output) + log_output_flush(&output);
	stderr_back();
	assert_int_equal(early, -1);
	assert_int_equal(lost, 0);
	assert_int_equal(read(ends[0], bytes, sizeof bytes), 5);
	assert_memory_equal(bytes, "a\nbc\n", 5);
	assert_int_equal(read(ends[0], bytes, sizeof bytes), -1);
	text_clear(&output.waiting);
	close(ends[0]);
	close(ends[1]);
}

static void lines_that_are_lost_are_counted_and_a_torn_one_is_ended(void **state)
{
	static const atomic_bool is_stopping = true;
	struct log_output output = LOG_OUTPUT(&is_stopping);
	static char bytes[8192];
	int ends[2];
	(void)state;
	memset(bytes, 'x', sizeof bytes);
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	int room = fcntl(ends[1], F_SETPIPE_SZ, 4096);
	stderr_is(ends[1]);
	int64_t none = log_output_write(&output, LOG_FORMAT_JSON, STR("a"));
	none += log_output_write(&output, LOG_FORMAT_JSON, (struct str){ bytes, (size_t)room });
	none += log_output_write(&output, LOG_FORMAT_JSON, STR("c"));
	int64_t torn_and_next = log_output_flush(&output);
	none += log_output_write(&output, LOG_FORMAT_JSON, STR("d"));
	int64_t whole = log_output_flush(&output);
	ssize_t first = read(ends[0], bytes, sizeof bytes);
	none += log_output_write(&output, LOG_FORMAT_JSON, STR("e"));
	none += log_output_flush(&output);
	stderr_back();
	assert_int_equal(torn_and_next, 2);
	assert_int_equal(whole, 1);
	assert_int_equal(first, room);
	assert_int_equal(none, 0);
	assert_int_equal(read(ends[0], bytes, sizeof bytes), 3);
	assert_memory_equal(bytes, "\ne\n", 3);
	text_clear(&output.waiting);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	json_setup();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_format_has_its_form),
		cmocka_unit_test(a_value_shows_every_character_and_no_address_of_a_person),
		cmocka_unit_test(no_line_is_longer_than_its_bound_or_broken_by_it),
		cmocka_unit_test(the_sum_of_a_run_is_told_when_its_window_ends),
		cmocka_unit_test(the_end_tells_what_is_kept),
		cmocka_unit_test(a_window_that_kept_nothing_ends_by_itself),
		cmocka_unit_test(records_and_steps_are_never_folded),
		cmocka_unit_test(more_subjects_than_windows_are_let_through),
		cmocka_unit_test(lines_that_wait_are_one_write),
		cmocka_unit_test(lines_that_are_lost_are_counted_and_a_torn_one_is_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
