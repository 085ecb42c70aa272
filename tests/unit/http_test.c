/*
 * Heads of requests that are refused. Each case is a line and fields; a field is "name:value".
 */
#include "base/web/http.h"
#include "tests/unit/test.h"

static const struct {
	const char *line, *fields[4];
	unsigned status; /* 0: accepted */
	const char *authority;
} cases[] = {
	{ "POST /webhooks/dbt HTTP/1.1", { "Host:x" }, 0, "x" },
	{ "POST /webhooks/dbt HTTP/1.1", { "host:[::1]:8080" }, 0, "[::1]:8080" },
	{ "POST / HTTP/1.1", { "Host: \tx.example:80 \t" }, 0, "x.example:80" },
	{ "POST / HTTP/1.1", { "Host:" }, 0, "" },
	{ "POST / HTTP/1.1", { 0 }, 400, "" },
	{ "POST / HTTP/1.0", { 0 }, 0, "" },
	{ "POST / HTTP/1.1", { "Host:x", "Host:x" }, 400, "x" },
	{ "POST / HTTP/1.1", { "Host:a b" }, 400, "" },
	{ "POST / HTTP/1.1", { "Host:a/b" }, 400, "" },
	{ "POST / HTTP/1.1", { "Host:user@a" }, 400, "" },
	/* the target */
	{ "POST http://a.example:81/x?y HTTP/1.1", { "Host:b" }, 0, "a.example:81" },
	{ "POST HTTPS://a.example HTTP/1.1", { "Host:b" }, 0, "a.example" },
	{ "POST http://a.example?/ HTTP/1.1", { "Host:b" }, 0, "a.example" },
	{ "POST http:///x HTTP/1.1", { "Host:b" }, 400, "" },
	{ "POST http://a%2 HTTP/1.1", { "Host:b" }, 0, "a%2" },
	{ "POST ftp://a/ HTTP/1.1", { "Host:b" }, 400, "b" },
	{ "POST webhooks HTTP/1.1", { "Host:b" }, 400, "b" },
	{ "OPTIONS * HTTP/1.1", { "Host:b" }, 0, "b" },
	{ "GET * HTTP/1.1", { "Host:b" }, 400, "b" },
	{ "CONNECT b:443 HTTP/1.1", { "Host:b" }, 400, "b" },
	{ "G(T / HTTP/1.1", { "Host:b" }, 400, "b" },
	{ "GET /a\x7f HTTP/1.1", { "Host:b" }, 400, "b" },
	/* the length of the body */
	{ "POST / HTTP/1.1", { "Host:b", "Content-Length:2" }, 0, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Content-Length:2", "content-length: 2 " }, 0, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Content-Length:2", "Content-Length:3" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Content-Length:2", "Content-Length:02" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Content-Length:2, 2" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Content-Length:99999999999999999999" }, 413, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Content-Length:+2" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Content-Length:-2" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Content-Length:" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding:chunked" }, 0, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding: Chunked " }, 0, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding:gzip, chunked" }, 501, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding:gzip" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding:chunked, gzip" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding:xchunked" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding:identity" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding:" }, 400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding:chunked", "Transfer-Encoding:chunked" },
		400, "b" },
	{ "POST / HTTP/1.1", { "Host:b", "Transfer-Encoding:chunked", "Content-Length:2" }, 400,
		"b" },
	{ "POST / HTTP/1.0", { "Host:b", "Transfer-Encoding:chunked" }, 400, "b" },
	/* names and values */
	{ "GET / HTTP/1.1", { "Host:b", ":x" }, 400, "b" },
	{ "GET / HTTP/1.1", { "Host:b", "A :x" }, 400, "b" },
	{ "GET / HTTP/1.1", { " Host:b" }, 400, "" },
	{ "GET / HTTP/1.1", { "Host:b", "A\xc3\xa4:x" }, 400, "b" },
	{ "GET / HTTP/1.1", { "Host:b", "A:x\ry" }, 400, "b" },
	{ "GET / HTTP/1.1", { "Host:b", "A:x\ty \xe4\xc3\xa4" }, 0, "b" },
};

static void read_line(struct http_head *head, const char *line)
{
	const char *target = strchr(line, ' ') + 1, *version = strrchr(line, ' ') + 1;
	http_head_line(head, (struct str){ line, (size_t)(target - 1 - line) },
		(struct str){ target, (size_t)(version - 1 - target) }, str_of(version));
}

