/* By which selections content was named. */
#include "dispatch/naming.h"
#include "tests/unit/test.h"
#include <stdio.h>

static const struct content revenue = { CONTENT_WORKBOOK, "4a86", "Revenue", "Finance" },
			    draft = { CONTENT_WORKBOOK, "22aa", "Draft", "Finance" };

static struct selection named(const char *name)
{
	return (struct selection){ .site = "finance", .by = SELECT_NAME, .selector = name };
}

static const struct mono now = { US_PER_SECOND };

static void a_selection_is_kept_for_each_content_and_once(void **state)
{
	struct namings *namings = namings_new();
	struct content both[] = { revenue, draft };
	char name[] = "/./"; /* the texts are copied */
	struct selection all = {
		.site = "finance", .by = SELECT_PATTERN, .selector = name, .project = "Finance"
	};
	(void)state;
	assert_null(namings_find(namings, "finance", &revenue));
	for (int i = 0; i < 3; i++)
		namings_hear(namings, &all, both, 2, now);
	name[1] = 'x';
	const struct naming *naming = namings_find(namings, "finance", &draft);
	assert_int_equal(naming->count, 1);
	assert_string_equal(naming->selections[0]->selector, "/./");
	assert_string_equal(naming->selections[0]->project, "Finance");
	assert_true(naming->named_at.us > 0);
	assert_null(namings_find(namings, "board", &draft));
	struct content flow = draft;
	flow.kind = CONTENT_FLOW;
	assert_null(namings_find(namings, "finance", &flow));
	namings_free(namings);
}

static void the_latest_ones_are_kept(void **state)
{
	struct namings *namings = namings_new();
	char names[NAMING_SELECTIONS + 2][12];
	(void)state;
	for (size_t i = 0; i < NAMING_SELECTIONS + 2; i++) {
		snprintf(names[i], sizeof names[i], "name-%zu", i);
		struct selection selection = named(names[i]);
		namings_hear(namings, &selection, &revenue, 1, now);
	}
	struct naming *naming = namings_find(namings, "finance", &revenue);
	assert_int_equal(naming->count, NAMING_SELECTIONS);
	assert_string_equal(naming->selections[0]->selector, "name-2");
	assert_string_equal(naming->selections[NAMING_SELECTIONS - 1]->selector, "name-5");
	naming->is_doubted = true;
	struct selection again = named("name-5");
	namings_hear(namings, &again, &revenue, 1, now);
	assert_true(namings_find(namings, "finance", &revenue)->is_doubted);
	namings_free(namings);
	namings_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selection_is_kept_for_each_content_and_once),
		cmocka_unit_test(the_latest_ones_are_kept),
	};
	return cmocka_run_group_tests_name("naming", tests, NULL, NULL);
}
