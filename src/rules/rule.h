/*
 * rules/rule.h - a compiled ruleset: made by load.c, read by decide.c. Private to rules/.
 *
 * All texts are interned in the ruleset's arena. A *probe* is one pattern on one event field. Rules
 * with the same pattern on the same field share it, and it is searched at most once for an event.
 */
#pragma once
#include "base/pattern/pattern.h"
#include "content/selection.h"
#include "event/event.h"
#include "rules/ruleset.h"

struct rule_index; /* rules/index.h */

#define PROBE_NONE UINT32_MAX
#define KEY_NONE UINT32_MAX

struct rule_pattern {
	struct pattern *compiled;
	struct str literal; /* contained in every subject that matches; empty: none is known */
};

struct rule_probe {
	uint32_t pattern; /* index into the ruleset's patterns */
	enum event_field field;
};

struct rule_value {
	struct str text; /* the exact value, or the pattern as written */
	uint32_t probe;  /* PROBE_NONE: an exact value */
	int line;        /* in the rule's file; 0: a default */
};

struct rule_condition { /* any of `values` */
	const struct rule_value *values;
	uint32_t value_count;
	enum event_field field;
	bool has_pattern, has_capture;
	int column; /* of the first value, in its line; 0: a default */
};

static inline bool rule_condition_is_written(const struct rule_condition *condition)
{
	return condition->values[0].line > 0;
}

struct rule_map { /* all of `conditions`, by field */
	const struct rule_condition *conditions;
	uint32_t count;
	int line; /* in the rule's file; 0: no `when` is written */
};

struct rule_branch { /* one map under `when` */
	struct rule_map when;
	const struct rule_map *nots; /* none of them may hold */
	uint32_t not_count;
	uint32_t key; /* the condition under which the index files this branch, or KEY_NONE */
};

struct template_part {
	struct str literal; /* the text; for a name, the name */
	int source;         /* TEMPLATE_LITERAL, an event field, or TEMPLATE_CAPTURE + n */
};
#define TEMPLATE_LITERAL (-1)
#define TEMPLATE_CAPTURE ((int)EVENT_FIELD_COUNT)

struct template
{
	struct str text; /* the whole text when there are no parts; .at NULL: the field is absent */
	const struct template_part *parts;
	uint32_t part_count;
};

struct rule_selector {
	enum select_by by;
	int line;             /* in the rule's file */
	struct template text; /* absent for SELECT_ALL */
};

struct rule_refresh { /* one entry under `refresh` */
	struct template site, project, project_luid, tag, owner;
	const struct rule_selector *selectors;
	uint32_t selector_count;
	enum content_kind kind;
	bool incremental, allow_many, allow_none;
};

struct rule {
	const char *name, *description, *owner; /* the last two may be NULL */
	const char *file;
	int line;
	uint32_t rank; /* place among all names in byte order */
	uint8_t priority;
	bool enabled, shadow;
	int64_t delay, quiet; /* microseconds */
	uint16_t capture_count;
	const char *const *captures; /* names that its patterns may capture, each once */
	struct rule_branch *branches;
	uint32_t branch_count, refresh_count;
	const struct rule_refresh *refreshes;
};

struct ruleset {
	struct shared shared;
	struct arena *arena;
	struct rule *rules; /* by file and line */
	size_t rule_count, rule_capacity;
	struct rule_pattern *patterns;
	size_t pattern_count, pattern_capacity;
	struct rule_probe *probes;
	size_t probe_count, probe_capacity;
	struct rule_index *index;
	char revision[sizeof "sha256:" + 64];
};

/* The rule of this name, which a decision has borrowed from here. */
const struct rule *rule_named(const struct ruleset *ruleset, const char *name);
