/* What selections name, over the wire: names that filters cannot say, projects of one name, old
 * servers, and lists that do not fit together. */
#include "tests/unit/tableau_server.h"

static void resolve(struct selection selection)
{
	forget_told();
	selection.site = "finance";
	tableau_resolve(client, &selection, on_contents, NULL);
	assert_int_equal(told.answers, 0); /* never inside the call */
	UNTIL(told.answers == 1);
}

static void resolve_name(const char *name)
{
	resolve((struct selection){ .by = SELECT_NAME, .selector = name });
}

static bool says(const char *part)
{
	return strstr(told.outcome.error.message, part);
}

static void assert_refused(const char *part)
{
	assert_false(told.outcome.ok);
	assert_int_equal(told.outcome.error.kind, ERROR_REFUSED);
	if (!says(part))
		fail_msg("'%s' is not in: %s", part, told.outcome.error.message);
}

#define WORKBOOK(id, name, project, more)                                                          \
	"{\"id\":\"" id "\",\"name\":\"" name "\",\"project\":{\"id\":\"" project                  \
	"\",\"name\":\"x\"}" more "}"
#define WORKBOOKS(total, items)                                                                    \
	"{\"pagination\":{\"totalAvailable\":\"" total "\"},\"workbooks\":{\"workbook\":[" items   \
	"]}}"
#define DAILY "1d573d09-6ffc-401a-90d6-c424a7e95989"
#define ARCHIVE "154b7a42-20b5-4d23-8a24-54dfbc579609"

static void trick_list(const char *body, int times)
{
	trick((struct trick){
		.match = "/workbooks?", .times = times, .status = 200, .body = body });
}

static void an_exact_name_is_one_item_with_its_project_path(void **state)
{
	(void)state;
	resolve_name("Revenue");
	assert_true(told.outcome.ok);
	assert_string_equal(told.names, "Revenue");
	assert_string_equal(told.luid, REVENUE_LUID);
	assert_string_equal(told.project, "Finance/Daily");
	assert_int_equal(calls("filter=name:eq:Revenue"), 1);
	assert_int_equal(calls("/projects?"), 1);
	for (int i = 0; i < 10; i++)
		resolve_name("Revenue");
	assert_int_equal(calls("/workbooks?"), 1); /* the warm path asks nothing */
	assert_int_equal(calls("/projects?"), 1);
	tableau_forget(client, "finance", REVENUE_LUID);
	resolve_name("Revenue");
	assert_int_equal(calls("/workbooks?"), 2);
}

static void a_name_in_two_projects_is_refused_with_both(void **state)
{
	(void)state;
	trick((struct trick){ .match = "/workbooks?",
		.times = 100,
		.status = 200,
		.sample = "workbooks-filter-name.json" });
	resolve_name("Revenue");
	assert_refused("names 2 items");
	assert_refused("'Finance/Daily/Revenue' (" REVENUE_LUID ")");
	assert_refused("'Finance/Archive/Revenue'");
	resolve((struct selection){
		.by = SELECT_NAME, .selector = "Revenue", .project = "Finance/Archive" });
	assert_true(told.outcome.ok);
	assert_string_equal(told.project, "Finance/Archive");
	resolve((struct selection){ .by = SELECT_NAME, .selector = "Revenue", .allow_many = true });
	assert_int_equal(told.count, 2);
	resolve((struct selection){ .by = SELECT_NAME, .selector = "Revenue", .project = "Daily" });
	assert_refused("there is no workbook 'Revenue' in project 'Daily'");
	assert_true(says("is in project 'Finance/"));
	resolve((struct selection){
		.by = SELECT_NAME, .selector = "Revenue", .project = "Daily", .allow_none = true });
	assert_true(told.outcome.ok);
	assert_int_equal(told.count, 0);
}

static void names_are_compared_byte_for_byte(void **state)
{
	(void)state;
	resolve_name("revenue"); /* the sample answers all it has, whatever the filter */
	assert_refused("did you mean 'Revenue'?");
	assert_true(says("the PAT's user may not see it"));
}

