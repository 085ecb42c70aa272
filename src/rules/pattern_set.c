/* rules/pattern_set.c - compiles each different pattern of a ruleset once, and finds the literal
 * that it requires. */
#include "rules/pattern_set.h"

#define PATTERNS_MOST 1000000 /* different patterns; each takes nearly a kilobyte when compiled */

static bool pattern_intern(struct loading *loading, struct str written, uint32_t *index,
	size_t *offset, struct error *err)
{
	*index = lookup_find(loading->names, PATTERN_TAG, written);
	if (*index != LOOKUP_NONE)
		return true;
	struct ruleset *ruleset = loading->ruleset;
	*offset = 0;
	if (ruleset->pattern_count == PATTERNS_MOST)
		return error_fail(err, ERROR_INPUT, "more than %d different patterns up to here",
			PATTERNS_MOST);
	struct pattern *compiled = pattern_compile(written, offset, err);
	if (!compiled)
		return false;
	mem_grow(&ruleset->patterns, &ruleset->pattern_capacity, ruleset->pattern_count);
	*index = (uint32_t)ruleset->pattern_count++;
	ruleset->patterns[*index] = (struct rule_pattern){ .compiled = compiled,
		.literal = pattern_required_literal(written, ruleset->arena) };
	*lookup_add(loading->names, PATTERN_TAG, loading_intern_str(loading, written)) = *index;
	return true;
}

bool pattern_set_intern_probe(struct loading *loading, struct str written, enum event_field field,
	uint32_t *probe, size_t *offset, struct error *err)
{
	uint32_t tag = PROBE_TAG + (uint32_t)field, pattern;
	*probe = lookup_find(loading->names, tag, written);
	if (*probe != LOOKUP_NONE)
		return true;
	if (!pattern_intern(loading, written, &pattern, offset, err))
		return false;
	struct ruleset *ruleset = loading->ruleset;
	mem_grow(&ruleset->probes, &ruleset->probe_capacity, ruleset->probe_count);
	*probe = (uint32_t)ruleset->probe_count++;
	ruleset->probes[*probe] = (struct rule_probe){ .pattern = pattern, .field = field };
	*lookup_add(loading->names, tag, loading_intern_str(loading, written)) = *probe;
	return true;
}

static bool begins_anchored(struct str part)
{
	return str_starts(part, "^") || str_starts(part, "\\A");
}

static bool ends_anchored(struct str part)
{
	size_t backslashes = 0;
	if (part.length < 2)
		return str_is(part, "$");
	for (size_t i = part.length - 1; i-- && part.at[i] == '\\';)
		backslashes++;
	char last = part.at[part.length - 1];
	bool is_escaped = backslashes % 2;
	return is_escaped ? last == 'z' || last == 'Z' : last == '$';
}

/* The next '|' outside groups at or after `from`, or the end. */
static size_t alternative_end(struct str body, size_t from)
{
	int depth = 0;
	bool in_class = false;
	size_t i = from;
	for (; i < body.length; i++) {
		char c = body.at[i];
		if (c == '\\')
			i++;
		else if (in_class)
			in_class = c != ']';
		else if (c == '[')
			in_class = true;
		else if (c == '(')
			depth++;
		else if (c == ')')
			depth--;
		else if (c == '|' && depth == 0)
			return i;
	}
	return body.length;
}

bool pattern_set_is_anchored(struct str written)
{
	size_t end = written.length;
	while (end > 1 && written.at[end - 1] != '/')
		end--;
	if (end < 2)
		return false;
	struct str body = { written.at + 1, end - 2 };
	for (size_t from = 0; from <= body.length;) {
		size_t to = alternative_end(body, from);
		struct str part = { body.at + from, to - from };
		if (!begins_anchored(part) || !ends_anchored(part))
			return false;
		from = to + 1;
	}
	return true;
}
