/*
 * A test file against fixed rules: what loads runs, passes or fails with rows that say why, and
 * covers no more than there is.
 */
#include "rules/suite/suite.h"
#include "tests/fuzz/scratch.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char rules_text[] =
	"version: 1\n"
	"rules:\n"
	"  - name: nightly\n"
	"    when: [{job_id: [1, 2], not: {run_reason: /ci/}}, {job_name: '/^x_(?<r>a|b)$/'}]\n"
	"    refresh: [{site: s, workbooks: [W, 'W_${r}'], project: P/Q, tag: t}]\n"
	"  - {name: late, delay: 10m, when: {job_id: 7}, refresh: [{site: s, flows: F}]}\n"
	"  - {name: calm, quiet: 15m, when: {job_id: 8}, refresh: [{site: s, datasources: D}]}\n"
	"  - {name: trial, mode: shadow, when: {job_id: 9}, refresh: [{site: s, workbooks: T}]}\n";

static struct ruleset *rules(void)
{
	static struct ruleset *loaded;
	if (loaded)
		return loaded;
	OWNED(problems) problems = problems_new();
	const char *path = scratch_write("rules.yaml", str_of(rules_text));
	loaded = ruleset_load(&path, 1, NULL, problems);
	assert(loaded);
	return loaded;
}

static void check_result(const struct suite_result *result)
{
	bool differs = result->rule_count;
	for (size_t i = 0; i < result->row_count; i++)
		differs |= result->rows[i].fate != ROW_BOTH;
	assert(result->ok != differs);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	json_setup();
	OWNED(problems) problems = problems_new();
	OWNED(arena) arena = arena_new();
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED(coverage) coverage = coverage_new(rules());
	const char *path =
		scratch_write("a.test.yaml", (struct str){ (const char *)bytes, length });
	OWNED(suite) suite = suite_load(&path, 1, rules(), problems);
	assert(suite || problems_error_count(problems));
	for (size_t i = 0; suite && i < suite_test_count(suite); i++)
		check_result(suite_run(suite, i, rules(), scratch, coverage, arena));
	assert(coverage_covered(coverage) <= coverage_of(coverage));
	return 0;
}