static void a_head_is_taken_or_refused_as_the_rfcs_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_head head = { 0 };
		read_line(&head, cases[i].line);
		for (size_t j = 0; j < 4 && cases[i].fields[j]; j++) {
			const char *name = cases[i].fields[j], *colon = strchr(name + 1, ':');
			if (*name == ':')
				colon = name;
			http_head_field(&head, (struct str){ name, (size_t)(colon - name) },
				str_of(colon + 1));
		}
		bool is_good = http_head_is_good(&head);
		if (head.status != cases[i].status || is_good != !head.status ||
			!is_good != (head.reason != NULL) ||
			!str_is(head.authority, cases[i].authority))
			fail_msg("%s %s: %u, '%.*s': %s", cases[i].line, cases[i].fields[1],
				head.status, (int)head.authority.length, head.authority.at,
				head.reason);
	}
}

static void a_head_off_the_wire_is_whole_or_refused_or_goes_on(void **state)
{
	static const struct {
		const char *text;
		bool is_over;
		unsigned status;
	} heads[] = {
		{ "", false, 0 },
		{ "\r\n\r\n", false, 0 },
		{ "G", false, 0 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n", false, 0 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r", false, 0 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", true, 0 },
		{ "\r\nGET / HTTP/1.1\nHost: x\n\nmore:", true, 0 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c: d\r\n\r\n", true, 0 },
		{ "GET / HTTP/1.1\r\n Host: x\r\n\r\n", true, 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", true, 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", true, 400 },
		{ "GET / HTTP/1.1\r\n\r\n", true, 400 },
		{ "GET / HTTP/2.0\r\n\r\n", true, 505 },
		{ "GET / HTTP/1.10\r\n\r\n", true, 400 },
		{ "GET / http/1.1\r\n\r\n", true, 400 },
		{ "GET /\r\n\r\n", true, 400 },
		{ "GET\r\n\r\n", true, 400 },
		{ "\x16\x03\x01", true, 400 },
		{ " GET", true, 400 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		struct http_head head = { 0 };
		bool is_over = http_head_read(&head, str_of(heads[i].text));
		if (head.status != heads[i].status || is_over != heads[i].is_over)
			fail_msg("%zu: %s: %d %u", i, heads[i].text, is_over, head.status);
	}
	struct http_head head = { 0 };
	assert_true(http_head_read(&head, STR("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n")));
	assert_int_equal(head.status, 400);
}

/* RFC 9110, 5.6.2, and RFC 3986, 3.2.2 with a port. */
static void each_byte_of_a_name_and_of_a_host_is_one_that_the_rfcs_list(void **state)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	static const char of_names[] = "!#$%&'*+-.^_`|~", of_hosts[] = "-._~%!$&'()*+,;=:[]";
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char text[] = { (char)byte, 'x' };
		bool is_letter = byte && strchr(letters, byte),
		     is_name = is_letter || (byte && strchr(of_names, byte)),
		     is_host = is_letter || (byte && strchr(of_hosts, byte)),
		     is_blank = byte == ' ' || byte == '\t';
		struct http_head name = { 0 }, host = { 0 }, length = { 0 };
		http_head_field(&name, (struct str){ text, 2 }, STR("1"));
		http_head_field(&host, STR("Host"), (struct str){ text, 2 });
		http_head_field(&length, STR("Content-Length"), (struct str){ text, 1 });
		assert_int_equal(name.status, is_name ? 0 : 400);
		assert_int_equal(host.status, is_host || is_blank ? 0 : 400);
		assert_int_equal(length.status, byte >= '0' && byte <= '9' ? 0 : 400);
	}
}

static void a_path_is_what_follows_the_host(void **state)
{
	static const char *const targets[][2] = {
		{ "/a/b", "/a/b" },
		{ "http://x/a//b", "/a//b" },
		{ "HTTPS://x:1/", "/" },
		{ "http://x", "/" },
		{ "*", "*" },
		{ "//x/a", "//x/a" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
		assert_string_equal(http_path(targets[i][0]), targets[i][1]);
}

/* A head that comes byte by byte is read once for each line. */
static void a_head_is_read_again_only_when_a_line_has_ended(void **state)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
	int reads = 0;
	(void)state;
	for (size_t length = 1, before = 0; length < sizeof head; before = length++) {
		struct http_head read = { 0 };
		struct str bytes = { head, length };
		if (!http_head_has_news(bytes, before))
			continue;
		reads++;
		bool is_over = http_head_read(&read, bytes);
		assert_int_equal(is_over, length == sizeof head - 1);
		assert_int_equal(read.status, 0);
	}
	assert_int_equal(reads, 4); /* the first byte, and the ends of three lines */
	assert_true(http_head_has_news(STR("\x16"), 0)); /* what is no HTTP is refused at once */
	assert_false(http_head_has_news(STR("ab"), 2));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_taken_or_refused_as_the_rfcs_say),
		cmocka_unit_test(a_head_off_the_wire_is_whole_or_refused_or_goes_on),
		cmocka_unit_test(a_head_is_read_again_only_when_a_line_has_ended),
		cmocka_unit_test(each_byte_of_a_name_and_of_a_host_is_one_that_the_rfcs_list),
		cmocka_unit_test(a_path_is_what_follows_the_host),
	};
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
