/* base/metric.c, base/metric_print.c: series by labels, names that come and go, and the text. */
#include "base/metric.h"
#include "tests/unit/test.h"
#include <pthread.h>

static char *printed(void)
{
	struct text out = TEXT(TEXT_UNBOUNDED);
	metric_print(&out);
	return text_take(&out);
}

/* Is it a whole line of what is printed? */
static bool is_printed(const char *line)
{
	OWNED_MEMORY char *all = printed();
	OWNED_MEMORY char *wanted = mem_printf("\n%s\n", line);
	return strstr(all, wanted);
}

static bool is_mentioned(const char *words)
{
	OWNED_MEMORY char *all = printed();
	return strstr(all, words);
}

static void names_are(enum metric_label label, const char *first, const char *second)
{
	const char *names[] = { first, second };
	metric_names(label, names, second ? 2 : 1);
}

static void a_series_begins_at_0_and_counts_by_its_labels(void **state)
{
	(void)state;
	names_are(LABEL_source, "dbt", "other");
	assert_true(is_printed("# TYPE refresh_router_events_total counter"));
	assert_true(
		is_printed("refresh_router_events_total{source=\"dbt\",outcome=\"unmatched\"} 0"));
	metric_add(METRIC_events_total, 2, "dbt", "routed");
	metric_add(METRIC_events_total, 3, "other", "routed");
	metric_add(METRIC_events_total, 5, "other", "duplicate");
	assert_true(is_printed("refresh_router_events_total{source=\"dbt\",outcome=\"routed\"} 2"));
	assert_true(is_printed(
		"refresh_router_events_total{source=\"other\",outcome=\"duplicate\"} 5"));
	assert_int_equal(metric_get(METRIC_events_total, NULL, "routed"), 5);
	assert_int_equal(metric_get(METRIC_events_total, "other", NULL), 8);
	assert_int_equal(metric_get(METRIC_events_total, "nobody", NULL), 0);
}

static void every_combination_of_words_has_a_cell_of_its_own(void **state)
{
	(void)state;
	static const char *const kinds[] = { "workbook", "datasource", "flow", "task" };
	static const char *const outcomes[] = { "succeeded", "failed", "cancelled", "expired" };
	for (int i = 0; i < 16; i++)
		metric_add(
			METRIC_refreshes_ended_total, i + 1, "sum", kinds[i / 4], outcomes[i % 4]);
	for (int i = 0; i < 16; i++)
		assert_int_equal(metric_get(METRIC_refreshes_ended_total, "sum", kinds[i / 4],
					 outcomes[i % 4]),
			i + 1);
	assert_int_equal(
		metric_get(METRIC_refreshes_ended_total, "sum", NULL, "expired"), 4 + 8 + 12 + 16);
}

static void a_name_that_leaves_the_configuration_leaves_the_text(void **state)
{
	(void)state;
	names_are(LABEL_site, "finance", "board");
	metric_add(METRIC_sessions_lost_total, 1, "finance");
	assert_true(is_printed("refresh_router_sessions_lost_total{site=\"finance\"} 1"));
	names_are(LABEL_site, "board", NULL);
	assert_false(is_mentioned("finance"));
	metric_add(METRIC_sessions_lost_total, 1, "finance"); /* its session is signed out later */
	metric_add(METRIC_sessions_lost_total, 1, "stranger");
	assert_false(is_mentioned("finance") || is_mentioned("stranger"));
	names_are(LABEL_site, "finance", "board");
	assert_true(is_printed("refresh_router_sessions_lost_total{site=\"finance\"} 2"));
}

static void a_rule_is_printed_once_it_has_counted(void **state)
{
	(void)state;
	names_are(LABEL_rule, "slow", "quick");
	assert_false(is_mentioned("rule=\""));
	metric_add(METRIC_pattern_limits_total, 1, "slow");
	assert_true(is_printed("refresh_router_pattern_limits_total{rule=\"slow\"} 1"));
	assert_false(is_mentioned("rule=\"quick\""));
	names_are(LABEL_rule, "quick", NULL);
	assert_false(is_mentioned("rule=\""));
}

static void what_is_not_known_is_not_printed(void **state)
{
	(void)state;
	names_are(LABEL_site, "finance", NULL);
	assert_false(is_mentioned("refresh_router_pat_end_timestamp_seconds{"));
	metric_set(METRIC_pat_end_timestamp_seconds, 1800000000500000, "finance");
	assert_true(is_printed(
		"refresh_router_pat_end_timestamp_seconds{site=\"finance\"} 1800000000.5"));
	metric_unset(METRIC_pat_end_timestamp_seconds, "finance");
	assert_false(is_mentioned("refresh_router_pat_end_timestamp_seconds{"));
	assert_int_equal(metric_get(METRIC_pat_end_timestamp_seconds, "finance"), 0);
}

