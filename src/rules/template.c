/* rules/template.c - parses `${name}` into parts, and expands them. */
#include "rules/template.h"

struct parts { /* while one text is read */
	struct template_part *items;
	size_t count, capacity;
	struct text literal; /* literal text since the last name */
	bool has_name;
};

static void part_add(struct parts *parts, struct template_part part)
{
	mem_grow(&parts->items, &parts->capacity, parts->count);
	parts->items[parts->count++] = part;
}

static void literal_end(struct loading *loading, struct parts *parts)
{
	if (parts->literal.length)
		part_add(parts, (struct template_part){ .source = TEMPLATE_LITERAL,
					.literal = loading_intern_str(
						loading, text_str(&parts->literal)) });
	text_reset(&parts->literal);
}

static bool name_unknown(struct loading *loading, const struct yaml_node *node,
	const struct rule *rule, struct str name)
{
	size_t count = 0;
	const char **names = arena_array(
		loading->scratch, const char *, EVENT_FIELD_COUNT + (size_t)rule->capture_count);
	for (size_t i = 0; i < rule->capture_count; i++)
		names[count++] = rule->captures[i];
	for (int i = 0; i < EVENT_FIELD_COUNT; i++)
		names[count++] = event_field_describe((enum event_field)i)->name;
	return loading_problem(loading, PROBLEM_UNKNOWN_NAME, node->place,
		"'${%s}' is neither a capture of this rule nor an event field%s",
		loading_quote(loading, name), loading_suggest(loading, name, names, count));
}

static bool name_add(struct loading *loading, const struct yaml_node *node, const struct rule *rule,
	struct str name, struct parts *parts)
{
	int source = TEMPLATE_LITERAL;
	enum event_field field = event_field_of(name);
	if (field != EVENT_FIELD_COUNT)
		source = (int)field;
	for (size_t i = 0; i < rule->capture_count; i++)
		if (str_is(name, rule->captures[i]))
			source = TEMPLATE_CAPTURE + (int)i;
	if (source == TEMPLATE_LITERAL)
		return name_unknown(loading, node, rule, name);
	literal_end(loading, parts);
	part_add(parts, (struct template_part){
				.source = source, .literal = loading_intern_str(loading, name) });
	parts->has_name = true;
	return true;
}

static bool text_read(struct loading *loading, const struct yaml_node *node,
	const struct rule *rule, struct parts *parts)
{
	struct str text = loading_name(loading, node);
	bool is_good = true;
	for (size_t i = 0; i < text.length;) {
		struct str rest = { text.at + i, text.length - i };
		if (str_starts(rest, "$${")) {
			text_add(&parts->literal, "${");
			i += 3;
		} else if (str_starts(rest, "${")) {
			const char *end = memchr(rest.at, '}', rest.length);
			if (!end)
				return loading_problem(loading, PROBLEM_BAD_VALUE, node->place,
					"'${' without '}'; write '$${' for a literal '${'");
			struct str name = { rest.at + 2, (size_t)(end - rest.at) - 2 };
			is_good &= name_add(loading, node, rule, name, parts);
			i += name.length + 3;
		} else {
			text_add_char(&parts->literal, text.at[i++]);
		}
	}
	return is_good;
}

bool template_load(struct loading *loading, const struct yaml_node *node, const struct rule *rule,
	struct template *template)
{
	if (!memmem(node->text.at ? node->text.at : "", node->text.length, "${", 2)) {
		*template = (struct template){ .text = loading_name(loading, node) };
		return true;
	}
	struct parts parts = { 0 };
	parts.literal = TEXT(TEXT_UNBOUNDED);
	bool is_good = text_read(loading, node, rule, &parts);
	if (is_good && !parts.has_name) {
		*template = (struct template){ .text = loading_intern_str(
						       loading, text_str(&parts.literal)) };
	} else if (is_good) {
		literal_end(loading, &parts);
		struct template_part *items =
			arena_array(loading->ruleset->arena, struct template_part, parts.count);
		memcpy(items, parts.items, parts.count * sizeof *items);
		*template = (struct template){ .text = loading_name(loading, node),
			.parts = items,
			.part_count = (uint32_t)parts.count };
	}
	text_clear(&parts.literal);
	free(parts.items);
	return is_good;
}

static void value_add(enum template_use use, struct str value, struct text *out)
{
	if (use == TEMPLATE_PATTERN)
		pattern_quote(value, out);
	else if (use == TEMPLATE_PLAIN)
		text_add_str(out, value);
	else
		for (size_t i = 0; i < value.length; i++) {
			if (value.at[i] == '/')
				text_add_char(out, '\\');
			text_add_char(out, value.at[i]);
		}
}

enum expansion template_expand(const struct template *template, enum template_use use,
	const struct template_values *values, struct text *out, const char **name)
{
	size_t before = out->length;
	*name = NULL;
	if (template_is_literal(template))
		text_add_str(out, template->text);
	for (uint32_t i = 0; i < template->part_count; i++) {
		const struct template_part *part = &template->parts[i];
		struct str value = part->literal;
		if (part->source == TEMPLATE_LITERAL) {
			text_add_str(out, value);
			continue;
		}
		*name = part->literal.at;
		if (part->source >= TEMPLATE_CAPTURE) {
			value = values->captures[part->source - TEMPLATE_CAPTURE];
			if (!value.at)
				return EXPANSION_ABSENT;
		} else {
			value = values->event->fields[part->source];
			if (!value.length)
				return EXPANSION_EMPTY;
		}
		value_add(use, value, out);
	}
	*name = NULL;
	return out->length > before ? EXPANSION_DONE : EXPANSION_EMPTY;
}

void template_dummy(const struct template *template, const char *dummy, struct text *out)
{
	if (template_is_literal(template))
		text_add_str(out, template->text);
	for (uint32_t i = 0; i < template->part_count; i++)
		if (template->parts[i].source == TEMPLATE_LITERAL)
			text_add_str(out, template->parts[i].literal);
		else
			text_add(out, dummy);
}