static void a_name_that_a_filter_cannot_say_is_found_all_the_same(void **state)
{
	(void)state;
	trick((struct trick){ .match = "name:eq:P*L*%20monthly:%20actuals%20%2B%20plan",
		.times = 1,
		.status = 200,
		.sample = "workbooks-filter-wildcard-overmatch.json" });
	resolve_name("P&L, monthly: actuals + plan");
	assert_true(told.outcome.ok);
	assert_string_equal(told.names, "P&L, monthly: actuals + plan");
	/* A server without wildcards finds nothing: everything is listed, once. */
	trick((struct trick){ .match = "name:eq:A*B",
		.times = 1,
		.status = 200,
		.sample = "workbooks-empty.json" });
	trick_list(WORKBOOKS("1", WORKBOOK("1", "A,B", DAILY, "")), 1);
	resolve_name("A,B");
	assert_true(told.outcome.ok);
	assert_int_equal(calls("name:eq"), 2);
	/* And one that cannot parse the filter. */
	trick((struct trick){ .match = "name:eq:C*D",
		.times = 1,
		.status = 400,
		.sample = "error-400065-filter.json" });
	resolve_name("C,D");
	assert_refused("there is no workbook 'C,D'");
	/* That says nothing about other names. */
	tableau_forget(client, "finance", REVENUE_LUID);
	tableau_forget(client, "finance", "1");
	trick_list(WORKBOOKS("1", WORKBOOK("9", "Nine", DAILY, "")), 1);
	resolve_name("Nine");
	assert_true(told.outcome.ok);
	assert_int_equal(calls("name:eq:Nine"), 1);
}

static void an_old_server_is_asked_for_less_and_that_is_remembered(void **state)
{
	(void)state;
	trick((struct trick){ .match = "fields=_all_",
		.times = 100,
		.status = 400,
		.body = "{\"error\":{\"summary\":\"Bad\",\"detail\":\"fields\",\"code\":\"400008\"}"
			"}" });
	resolve_name("Revenue");
	assert_true(told.outcome.ok);
	resolve_name("Other");
	assert_int_equal(calls("fields=_all_"), 1);
	trick((struct trick){ .match = "/workbooks?",
		.times = 100,
		.status = 200,
		.sample = "workbooks-filter-name.json" });
	resolve((struct selection){ .by = SELECT_ALL, .owner = "Ana Ruiz" });
	assert_refused("does not tell owners' names");
}

static void patterns_tags_and_owners_narrow_the_list(void **state)
{
	(void)state;
	trick_list(WORKBOOKS("4", WORKBOOK("1", "sales_emea", DAILY,
					  ",\"tags\":{\"tag\":[{\"label\":\"dbt\"}]},\"owner\":{"
					  "\"id\":\"a\",\"name\":\"ana@x.com\",\"fullName\":\"Ana "
					  "Ruiz\",\"email\":\"Ana@x.com\"}") "," WORKBOOK("2",
					  "sales_apac", DAILY,
					  ",\"tags\":{\"tag\":{\"label\":\"dbt\"}},\"owner\":{"
					  "\"id\":\"b\",\"name\":\"bo\"}") "," WORKBOOK("3",
					  "sales_amer", ARCHIVE, ",\"tags\":{}") "," WORKBOOK("4",
					  "sales_live", DAILY, ",\"hasExtracts\":\"false\"")),
		1);
	resolve((struct selection){ .by = SELECT_PATTERN, .selector = "/^SALES_/i" });
	assert_string_equal(told.names, "sales_amer|sales_apac|sales_emea");
	resolve((struct selection){
		.by = SELECT_PATTERN, .selector = "/^sales_/", .project = "Finance/Daily" });
	assert_string_equal(told.names, "sales_apac|sales_emea");
	resolve((struct selection){ .by = SELECT_ALL, .tag = "dbt" });
	assert_string_equal(told.names, "sales_apac|sales_emea");
	resolve((struct selection){ .by = SELECT_ALL, .tag = "DBT" });
	assert_refused("all workbooks with tag 'DBT'");
	resolve((struct selection){ .by = SELECT_ALL, .owner = "ana@x.COM" });
	assert_string_equal(told.names, "sales_emea");
	resolve((struct selection){ .by = SELECT_ALL, .owner = "bo" });
	assert_string_equal(told.names, "sales_apac");
	assert_int_equal(calls("/workbooks?"), 1);
	resolve((struct selection){ .by = SELECT_NAME, .selector = "sales_live" });
	assert_refused("has no extract: it is live or uses published data sources");
	resolve((struct selection){ .by = SELECT_PATTERN, .selector = "/(/" });
	assert_refused("pattern /(/");
}