static void names_are_escaped(void **state)
{
	(void)state;
	metric_add(METRIC_pattern_limits_total, 1, "a\"b\\c\nd");
	assert_true(is_printed("refresh_router_pattern_limits_total{rule=\"a\\\"b\\\\c\\nd\"} 1"));
}

static void buckets_are_cumulative_and_their_bounds_belong_to_them(void **state)
{
	(void)state;
	metric_observe(METRIC_journal_batch_entries, 1);
	metric_observe(METRIC_journal_batch_entries, 2);
	metric_observe(METRIC_journal_batch_entries, 3);
	metric_observe(METRIC_journal_batch_entries, 1000);
	assert_true(is_printed("# TYPE refresh_router_journal_batch_entries histogram"));
	assert_true(is_printed("refresh_router_journal_batch_entries_bucket{le=\"1\"} 1"));
	assert_true(is_printed("refresh_router_journal_batch_entries_bucket{le=\"2\"} 2"));
	assert_true(is_printed("refresh_router_journal_batch_entries_bucket{le=\"4\"} 3"));
	assert_true(is_printed("refresh_router_journal_batch_entries_bucket{le=\"256\"} 3"));
	assert_true(is_printed("refresh_router_journal_batch_entries_bucket{le=\"+Inf\"} 4"));
	assert_true(is_printed("refresh_router_journal_batch_entries_sum 1006"));
	assert_true(is_printed("refresh_router_journal_batch_entries_count 4"));
	metric_observe(METRIC_journal_commit_seconds, 2500);
	metric_observe(METRIC_journal_commit_seconds, 2501);
	assert_true(is_printed("refresh_router_journal_commit_seconds_bucket{le=\"0.0025\"} 1"));
	assert_true(is_printed("refresh_router_journal_commit_seconds_bucket{le=\"0.005\"} 2"));
	assert_true(is_printed("refresh_router_journal_commit_seconds_sum 0.005001"));
	assert_int_equal(metric_get(METRIC_journal_commit_seconds), 2);
}

static void an_info_says_what_it_was_told_last(void **state)
{
	(void)state;
	assert_false(is_mentioned("refresh_router_ruleset_info{"));
	metric_tell(METRIC_ruleset_info, "sha256:aa");
	metric_tell(METRIC_ruleset_info, "sha256:bb");
	assert_true(is_printed("refresh_router_ruleset_info{revision=\"sha256:bb\"} 1"));
	assert_false(is_mentioned("sha256:aa"));
}

static void a_listener_without_a_name_is_not_counted(void **state)
{
	(void)state;
	metric_add(METRIC_requests_total, 1, NULL);
	assert_int_equal(metric_get(METRIC_requests_total, NULL), 0);
}

#define THREADS 4
#define TIMES 2000

static void *count_new_names(void *context)
{
	(void)context;
	for (int i = 0; i < TIMES; i++) {
		OWNED_MEMORY char *rule = mem_printf("rule %d", i % 500);
		metric_add(METRIC_pattern_limits_total, 1, rule);
	}
	return NULL;
}

static void threads_count_names_that_are_new_to_all(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	int64_t before = metric_get(METRIC_pattern_limits_total, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, count_new_names, NULL);
	for (int i = 0; i < 20; i++)
		names_are(LABEL_rule, "slow", "rule 1");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metric_get(METRIC_pattern_limits_total, NULL) - before, THREADS * TIMES);
	assert_int_equal(metric_get(METRIC_pattern_limits_total, "rule 7"), THREADS * TIMES / 500);
}

static void note(const struct metric_note *note, void *context)
{
	int *count = context;
	size_t length = strlen(note->name);
	bool is_total = length > 6 && !strcmp(note->name + length - 6, "_total");
	(*count)++;
	assert_int_equal(is_total, !strcmp(note->type, "counter"));
	assert_true(strlen(note->help) > 10 && note->help[strlen(note->help) - 1] != '.');
	for (size_t i = 0; i < note->label_count; i++)
		assert_true(*note->labels[i].name);
	for (size_t i = 1; i < note->label_count; i++) /* at most one is of names */
		assert_non_null(note->labels[i].words);
}

static void the_table_is_sound(void **state)
{
	(void)state;
	int count = 0;
	metric_describe(note, &count);
	assert_int_equal(count, METRIC_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_series_begins_at_0_and_counts_by_its_labels),
		cmocka_unit_test(every_combination_of_words_has_a_cell_of_its_own),
		cmocka_unit_test(a_name_that_leaves_the_configuration_leaves_the_text),
		cmocka_unit_test(a_rule_is_printed_once_it_has_counted),
		cmocka_unit_test(what_is_not_known_is_not_printed),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(buckets_are_cumulative_and_their_bounds_belong_to_them),
		cmocka_unit_test(an_info_says_what_it_was_told_last),
		cmocka_unit_test(a_listener_without_a_name_is_not_counted),
		cmocka_unit_test(threads_count_names_that_are_new_to_all),
		cmocka_unit_test(the_table_is_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
