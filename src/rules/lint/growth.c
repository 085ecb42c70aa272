/* rules/lint/growth.c - how long a text must be to make a pattern hit its limit, and whether the
 * field can hold one that long. */
#include "rules/lint/growth.h"

#include "base/pattern/pattern_cost.h"

/* Bytes that a text may well have. A pattern that only fails on longer texts does no harm and is
 * not reported. */
#define NAME_BYTES 256
#define MESSAGE_BYTES 1024 /* where dbt cuts it (src/event/README.md, Fields) */
#define REASON_BYTES 4096  /* chosen by the caller of dbt's API (src/event/README.md, Fields) */
/* Steps for all patterns of one run: about five seconds. */
#define MEASURED_MOST ((int64_t)200000000)

static void report(struct loading *loading, const struct yaml_node *node,
	const struct pattern *pattern, const struct pattern_growth *growth, const char *outcome)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	if (growth->before.length)
		text_printf(&text, "'%s', then ", growth->before.at);
	text_printf(&text, "%zu times '%s', then '%s'", growth->times, growth->piece.at,
		growth->after.at);
	loading_problem(loading, PROBLEM_COSTLY_PATTERN, node->place,
		"the cost of %s grows faster than the text: %s (%zu bytes) hits the limit of "
		"steps, and %s",
		loading_quote(loading, str_of(pattern_written(pattern))), text.at, growth->bytes,
		outcome);
}

static void look(struct loading *loading, const struct yaml_node *node,
	const struct pattern *pattern, size_t most, const char *outcome)
{
	struct pattern_growth growth;
	int64_t before = loading->measured;
	if (!loading->known || !loading->known->is_check || before > MEASURED_MOST)
		return;
	if (pattern_growth_find(pattern, most, loading->scratch, &growth, &loading->measured))
		report(loading, node, pattern, &growth, outcome);
	if (loading->measured > MEASURED_MOST)
		loading_problem(loading, PROBLEM_COSTLY_PATTERN, node->place,
			"measuring how patterns grow has taken its share of time; patterns from "
			"here "
			"on "
			"are not measured");
}

void growth_look_of_field(struct loading *loading, const struct yaml_node *node,
	const struct pattern *pattern, enum event_field field)
{
	size_t most = NAME_BYTES;
	if (field == EVENT_STATUS_MESSAGE)
		most = MESSAGE_BYTES;
	if (field == EVENT_RUN_REASON)
		most = REASON_BYTES;
	look(loading, node, pattern, most, "then the rule does not match");
}

void growth_look(
	struct loading *loading, const struct yaml_node *node, const struct pattern *pattern)
{
	look(loading, node, pattern, NAME_BYTES, "then the refresh fails");
}
