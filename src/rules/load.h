/*
 * rules/load.h - what the loaders of a rule's parts share. Private to rules/.
 */
#pragma once
#include "base/record/field.h"
#include "rules/lookup.h"
#include "rules/rule.h"

/* Tags of `names`; probes use PROBE_TAG + field. */
enum { TEXT_TAG, PATTERN_TAG, RULE_TAG, SITE_TAG, SOURCE_TAG, PROBE_TAG };

struct lint;

struct loading {
	struct ruleset *ruleset;
	/* from text to number, by the tags above: texts (to texts[]), patterns, probes, rules, and
	 * the configuration's sites and sources */
	struct lookup *names;
	const char **texts;
	size_t text_count, text_capacity;
	size_t node_count; /* in the files so far */
	const struct rule_value *default_event, *default_status;
	const struct ruleset_known *known;
	struct problems *problems;
	const struct yaml_file *file; /* the file being read */
	struct arena *scratch;        /* freed when the current rule is read */
	const char *file_name;        /* interned */
	int64_t measured;             /* steps spent by growth.c */
	struct lint *lint;            /* rules/lint/lint.h; NULL unless this is for `check` */
};

struct capture { /* of the rule being read */
	const char *name;
	const struct yaml_node *node; /* its pattern */
	enum event_field field;
	uint32_t branch;
};

struct captures {
	struct capture *items;
	size_t count, capacity;
};

/* Always false. */
#define loading_problem(loading, code, place, ...)                                                 \
	problem_add((loading)->problems, (code), (place), (loading)->file->source, __VA_ARGS__)

/* The ruleset's only copy of `text`; ends in NUL. */
const char *loading_intern(struct loading *loading, struct str text);
struct str loading_intern_str(struct loading *loading, struct str text);
/* A name or pattern in normal form C (base/name.h), as names are compared. */
struct str loading_name(struct loading *loading, const struct yaml_node *node);
/* "; did you mean 'X'?" for the end of a message; "" when no name is near or the message would not
 * be read. Lives in `scratch`. */
const char *loading_suggest(
	struct loading *loading, struct str word, const char *const *names, size_t count);
/* Gives the problem added last its fix: the only name that is near `node`. */
void loading_fix(struct loading *loading, const struct yaml_node *node, const char *const *names,
	size_t count);
/* A piece of the file for a message (written.h). */
const char *loading_quote(struct loading *loading, struct str text);

/* rule_load.c: one item of `rules`. */
void rule_load(struct loading *loading, const struct yaml_node *node);
/* condition.c: `when`, which may be NULL. */
void when_load(struct loading *loading, const struct yaml_node *node, struct rule *rule,
	struct captures *captures);
/* selection_load.c: one entry under `refresh`. False when it added an error. */
bool refresh_load(struct loading *loading, const struct yaml_node *node, const struct rule *rule,
	struct rule_refresh *refresh);

/* The map without `x-...` keys, which are there to hang anchors on. In `arena`. */
const struct yaml_node *load_without_extensions(const struct yaml_node *root, struct arena *arena);
/* schema.c: the schema of a file of `fields`, which has `version`, without definitions. */
cJSON *load_file_schema(const char *id, const char *title, const struct field *fields);

/* The schema of a selector, or of a list of some; of a map with keys it has this many or one. */
cJSON *load_selector_schema(bool is_list, int least_keys);

/* Adds {"job_id": {"description": ...}}, of a field of events; `how` ends the description. The
 * property is `properties`'. */
cJSON *load_event_property(cJSON *properties, enum event_field field, const char *how);

/* Tables for the schema. */
extern const struct field rule_fields[], refresh_fields[], file_fields[];
