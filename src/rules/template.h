/*
 * rules/template.h - `${name}`: a named capture or an event field, expanded in sites, selectors,
 * projects, tags and owners.
 * `$${` stands for a literal `${`. Private to rules/.
 */
#pragma once
#include "rules/load.h"

/* Compiles the text of `node` for `rule`. An unknown name is a problem, and false. */
bool template_load(struct loading *loading, const struct yaml_node *node, const struct rule *rule,
	struct template *template);

static inline bool template_is_literal(const struct template *template)
{
	return !template->part_count;
}

enum template_use {
	TEMPLATE_PLAIN,
	TEMPLATE_PATTERN, /* values are quoted for PCRE2 */
	TEMPLATE_PROJECT, /* a '/' in a value belongs to the name of a project, not to the path */
};

struct template_values {
	const struct event *event;
	const struct str *captures; /* as the rule's names; at NULL: took no part */
};

enum expansion {
	EXPANSION_DONE,
	EXPANSION_ABSENT, /* a capture took no part: `*name` */
	EXPANSION_EMPTY,  /* an event field was empty (`*name`), or all of it (`*name` is NULL) */
};
/* Appends to `out`. */
enum expansion template_expand(const struct template *template, enum template_use use,
	const struct template_values *values, struct text *out, const char **name);
/* The text with every `${...}` replaced by `dummy`, appended to `out`: to try a pattern before
 * there is an event. */
void template_dummy(const struct template *template, const char *dummy, struct text *out);