static void a_LUID_is_asked_for_by_itself(void **state)
{
	(void)state;
	resolve((struct selection){ .by = SELECT_LUID, .selector = REVENUE_LUID });
	assert_true(told.outcome.ok);
	assert_string_equal(told.names, "Revenue");
	assert_int_equal(calls("/workbooks?"), 0);
	resolve((struct selection){ .by = SELECT_LUID, .selector = REVENUE_LUID });
	assert_int_equal(calls("/workbooks/" REVENUE_LUID), 1);
	trick((struct trick){ .match = "/workbooks/00000000",
		.times = 2,
		.status = 404,
		.sample = "error-404006-workbook.json" });
	resolve((struct selection){
		.by = SELECT_LUID, .selector = "00000000-0000-0000-0000-000000000000" });
	assert_refused("there is no workbook 00000000");
	resolve((struct selection){ .kind = CONTENT_TASK,
		.by = SELECT_LUID,
		.selector = "2a1db1ee-db91-47c2-9233-55190701e838" });
	assert_true(told.outcome.ok);
	assert_string_equal(told.luid, "2a1db1ee-db91-47c2-9233-55190701e838");
	resolve((struct selection){ .kind = CONTENT_TASK,
		.by = SELECT_LUID,
		.selector = "2a1db1ee-db91-47c2-9233-55190701e838" });
	assert_int_equal(calls("/tasks/"), 1);
}

static void the_same_selection_many_times_at_once_is_asked_once(void **state)
{
	struct selection selection = {
		.site = "finance", .by = SELECT_NAME, .selector = "Revenue"
	};
	(void)state;
	forget_told();
	for (int i = 0; i < 50; i++)
		tableau_resolve(client, &selection, on_contents, NULL);
	UNTIL(told.answers == 50);
	assert_int_equal(told.fine, 50);
	assert_int_equal(calls("/workbooks?"), 1);
	assert_int_equal(calls("/projects?"), 1);
}

static void many_names_at_once_are_one_list(void **state)
{
	(void)state;
	forget_told();
	server.workbooks = 2500;
	server.page = 1000;
	for (int i = 0; i < 400; i++) {
		char name[30];
		snprintf(name, sizeof name, "Book %d", i * 6);
		struct selection selection = {
			.site = "finance", .by = SELECT_NAME, .selector = name
		};
		tableau_resolve(client, &selection, on_contents, NULL);
	}
	UNTIL(told.answers == 400);
	assert_int_equal(told.fine, 400);
	assert_in_range(
		calls("/workbooks?"), 3, 3 + 5 * 3); /* the list, and the five names before it whose
							filter this server ignores */
	assert_int_equal(calls("/workbooks?pageSize=1000&pageNumber=3"), 6);
	int before = calls("/workbooks?");
	resolve_name("Book 2499");
	assert_true(told.outcome.ok);
	assert_int_equal(calls("/workbooks?"), before);
}

