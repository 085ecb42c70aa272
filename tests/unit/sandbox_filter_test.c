/* Tableau's filters as the sandbox reads them (src/tableau/README.md, Filters). */
#include "sandbox/filter.h"
#include "tests/unit/test.h"

enum { NAME, TAGS, SIZE, CREATED, STATUS };
static const struct filter_field fields[] = {
	[NAME] = { "name", FILTER_EQ | FILTER_IN | FILTER_HAS },
	[TAGS] = { "tags", FILTER_EQ | FILTER_IN },
	[SIZE] = { "size", FILTER_COMPARES },
	[CREATED] = { "createdAt", FILTER_COMPARES },
	[STATUS] = { "status", FILTER_EQ },
	{ 0 },
};

static bool takes(const char *text, size_t field, const char *value)
{
	struct filter filter;
	struct str bad;
	assert_int_equal(box_filter_parse(text, fields, &filter, &bad), FILTER_OK);
	for (size_t i = 0; i < filter.count; i++)
		if (filter.terms[i].field == field &&
			!box_filter_takes(&filter, &filter.terms[i], value))
			return false;
	return true;
}

static void a_filter_takes_what_tableau_takes(void **state)
{
	static const struct {
		const char *filter;
		size_t field;
		const char *value;
		bool takes;
	} cases[] = {
		{ "", NAME, "anything", true },
		{ "name:eq:Revenue", NAME, "Revenue", true },
		{ "name:eq:Revenue", NAME, "revenue", false },
		{ "name:eq:Revenue", NAME, "Revenue 2", false },
		{ "name:eq:Q1: plan", NAME, "Q1: plan", true },
		{ "name:eq:Rev*", NAME, "Revenue", true },
		{ "name:eq:*pack", NAME, "Board pack", true },
		{ "name:eq:*pack", NAME, "Board packs", false },
		{ "name:eq:a*b*c", NAME, "aXbXbXc", true },
		{ "name:eq:a*b*c", NAME, "aXcXb", false },
		{ "name:eq:P*L* monthly", NAME, "P&L, monthly", true },
		{ "name:eq:P*L* monthly", NAME, "PayrolL, monthly", true },
		{ "name:eq:*", NAME, "", true },
		{ "name:in:[Mine,Live]", NAME, "Live", true },
		{ "name:in:[Mine,Live]", NAME, "Liv", false },
		{ "name:in:Mine", NAME, "Mine", true },
		{ "name:in:[M*]", NAME, "Mine", false },
		{ "name:has:ven", NAME, "Revenue", true },
		{ "name:has:Ven", NAME, "Revenue", false },
		{ "name:eq:A,name:eq:B", NAME, "A", false },
		{ "name:eq:A,name:eq:B", NAME, "B", true },
		{ "name:eq:A,status:eq:x", STATUS, "y", false },
		{ "size:gt:9", SIZE, "41", true },
		{ "size:gt:41", SIZE, "41", false },
		{ "size:gte:41", SIZE, "41", true },
		{ "size:lt:100", SIZE, "41", true },
		{ "size:lte:40", SIZE, "41", false },
		{ "size:gt:1", SIZE, "", false },
		{ "createdAt:gte:2026-10-12T05:02:11Z", CREATED, "2026-10-12T05:02:11Z", true },
		{ "createdAt:gte:2026-10-12T07:02:11+02:00", CREATED, "2026-10-12T05:02:11Z",
			true },
		{ "createdAt:gt:2026-10-12T05:02:11Z", CREATED, "2026-10-12T05:02:11Z", false },
		{ "createdAt:lt:2026-10-12T05:02:11Z", CREATED, "2026-10-12T05:02:10Z", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (takes(cases[i].filter, cases[i].field, cases[i].value) != cases[i].takes)
			fail_msg("%s: '%s'", cases[i].filter, cases[i].value);
}

static void a_filter_that_tableau_refuses_is_refused(void **state)
{
	static const struct {
		const char *filter;
		enum filter_error error;
		const char *bad;
	} cases[] = {
		{ "name", FILTER_UNPARSABLE, "name" },
		{ "name:eq", FILTER_UNPARSABLE, "name" },
		{ "name:eq:", FILTER_UNPARSABLE, "name" },
		{ ":eq:x", FILTER_UNPARSABLE, ":eq:x" },
		{ "name:eq:P&L, monthly", FILTER_UNPARSABLE, " monthly" },
		{ "name:eq:a,", FILTER_UNPARSABLE, "name:eq:a" },
		{ ",name:eq:a", FILTER_UNPARSABLE, "" },
		{ "owner:eq:x", FILTER_UNKNOWN, "owner:eq:x" },
		{ "Name:eq:x", FILTER_UNKNOWN, "Name:eq:x" },
		{ "name:EQ:x", FILTER_UNKNOWN, "name:EQ:x" },
		{ "name:like:x", FILTER_UNKNOWN, "name:like:x" },
		{ "status:in:[a,b]", FILTER_UNKNOWN, "status:in:[a,b]" },
		{ "size:has:1", FILTER_UNKNOWN, "size:has:1" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct filter filter;
		struct str bad = { 0 };
		enum filter_error error = box_filter_parse(cases[i].filter, fields, &filter, &bad);
		if (error != cases[i].error || !str_is(bad, cases[i].bad))
			fail_msg("%s: %d, '%.*s'", cases[i].filter, (int)error, (int)bad.length,
				bad.at);
	}
}

static void an_old_server_knows_no_wildcard(void **state)
{
	struct filter filter;
	struct str bad;
	(void)state;
	assert_int_equal(box_filter_parse("name:eq:Rev*", fields, &filter, &bad), FILTER_OK);
	filter.is_literal = true;
	assert_false(box_filter_takes(&filter, &filter.terms[0], "Revenue"));
	assert_true(box_filter_takes(&filter, &filter.terms[0], "Rev*"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_takes_what_tableau_takes),
		cmocka_unit_test(a_filter_that_tableau_refuses_is_refused),
		cmocka_unit_test(an_old_server_knows_no_wildcard),
	};
	return cmocka_run_group_tests_name("sandbox filter", tests, NULL, NULL);
}
