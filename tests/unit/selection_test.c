/* tests/unit/selection_test.c - selections and kinds: their words, their order, their JSON. */
#include "content/selection.h"

#include "content/refresh.h"
#include "tests/unit/test.h"

static const char *const rules[] = { "a-rule", "b-rule" };

static const struct {
	struct selection selection;
	const char *says, *json;
} cases[] = {
	{ { .site = "finance",
		  .kind = CONTENT_WORKBOOK,
		  .by = SELECT_NAME,
		  .selector = "Revenue",
		  .project = "Finance/Daily",
		  .priority = 50,
		  .rule_count = 1,
		  .rules = rules },
		"workbook 'Revenue' in project 'Finance/Daily'",
		"{\"site\":\"finance\",\"kind\":\"workbook\",\"name\":\"Revenue\",\"project\":"
		"\"Finance/Daily\",\"incremental\":false,\"priority\":50,"
		"\"rules\":[\"a-rule\"]}" },
	{ { .site = "regional",
		  .kind = CONTENT_DATASOURCE,
		  .by = SELECT_PATTERN,
		  .selector = "/^sales_/i",
		  .tag = "dbt-1",
		  .owner = "ann@example.com",
		  .incremental = true,
		  .allow_many = true,
		  .allow_none = true,
		  .shadow = true,
		  .priority = 100,
		  .rule_count = 2,
		  .rules = rules },
		"datasources /^sales_/i with tag 'dbt-1' of owner 'ann@example.com'",
		"{\"site\":\"regional\",\"kind\":\"datasource\",\"pattern\":\"/^sales_/"
		"i\",\"tag\":\"dbt-1\",\"owner\":\"ann@example.com\",\"incremental\":true,"
		"\"allow\":[\"many\",\"none\"],\"mode\":\"shadow\",\"priority\":100,\"rules\":[\"a-"
		"rule\",\"b-rule\"]}" },
	{ { .site = "s",
		  .kind = CONTENT_TASK,
		  .by = SELECT_LUID,
		  .selector = "1b671a64-40d5-491e-99b0-da01ff1f3341",
		  .allow_none = true,
		  .rules = rules },
		"task 1b671a64-40d5-491e-99b0-da01ff1f3341",
		"{\"site\":\"s\",\"kind\":\"task\",\"luid\":\"1b671a64-40d5-491e-99b0-"
		"da01ff1f3341\",\"incremental\":false,\"allow\":[\"none\"],\"priority\":0,"
		"\"rules\":[]}" },
	{ { .site = "s",
		  .kind = CONTENT_FLOW,
		  .by = SELECT_ALL,
		  .project_luid = "1b671a64-40d5-491e-99b0-da01ff1f3341",
		  .priority = 7,
		  .rules = rules },
		"all flows in project 1b671a64-40d5-491e-99b0-da01ff1f3341",
		"{\"site\":\"s\",\"kind\":\"flow\",\"all\":true,\"project_luid\":"
		"\"1b671a64-40d5-491e-99b0-da01ff1f3341\",\"incremental\":false,"
		"\"priority\":7,\"rules\":[]}" },
};

static void a_selection_is_told_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		selection_describe(&cases[i].selection, &out);
		assert_string_equal(out.at, cases[i].says);
	}
}

static void what_is_written_as_JSON_reads_back_the_same(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct selection *written = &cases[i].selection;
		OWNED_JSON json = selection_json(written);
		OWNED_MEMORY char *printed = json_print(json);
		assert_string_equal(printed, cases[i].json);
		struct error err = { 0 };
		OWNED_JSON parsed = json_parse(str_of(printed), &err);
		struct selection read;
		if (!selection_parse(parsed, &read, arena, &err))
			fail_msg("%s: %s", printed, err.message);
		assert_int_equal(selection_compare(written, &read), 0);
		assert_true(read.allow_many == written->allow_many &&
			    read.allow_none == written->allow_none);
		assert_true(
			read.shadow == written->shadow && read.incremental == written->incremental);
		assert_int_equal(read.priority, written->priority);
		assert_int_equal(read.rule_count, written->rule_count);
		for (size_t j = 0; j < read.rule_count; j++)
			assert_string_equal(read.rules[j], written->rules[j]);
	}
}

