/* Secrets are read from where the configuration says, and no message ever repeats one. */
#include "base/secret.h"
#include "base/text.h"
#include "tests/unit/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define VALUE "hunter2-very-secret"
#define LIMIT ((size_t)64 << 10) /* a secret is not larger */

static char folder[] = "/tmp/secret_test.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	char path[200];
	(void)state;
	snprintf(path, sizeof path, "%s/token", folder);
	unlink(path);
	return rmdir(folder);
}

/* The path of a file "token" with these bytes. */
static const char *file_of(struct str bytes)
{
	static char path[200];
	snprintf(path, sizeof path, "%s/token", folder);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.at, 1, bytes.length, file), bytes.length);
	assert_int_equal(fclose(file), 0);
	return path;
}

static struct secret *load(enum secret_from from, const char *name, struct error *err)
{
	struct secret_ref ref = { .from = from, .name = name };
	*err = (struct error){ 0 };
	return secret_load(&ref, err);
}

static void assert_refused(enum secret_from from, const char *name, const char *part)
{
	struct error err;
	assert_null(load(from, name, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	if (!strstr(err.message, part) || strstr(err.message, VALUE))
		fail_msg("'%s'", err.message);
}

static void a_secret_comes_from_the_environment_as_it_is(void **state)
{
	struct error err;
	(void)state;
	setenv("ROUTER_TEST_SECRET", " " VALUE "\n", 1);
	OWNED(secret) secret = load(SECRET_FROM_ENV, "ROUTER_TEST_SECRET", &err);
	assert_non_null(secret);
	assert_true(str_is(secret_bytes(secret), " " VALUE "\n"));
}

static void a_missing_or_empty_variable_is_named(void **state)
{
	(void)state;
	unsetenv("ROUTER_TEST_SECRET");
	assert_refused(SECRET_FROM_ENV, "ROUTER_TEST_SECRET", "ROUTER_TEST_SECRET is not set");
	assert_refused(SECRET_FROM_ENV, "ROUTER_TEST_SECRET", "the daemon those of its unit");
	setenv("ROUTER_TEST_SECRET", "", 1);
	assert_refused(SECRET_FROM_ENV, "ROUTER_TEST_SECRET", "ROUTER_TEST_SECRET is empty");
	setenv("ROUTER_TEST_SECRET", " \r\n", 1);
	assert_refused(SECRET_FROM_ENV, "ROUTER_TEST_SECRET", "ROUTER_TEST_SECRET is blank");
}

static void one_newline_at_the_end_of_a_file_is_not_part_of_the_secret(void **state)
{
	(void)state;
	static const struct {
		struct str bytes, secret;
	} cases[] = {
		{ { VALUE, 19 }, { VALUE, 19 } },
		{ { VALUE "\n", 20 }, { VALUE, 19 } },
		{ { VALUE "\n\n", 21 }, { VALUE "\n", 20 } },
		{ { " " VALUE, 20 }, { " " VALUE, 20 } },
		{ { "a\0b\n", 4 }, { "a\0b", 3 } },
		{ { "\xff\xfe!", 3 }, { "\xff\xfe!", 3 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err;
		OWNED(secret) secret = load(SECRET_FROM_FILE, file_of(cases[i].bytes), &err);
		if (!secret)
			fail_msg("case %zu: %s", i, err.message);
		if (!str_equal(secret_bytes(secret), cases[i].secret))
			fail_msg("case %zu", i);
	}
}

static void a_file_without_a_secret_is_refused(void **state)
{
	(void)state;
	assert_refused(SECRET_FROM_FILE, file_of(STR("")), "the file is empty");
	assert_refused(SECRET_FROM_FILE, file_of(STR("\n")), "the file is empty");
	assert_refused(SECRET_FROM_FILE, file_of(STR("\r\n")), "the file is blank");
	assert_refused(SECRET_FROM_FILE, file_of(STR("\xef\xbb\xbf \t\n\n")), "the file is blank");
	assert_refused(SECRET_FROM_FILE, file_of(STR("\xff\xfe")), "the file is blank");
	assert_refused(SECRET_FROM_FILE, "/nonexistent/token", "/nonexistent/token");
	assert_refused(SECRET_FROM_FILE, folder, folder);
}

static void a_file_that_is_too_large_is_not_quoted(void **state)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	(void)state;
	while (text.length <= LIMIT)
		text_add(&text, VALUE);
	assert_refused(SECRET_FROM_FILE, file_of(text_str(&text)), "token");
}

static void a_credential_lies_in_the_folder_that_systemd_names(void **state)
{
	struct error err;
	(void)state;
	IGNORE(!file_of(STR(VALUE "\n")));
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	OWNED(secret) secret = load(SECRET_FROM_CREDENTIAL, "token", &err);
	assert_non_null(secret);
	assert_true(str_is(secret_bytes(secret), VALUE));
	assert_refused(SECRET_FROM_CREDENTIAL, "other", "'other' (`LoadCredential=`): ");
	assert_refused(SECRET_FROM_CREDENTIAL, "../token", "a name has no '/'");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_refused(SECRET_FROM_CREDENTIAL, "token", "CREDENTIALS_DIRECTORY is not set");
	assert_refused(SECRET_FROM_CREDENTIAL, "token",
		"for a command give it the folder that holds the secrets' files");
}

static void stray_bytes_are_described_and_the_secret_is_not(void **state)
{
	(void)state;
	static const struct {
		struct str bytes;
		const char *says;
	} cases[] = {
		{ STR(VALUE), "" },
		{ STR("p\xc3\xa4ss w\xc3\xb6rd \xe2\x82\xac"), "" },
		{ STR("\x01\xffrandom\xfe"), "begins with U+0001" },
		{ STR("\xffrandom\xfe"), "" },
		{ STR(VALUE "\r"), "ends in U+000D (carriage return)" },
		{ STR(VALUE "\n"), "ends in U+000A (line break)" },
		{ STR(VALUE "\r\n"), "ends in U+000D (carriage return), U+000A (line break)" },
		{ STR("\xef\xbb\xbf" VALUE), "begins with U+FEFF (byte order mark)" },
		{ STR(" " VALUE "\t"), "begins with U+0020 (space) and ends in U+0009 (tab)" },
		{ STR(VALUE "\xc2\xa0\xe2\x80\x8b"),
			"ends in U+00A0 (no-break space), U+200B (zero-width space)" },
		{ STR(VALUE "      "), "ends in U+0020 (space), U+0020 (space), U+0020 (space), "
				       "U+0020 (space), ..." },
		{ STR("\xff\xfe"
		      "s\0e\0"),
			"begins with the byte order mark of UTF-16 and ends in "
			"U+0000 and holds control characters inside, such as line "
			"breaks or NUL" },
		{ STR("one\ntwo"), "holds control characters inside, such as line breaks or NUL" },
		{ STR("\"" VALUE "\""), "is in quotation marks" },
		{ STR("'" VALUE "'\n"), "ends in U+000A (line break) and is in quotation marks" },
		{ STR("'"), "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(secret) secret = secret_copy(cases[i].bytes);
		OWNED_TEXT struct text out = TEXT(300);
		assert_int_equal(secret_describe_strays(secret, &out), *cases[i].says != '\0');
		assert_string_equal(out.at, cases[i].says);
	}
}

static void secrets_are_equal_when_all_their_bytes_are(void **state)
{
	(void)state;
	OWNED(secret) a = secret_copy(STR(VALUE));
	OWNED(secret) same = secret_copy(STR(VALUE));
	OWNED(secret) longer = secret_copy(STR(VALUE "!"));
	OWNED(secret) other = secret_copy(STR("hunter2-very-secreT"));
	OWNED(secret) none = secret_copy(str_of(NULL));
	assert_true(secret_equal(a, same));
	assert_false(secret_equal(a, longer));
	assert_false(secret_equal(a, other));
	assert_false(secret_equal(a, none));
	assert_true(secret_equal(none, none));
}

static void wiped_bytes_are_gone(void **state)
{
	char bytes[] = VALUE;
	(void)state;
	secret_wipe(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		assert_int_equal(bytes[i], 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_comes_from_the_environment_as_it_is),
		cmocka_unit_test(a_missing_or_empty_variable_is_named),
		cmocka_unit_test(one_newline_at_the_end_of_a_file_is_not_part_of_the_secret),
		cmocka_unit_test(a_file_without_a_secret_is_refused),
		cmocka_unit_test(a_file_that_is_too_large_is_not_quoted),
		cmocka_unit_test(a_credential_lies_in_the_folder_that_systemd_names),
		cmocka_unit_test(stray_bytes_are_described_and_the_secret_is_not),
		cmocka_unit_test(secrets_are_equal_when_all_their_bytes_are),
		cmocka_unit_test(wiped_bytes_are_gone),
	};
	return cmocka_run_group_tests_name("secret", tests, set_up, tear_down);
}
