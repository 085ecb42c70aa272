/* Resolving selections over HTTP: names that filters cannot express, projects of the same name, old
 * servers, and lists that contradict each other. */
#include "tests/unit/tableau_server.h"

static void resolve(struct selection selection)
{
	forget_told();
	selection.site = "finance";
	tableau_resolve(client, &selection, false, on_contents, NULL);
	assert_int_equal(told.answers, 0); /* the callback never runs inside the call */
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
	assert_int_equal(calls("/workbooks?"), 1); /* a remembered name costs no call */
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
	assert_true(says("': write that as `project`"));
	resolve((struct selection){
		.by = SELECT_NAME, .selector = "Revenue", .project = "Daily", .allow_none = true });
	assert_true(told.outcome.ok);
	assert_int_equal(told.count, 0);
}

static void names_are_compared_byte_for_byte(void **state)
{
	(void)state;
	resolve_name("revenue"); /* the sample is the same for every filter */
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
	/* A server without wildcards finds nothing, so everything is listed, once. */
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
	/* Other names are still looked up by filter. */
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
	resolve((struct selection){ .by = SELECT_NAME, .selector = "Other", .allow_none = true });
	assert_int_equal(calls("fields=_all_"), 1);
	trick((struct trick){ .match = "/workbooks?",
		.times = 100,
		.status = 200,
		.sample = "workbooks-filter-name.json" });
	resolve((struct selection){ .by = SELECT_ALL, .owner = "Ana Ruiz" });
	assert_refused("does not report owners' names");
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
	trick_list(WORKBOOKS("1", WORKBOOK("4", "sales_live", DAILY, ",\"hasExtracts\":\"false\"")),
		1);
	resolve((struct selection){ .by = SELECT_NAME, .selector = "sales_live" });
	assert_refused("has no extract: it is live or uses published data sources");
	resolve((struct selection){ .by = SELECT_PATTERN, .selector = "/(/" });
	assert_refused("pattern /(/");
	/* An owner that is not reported matches no name, not even the empty one. */
	trick_list(WORKBOOKS("1", WORKBOOK("3", "sales_amer", ARCHIVE, "")), 1);
	resolve((struct selection){ .by = SELECT_ALL, .owner = "" });
	assert_refused("nothing is found for all workbooks of owner ''");
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
		tableau_resolve(client, &selection, false, on_contents, NULL);
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
		tableau_resolve(client, &selection, false, on_contents, NULL);
	}
	UNTIL(told.answers == 400);
	assert_int_equal(told.fine, 400);
	/* the list, and the five names before it, whose filter this server ignores */
	assert_in_range(calls("/workbooks?"), 3, 3 + 5 * 3);
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
			"there is no" },
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
}

static void trick_datasources(const char *total, const char *items)
{
	OWNED_TEXT struct text body = TEXT(TEXT_UNBOUNDED);
	text_printf(&body,
		"{\"pagination\":{\"totalAvailable\":\"%s\"},\"datasources\":{\"datasource\":[%s]}"
		"}",
		total, items);
	/* Kept until the test ends, as tricks borrow. */
	static char bodies[MOST_TRICKS][400];
	static size_t next;
	char *kept = bodies[next++ % MOST_TRICKS];
	snprintf(kept, sizeof bodies[0], "%s", body.at);
	trick((struct trick){ .match = "/datasources?", .times = 1, .status = 200, .body = kept });
}

static void trick_beyond_the_end(void)
{
	trick((struct trick){ .match = "/datasources?",
		.times = 1,
		.status = 400,
		.sample = "error-400006-page-number.json" });
}

#define SOURCE(id) "{\"id\":\"" id "\",\"name\":\"D" id "\"}"

static void resolve_all_datasources(void)
{
	resolve((struct selection){ .kind = CONTENT_DATASOURCE, .by = SELECT_ALL });
}

static void a_count_that_goes_down_begins_the_list_again(void **state)
{
	(void)state;
	/* D1 is deleted after the first page: D3 moves to where that page was. */
	trick_datasources("4", SOURCE("1") "," SOURCE("2"));
	trick_datasources("3", SOURCE("4"));
	trick_datasources("3", SOURCE("2") "," SOURCE("3"));
	trick_datasources("3", SOURCE("4"));
	resolve_all_datasources();
	assert_string_equal(told.names, "D2|D3|D4");
	assert_int_equal(calls("sort=createdAt:asc"), 4 + 1); /* and the projects */
}

