/* tests/unit/signature_test.c - signatures of bodies, made and verified. */
#include "event/signature.h"

#include <ctype.h>

#include "tests/unit/samples.h"

#define SAMPLE_SECRET STR("c0ffee-sample-secret") /* tests/samples/dbt/README.md */

static struct signing_key *key_of(struct str bytes)
{
	OWNED(secret) secret = secret_copy(bytes);
	return signing_key_new(secret);
}

static void every_sample_is_signed_as_its_list_says(void **state)
{
	(void)state;
	OWNED_TEXT struct text list;
	OWNED(signing_key) key = key_of(SAMPLE_SECRET);
	const struct signing_key *const keys[] = { key };
	sample_read("SIGNATURES", &list);
	size_t count = 0;
	char want[SIGNATURE_TEXT_SIZE], name[128]; /* %64s and %127s fit */
	int used;
	for (const char *line = list.at; sscanf(line, "%64s %127s\n%n", want, name, &used) == 2;
		line += used, count++) {
		OWNED_TEXT struct text body;
		struct str bytes = sample_read(name, &body);
		char made[SIGNATURE_TEXT_SIZE];
		signature_make(bytes, key, made);
		assert_string_equal(made, want);
		assert_true(signature_verify(want, bytes, keys, 1));
		bytes.length--;
		assert_false(signature_verify(want, bytes, keys, 1));
	}
	assert_int_equal(count, 24);
}

static void only_64_hex_digits_are_a_signature(void **state)
{
	(void)state;
	OWNED(signing_key) key = key_of(SAMPLE_SECRET);
	const struct signing_key *const keys[] = { key };
	struct str body = STR("{}");
	char good[SIGNATURE_TEXT_SIZE], upper[SIGNATURE_TEXT_SIZE];
	signature_make(body, key, good);
	for (size_t i = 0; i < sizeof good; i++)
		upper[i] = (char)toupper((unsigned char)good[i]);
	assert_true(signature_verify(upper, body, keys, 1));
	static const char *const formats[] = { " %s", "%s ", "%sa", "sha256=%s", "Bearer %s",
		"%.63s", "%.63sg", "%.0s", "%.63s\xc3\xa9" };
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		OWNED_TEXT struct text header = TEXT(TEXT_UNBOUNDED);
		const char *place = strchr(formats[i], '%'), *after = strchr(place, 's') + 1;
		size_t taken = place[1] == '.' ? (size_t)strtol(place + 2, NULL, 10) : strlen(good);
		text_add_bytes(&header, formats[i], (size_t)(place - formats[i]));
		text_add_bytes(&header, good, taken);
		text_add(&header, after);
		if (signature_verify(header.at, body, keys, 1) || signature_is_written(header.at))
			fail_msg("'%s' is taken for a signature", header.at);
	}
	assert_false(signature_verify(NULL, body, keys, 1));
	assert_false(signature_is_written(NULL));
	assert_true(signature_is_written(good));
}

static void any_of_several_secrets_may_sign_and_no_other(void **state)
{
	(void)state;
	OWNED(signing_key) old = key_of(STR("old"));
	OWNED(signing_key) new = key_of(STR("new"));
	OWNED(signing_key) other = key_of(STR("other"));
	const struct signing_key *const keys[] = { old, new };
	struct str body = STR("{\"a\":1}");
	char signature[SIGNATURE_TEXT_SIZE];
	signature_make(body, old, signature);
	assert_true(signature_verify(signature, body, keys, 2));
	signature_make(body, new, signature);
	assert_true(signature_verify(signature, body, keys, 2));
	assert_false(signature_verify(signature, body, keys, 1));
	assert_false(signature_verify(signature, body, keys, 0));
	signature_make(body, other, signature);
	assert_false(signature_verify(signature, body, keys, 2));
}

static void an_empty_body_and_a_body_with_NUL_are_bytes_as_any(void **state)
{
	(void)state;
	OWNED(signing_key) key = key_of(STR("key"));
	const struct signing_key *const keys[] = { key };
	char empty[SIGNATURE_TEXT_SIZE], nul[SIGNATURE_TEXT_SIZE];
	signature_make((struct str){ 0 }, key, empty);
	/* printf '' | openssl dgst -sha256 -hmac key */
	assert_string_equal(
		empty, "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0");
	signature_make(STR("a\0b"), key, nul);
	assert_true(signature_verify(nul, STR("a\0b"), keys, 1));
	assert_false(signature_verify(nul, STR("a\0c"), keys, 1));
	assert_false(signature_verify(empty, STR("a"), keys, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_is_signed_as_its_list_says),
		cmocka_unit_test(only_64_hex_digits_are_a_signature),
		cmocka_unit_test(any_of_several_secrets_may_sign_and_no_other),
		cmocka_unit_test(an_empty_body_and_a_body_with_NUL_are_bytes_as_any),
	};
	return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