static void what_is_no_selection_is_refused_and_leaves_the_output_alone(void **state)
{
	(void)state;
	static const char *const bodies[] = { "{}", "[]", "1", "{\"site\":\"s\"}",
		"{\"kind\":\"workbook\"}", "{\"site\":\"\",\"kind\":\"flow\"}",
		"{\"site\":\"s\",\"kind\":\"view\"}", "{\"site\":[],\"kind\":\"flow\"}",
		/* would mean everything on the site */
		"{\"site\":\"s\",\"kind\":\"flow\"}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"all\":false,\"rules\":[\"r\"]}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"project_luid\":\"P\"}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"project\":\"P\",\"rules\":[\"r\"]}",
		"{\"site\":\"s\",\"kind\":\"workbook\",\"tag\":\"dbt\"}",
		"{\"site\":\"s\",\"kind\":\"workbook\",\"owner\":\"ann\"}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"all\":false,\"project\":\"P\"}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"all\":null,\"tag\":\"t\"}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"name\":null,\"project\":\"P\"}",
		/* would narrow to content without an owner, because an unknown owner is "" */
		"{\"site\":\"s\",\"kind\":\"flow\",\"owner\":\"\"}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"all\":true,\"owner\":null}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"tag\":[\"t\"]}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"name\":\"F\",\"project\":\"\"}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"name\":\"F\",\"project\":{\"id\":\"P\"}}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"name\":\"F\",\"project_luid\":{}}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"name\":\"\",\"project\":\"P\"}",
		/* selectors or narrowing of a newer version */
		"{\"site\":\"s\",\"kind\":\"workbook\",\"content_url\":\"Revenue\"}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"content_url\":\"F\",\"project\":\"P\"}",
		"{\"site\":\"s\",\"kind\":\"workbook\",\"all\":true,\"except\":\"Revenue\"}",
		/* two selectors */
		"{\"site\":\"s\",\"kind\":\"flow\",\"name\":\"F\",\"all\":true}",
		"{\"site\":\"s\",\"kind\":\"flow\",\"name\":\"F\",\"luid\":\"F\"}" };
	OWNED(arena) arena = arena_new();
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct error err = { 0 };
		struct selection read = { .priority = 99 };
		OWNED_JSON parsed = json_parse(str_of(bodies[i]), &err);
		assert_non_null(parsed);
		if (selection_parse(parsed, &read, arena, &err))
			fail_msg("%s is taken", bodies[i]);
		assert_true(*err.message);
		assert_int_equal(read.priority, 99);
	}
	struct error err;
	struct selection read;
	OWNED_JSON odd =
		json_parse(STR("{\"site\":\"s\",\"kind\":\"flows\",\"name\":\"F\",\"rules\":\"r\","
			       "\"allow\":\"many\",\"priority\":1000}"),
			&err);
	assert_true(selection_parse(odd, &read, arena, &err));
	assert_int_equal(read.priority, 50);
	assert_int_equal(read.rule_count, 0);
	assert_false(read.allow_many);
}

static void selections_have_one_order_whatever_they_came_from(void **state)
{
	(void)state;
	/* Each is less than all after it. */
	static const struct selection ordered[] = {
		{ .site = "a", .kind = CONTENT_WORKBOOK, .by = SELECT_NAME, .selector = "A" },
		{ .site = "a",
			.kind = CONTENT_WORKBOOK,
			.by = SELECT_NAME,
			.selector = "A",
			.owner = "o" },
		{ .site = "a",
			.kind = CONTENT_WORKBOOK,
			.by = SELECT_NAME,
			.selector = "A",
			.tag = "t" },
		{ .site = "a",
			.kind = CONTENT_WORKBOOK,
			.by = SELECT_NAME,
			.selector = "A",
			.project_luid = "P" },
		{ .site = "a",
			.kind = CONTENT_WORKBOOK,
			.by = SELECT_NAME,
			.selector = "A",
			.project = "P" },
		{ .site = "a",
			.kind = CONTENT_WORKBOOK,
			.by = SELECT_NAME,
			.selector = "A",
			.project = "P",
			.incremental = true },
		{ .site = "a", .kind = CONTENT_WORKBOOK, .by = SELECT_NAME, .selector = "B" },
		{ .site = "a", .kind = CONTENT_WORKBOOK, .by = SELECT_PATTERN, .selector = "/A/" },
		{ .site = "a", .kind = CONTENT_WORKBOOK, .by = SELECT_ALL },
		{ .site = "a", .kind = CONTENT_DATASOURCE, .by = SELECT_NAME, .selector = "A" },
		{ .site = "b", .kind = CONTENT_WORKBOOK, .by = SELECT_NAME, .selector = "A" },
	};
	for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++)
		for (size_t j = 0; j < sizeof ordered / sizeof *ordered; j++) {
			int order = selection_compare(&ordered[i], &ordered[j]);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	struct selection a = ordered[0], b = ordered[0];
	a.priority = 1;
	a.rule_count = 1;
	a.rules = rules;
	a.shadow = true;
	assert_int_equal(selection_compare(&a, &b), 0);
}

static void kinds_and_states_have_one_word_each(void **state)
{
	(void)state;
	for (int kind = 0; kind < CONTENT_KIND_COUNT; kind++) {
		assert_int_equal(kind_of(kind_name((enum content_kind)kind)), kind);
		assert_int_equal(kind_of(kind_plural((enum content_kind)kind)), kind);
	}
	assert_int_equal(kind_of("view"), CONTENT_KIND_COUNT);
	assert_int_equal(kind_of(""), CONTENT_KIND_COUNT);
	enum refresh_state found;
	for (int i = REFRESH_WAITING; i <= REFRESH_EXPIRED; i++) {
		assert_true(refresh_state_of(refresh_state_name((enum refresh_state)i), &found));
		assert_int_equal(found, i);
	}
	assert_false(refresh_state_of("done", &found));
}

int main(void)
{
	json_setup();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selection_is_told_in_words),
		cmocka_unit_test(what_is_written_as_JSON_reads_back_the_same),
		cmocka_unit_test(what_is_no_selection_is_refused_and_leaves_the_output_alone),
		cmocka_unit_test(selections_have_one_order_whatever_they_came_from),
		cmocka_unit_test(kinds_and_states_have_one_word_each),
	};
	return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