static void a_list_that_ends_before_its_count_is_read_once_more(void **state)
{
	(void)state;
	/* Something went away ... */
	trick_datasources("3", SOURCE("1") "," SOURCE("2"));
	trick_beyond_the_end();
	trick_datasources("2", SOURCE("2") "," SOURCE("3"));
	resolve_all_datasources();
	assert_string_equal(told.names, "D2|D3");
	/* ... or Tableau counts what this user may not see ... */
	for (int i = 0; i < 2; i++) {
		trick_datasources("9", SOURCE("1"));
		trick_beyond_the_end();
	}
	tableau_forget(client, "finance", "2");
	resolve_all_datasources();
	assert_string_equal(told.names, "D1");
	/* ... which is remembered from then on. */
	trick_datasources("9", SOURCE("1"));
	trick_beyond_the_end();
	int asked = calls("/datasources?");
	tableau_forget(client, "finance", "1");
	resolve_all_datasources();
	assert_string_equal(told.names, "D1");
	assert_int_equal(calls("/datasources?"), asked + 2);
}

static void a_list_that_always_shrinks_is_given_up(void **state)
{
	(void)state;
	trick((struct trick){ .match = "pageNumber=1&",
		.times = 100,
		.status = 200,
		.body = "{\"pagination\":{\"totalAvailable\":\"9\"},\"datasources\":{"
			"\"datasource\":[" SOURCE("1") "]}}" });
	trick((struct trick){ .match = "pageNumber=2&",
		.times = 100,
		.status = 200,
		.body = "{\"pagination\":{\"totalAvailable\":\"8\"},\"datasources\":{"
			"\"datasource\":[" SOURCE("2") "]}}" });
	resolve_all_datasources();
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	assert_true(told.outcome.is_alive);
	assert_true(says("changes faster than it can be read"));
	assert_in_range(calls("/datasources?"), 4, 20);
}

/* Lookalikes are found in one list of everything, however many names are wanted. */
static void names_that_are_not_there_cost_one_list_an_hour(void **state)
{
	(void)state;
	resolve_name("Revenu");
	assert_refused("did you mean 'Revenue'?");
	resolve_name("Costs");
	assert_refused("there is no workbook");
	assert_int_equal(calls("/workbooks?"), 3); /* two by name, and one of all */
	resolve((struct selection){ .by = SELECT_NAME, .selector = "Else", .allow_none = true });
	assert_true(told.outcome.ok);
}

static void a_name_that_is_counted_and_not_shown_is_refused_at_once(void **state)
{
	(void)state;
	trick((struct trick){ .match = "name:eq:Secret",
		.times = 100,
		.status = 200,
		.body = WORKBOOKS("1", "") });
	resolve_name("Secret");
	assert_refused("there is no workbook 'Secret', or the PAT's user may not see it; correct "
		       "the rule, publish it, or let that user see it");
	assert_int_equal(calls("name:eq:Secret"), 1);
}

/* A remembered refusal is not reported as the present state. */
static void a_refusal_by_heart_is_checked_before_it_is_told(void **state)
{
	static const char *const before[] = {
		WORKBOOKS("0", ""),
		WORKBOOKS("1", WORKBOOK("1", "Solo", DAILY, ",\"hasExtracts\":false")),
		WORKBOOKS("2",
			WORKBOOK("1", "Solo", DAILY, "") "," WORKBOOK("2", "Solo", ARCHIVE, "")),
	};
	(void)state;
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		trick_list(before[i], 1);
		resolve_name("Solo");
		assert_int_equal(told.outcome.error.kind, ERROR_REFUSED);
		int asked = calls("/workbooks?");
		trick_list(WORKBOOKS("1", WORKBOOK("1", "Solo", DAILY, "")), 1);
		resolve_name("Solo");
		if (!told.outcome.ok)
			fail_msg("case %zu: %s", i, told.outcome.error.message);
		assert_int_equal(calls("/workbooks?"), asked + 1);
		tableau_forget(client, "finance", "1");
	}
}

#define PROJECTS                                                                                   \
	"{\"projects\":{\"project\":[{\"id\":\"p1\",\"name\":\"Daily\",\"parentProjectId\":"       \
	"\"unseen\"},{\"id\":\"p2\",\"name\":\"Daily\"}]}}"

static void a_project_below_a_hidden_one_is_not_the_one_at_the_top(void **state)
{
	(void)state;
	trick((struct trick){
		.match = "/projects?", .times = 100, .status = 200, .body = PROJECTS });
	/* One whose project is not in the list at all. */
	trick_list(WORKBOOKS("1", WORKBOOK("7", "Lone", "p9", "")), 1);
	resolve((struct selection){ .by = SELECT_NAME, .selector = "Lone", .project = "x" });
	assert_refused("'.../x/Lone' (7)");
	trick_list(
		WORKBOOKS("2", WORKBOOK("1", "Book", "p1", "") "," WORKBOOK("2", "Open", "p2", "")),
		100);
	resolve((struct selection){ .by = SELECT_NAME, .selector = "Book", .project = "Daily" });
	assert_refused("'.../Daily/Book' (1)");
	assert_true(says("write `project: {id: p1}`, or `workbooks: {id: 1}` without `project`"));
	resolve((struct selection){ .by = SELECT_ALL, .project = "Daily" });
	assert_true(told.outcome.ok);
	assert_string_equal(told.names, "Open");
	resolve((struct selection){
		.by = SELECT_ALL, .project = "Secret/Daily", .allow_none = true });
	assert_refused("may not see every project above it");
	assert_refused("'.../Daily/Book' (1)");
	resolve((struct selection){ .by = SELECT_NAME, .selector = "Book", .project = "Other" });
	assert_refused("'Book' is in project '.../Daily'");
	/* Without `project` it is found, as the only one of its name. */
	resolve_name("Book");
	assert_true(told.outcome.ok);
}