static void lists_that_do_not_fit_together(void **state)
{
	static const struct {
		const char *body;
		bool is_fine;
		const char *says;
	} cases[] = {
		{ "{}", false, "no list" },
		{ "{\"pagination\":{\"totalAvailable\":\"3\"},\"workbooks\":{}}", false,
			"none in it" },
		{ "{\"workbooks\":{\"workbook\":{\"id\":7}}}", false, "no item of the answer" },
		{ "{\"workbooks\":{\"workbook\":[1,2]}}", false, "no item of the answer" },
		{ "[]", false, "unreadable" },
		{ "<html>", false, "not from Tableau" },
		{ "{\"workbooks\":{\"workbook\":" WORKBOOK("1", "Solo", DAILY, "") "}}", true, "" },
		{ "{\"workbooks\":[" WORKBOOK("1", "Solo", DAILY, "") "]}", true, "" },
		{ "{\"pagination\":{\"totalAvailable\":1},\"workbooks\":{\"workbook\":[" WORKBOOK(
			  "1", "Solo", DAILY, "") "]}}",
			true, "" },
		{ "{\"workbooks\":{\"workbook\":[1,\"x\",null,[],{\"id\":{}}," WORKBOOK(
			  "1", "Solo", "9", "") "]}}",
			true, "" },
		{ "{\"workbooks\":{\"workbook\":[{\"id\":\"1\",\"name\":\"Solo\",\"project\":7,"
		  "\"owner\":[],\"tags\":\"x\"}]}}",
			true, "" },
		{ "{\"workbooks\":\"all\"}", false, "no item of the answer" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		trick_list(cases[i].body, 1);
		resolve_name("Solo");
		if (told.outcome.ok != cases[i].is_fine ||
			!(told.outcome.ok || says(cases[i].says)))
			fail_msg("case %zu: %s", i, told.outcome.error.message);
		tableau_forget(client, "finance", "1");
	}
}

static void pages_that_shift_are_read_to_the_end_and_doubles_dropped(void **state)
{
	(void)state;
	trick_list(
		WORKBOOKS("3", WORKBOOK("1", "A", DAILY, "") "," WORKBOOK("2", "B", DAILY, "")), 1);
	trick_list(WORKBOOKS("3", WORKBOOK("2", "B", DAILY, "")), 1);
	trick_list(WORKBOOKS("3", WORKBOOK("3", "C", DAILY, "")), 1);
	resolve((struct selection){ .by = SELECT_ALL });
	assert_string_equal(told.names, "A|B|C");
	assert_int_equal(calls("pageNumber=3"), 1);
	/* Beyond the end Tableau says 400006: what is there is all. */
	trick((struct trick){ .match = "/datasources?",
		.times = 1,
		.status = 200,
		.body = "{\"pagination\":{\"totalAvailable\":\"9\"},\"datasources\":{"
			"\"datasource\":[{\"id\":\"1\",\"name\":\"D\"}]}}" });
	trick((struct trick){ .match = "/datasources?",
		.times = 1,
		.status = 400,
		.sample = "error-400006-page-number.json" });
	resolve((struct selection){ .kind = CONTENT_DATASOURCE, .by = SELECT_ALL });
	assert_string_equal(told.names, "D");
}

static void a_failed_list_is_not_an_empty_one(void **state)
{
	(void)state;
	trick((struct trick){
		.match = "/workbooks?", .times = 1, .status = 503, .sample = "gateway-503.html" });
	resolve_name("Revenue");
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	trick((struct trick){ .match = "/projects?",
		.times = 1,
		.status = 500,
		.sample = "error-500000-internal.json" });
	resolve_name("Revenue");
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	resolve_name("Revenue");
	assert_true(told.outcome.ok);
	struct selection nowhere = { .site = "nowhere", .by = SELECT_ALL };
	forget_told();
	tableau_resolve(client, &nowhere, on_contents, NULL);
	UNTIL(told.answers == 1);
	assert_int_equal(told.outcome.error.kind, ERROR_INPUT);
}

static void another_account_does_not_inherit_the_ids_of_the_old_one(void **state)
{
	struct error err;
	(void)state;
	resolve_name("Revenue");
	server.secret = "second";
	assert_true(configure(server_url, "second", "auto", 8, &err));
	resolve_name("Revenue");
	assert_int_equal(calls("/workbooks?"), 2);
	assert_int_equal(calls("/projects?"), 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
	json_setup();
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(an_exact_name_is_one_item_with_its_project_path),
		TEST(a_name_in_two_projects_is_refused_with_both),
		TEST(names_are_compared_byte_for_byte),
		TEST(a_name_that_a_filter_cannot_say_is_found_all_the_same),
		TEST(an_old_server_is_asked_for_less_and_that_is_remembered),
		TEST(patterns_tags_and_owners_narrow_the_list),
		TEST(a_LUID_is_asked_for_by_itself),
		TEST(the_same_selection_many_times_at_once_is_asked_once),
		TEST(many_names_at_once_are_one_list),
		TEST(lists_that_do_not_fit_together),
		TEST(pages_that_shift_are_read_to_the_end_and_doubles_dropped),
		TEST(a_failed_list_is_not_an_empty_one),
		TEST(another_account_does_not_inherit_the_ids_of_the_old_one),
	};
	return cmocka_run_group_tests_name("tableau resolve", tests, NULL, NULL);
}
