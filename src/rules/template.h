/*
 * rules/template.h - `${name}`: a named capture or an event field, expanded in sites, selectors,
 * projects, tags and owners.
 * `$${` stands for a literal `${`. Private to rules/.
 */
#pragma once
#include "rules/load.h"

/* Compiles the text of `node` for `rule`. False when it reported a problem, such as an unknown
 * name. */
bool template_load(struct loading *loading, const struct yaml_node *node, const struct rule *rule,
	struct template *template);

static inline bool template_is_literal(const struct template *template)
{
	return !template->part_count;
}

enum template_use {
	TEMPLATE_PLAIN,
	TEMPLATE_PATTERN, /* values are quoted for PCRE2 */
	TEMPLATE_PROJECT, /* a '/' in a value belongs to a project's name and does not separate */
};

struct template_values {
	const struct event *event;
	const struct str *captures; /* in the order of the rule's names; .at NULL: took no part */
};

enum expansion {
	EXPANSION_DONE,
	EXPANSION_ABSENT, /* a capture took no part: `*name` */
	/* an event field was empty (`*name`), or the whole text is (`*name` is NULL) */
	EXPANSION_EMPTY,
};
/* Appends to `out`. */
enum expansion template_expand(const struct template *template, enum template_use use,
	const struct template_values *values, struct text *out, const char **name);
/* Appends the text with every `${...}` replaced by `dummy`, to try a pattern before there is an
 * event. */
void template_dummy(const struct template *template, const char *dummy, struct text *out);