static void a_project_is_named_by_its_LUID_when_its_path_cannot_be_told(void **state)
{
	(void)state;
	trick((struct trick){
		.match = "/projects?", .times = 100, .status = 200, .body = PROJECTS });
	trick_list(WORKBOOKS("4", WORKBOOK("1", "Book", "p1", "") "," WORKBOOK("2", "Book", "p2",
					  "") ","
					      "" WORKBOOK("3", "Book", "p9",
						      "") ","
							  "{\"id\":\"4\",\"name\":\"Other\","
							  "\"project\":{\"name\":\"x\"}}"),
		100);
	struct selection book = { .by = SELECT_NAME, .selector = "Book", .project_luid = "P1" };
	resolve(book);
	assert_true(told.outcome.ok);
	assert_string_equal(told.luid, "1");
	assert_string_equal(told.project, ".../Daily");
	/* One that the list of projects does not show at all. */
	book.project_luid = "p9";
	resolve(book);
	assert_true(told.outcome.ok);
	assert_string_equal(told.luid, "3");
	/* In a project with other content, nothing from another project is taken. */
	book.project_luid = "p7";
	resolve(book);
	assert_refused("there is no workbook 'Book' in project p7");
	assert_refused("'Book' is in project '");
	resolve((struct selection){ .by = SELECT_ALL, .project_luid = "p2" });
	assert_true(told.outcome.ok);
	assert_int_equal(told.count, 1);
	assert_string_equal(told.luid, "2");
	/* A server that reports a project's name without its id. */
	resolve((struct selection){ .by = SELECT_NAME, .selector = "Other", .project_luid = "p1" });
	assert_refused("that cannot be known");
	assert_refused("write `workbooks: {id: 4}` without `project`");
}

/* Forty books of one name, in ten projects. */
static void trick_books(const char *name, struct text *list)
{
	text_add(list, "{\"pagination\":{\"totalAvailable\":\"40\"},\"workbooks\":{\"workbook\":[");
	for (int i = 0; i < 40; i++)
		text_printf(list,
			"%s{\"id\":\"9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a%02d\",\"name\":"
			"\"%s\",\"project\":{\"id\":\"%s%d\",\"name\":\"Daily\"}}",
			i ? "," : "", i, name, DAILY, i / 4);
	text_add(list, "]}}");
	trick_list(list->at, 100);
}

static void what_to_write_is_told_although_there_are_many(void **state)
{
	(void)state;
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	trick_books("Book", &list);
	resolve_name("Book");
	assert_refused("narrow it with `project`, or say `allow: many`");
	resolve((struct selection){ .by = SELECT_NAME, .selector = "Book", .project = "Daily" });
	assert_refused("write `project: {id: " DAILY "0}` or `project: {id: " DAILY "1}` or ");
	assert_refused("or have those projects shown to that user");
}

static void what_to_write_is_told_although_the_name_is_long(void **state)
{
	char name[501];
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	(void)state;
	memset(name, 'B', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	trick_books(name, &list);
	resolve_name(name);
	assert_refused("names 40 items; narrow it with `project`, or say `allow: many`");
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
	tableau_resolve(client, &nowhere, false, on_contents, NULL);
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
		TEST(a_count_that_goes_down_begins_the_list_again),
		TEST(a_list_that_ends_before_its_count_is_read_once_more),
		TEST(a_list_that_always_shrinks_is_given_up),
		TEST(names_that_are_not_there_cost_one_list_an_hour),
		TEST(a_name_that_is_counted_and_not_shown_is_refused_at_once),
		TEST(a_refusal_by_heart_is_checked_before_it_is_told),
		TEST(a_project_below_a_hidden_one_is_not_the_one_at_the_top),
		TEST(a_project_is_named_by_its_LUID_when_its_path_cannot_be_told),
		TEST(what_to_write_is_told_although_the_name_is_long),
		TEST(what_to_write_is_told_although_there_are_many),
		TEST(a_failed_list_is_not_an_empty_one),
		TEST(another_account_does_not_inherit_the_ids_of_the_old_one),
	};
	return cmocka_run_group_tests_name("tableau resolve", tests, NULL, NULL);
}
