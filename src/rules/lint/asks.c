/* rules/lint/asks.c - collects what rules ask for, and sorts it by the content that is named. */
#include "rules/lint/asks.h"

#include "content/content.h"

const struct rule_refresh *asks_refresh(const struct asks *asks, const struct ask *ask)
{
	return &asks->ruleset->rules[ask->rule].refreshes[ask->refresh];
}

const struct rule_selector *asks_selector(const struct asks *asks, const struct ask *ask)
{
	return &asks_refresh(asks, ask)->selectors[ask->selector];
}

static bool has_capture(const struct template *template)
{
	for (uint32_t i = 0; i < template->part_count; i++)
		if (template->parts[i].source >= TEMPLATE_CAPTURE)
			return true;
	return false;
}

bool asks_has_capture(const struct asks *asks, const struct ask *ask)
{
	const struct rule_refresh *refresh = asks_refresh(asks, ask);
	return has_capture(&refresh->site) || has_capture(&refresh->project) ||
	       has_capture(&refresh->project_luid) || has_capture(&refresh->tag) ||
	       has_capture(&refresh->owner) || has_capture(&asks_selector(asks, ask)->text);
}

/* ---- groups --------------------------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Texts are interned: one place, one text. The order is that of the bytes, so that it is the same
 * in every run. */
static int compare_templates(const struct template *a, const struct template *b)
{
	bool is_literal_a = !a->part_count, is_literal_b = !b->part_count;
	if (is_literal_a != is_literal_b)
		return is_literal_a ? -1 : 1;
	if (a->text.at == b->text.at)
		return 0;
	if (!a->text.at || !b->text.at)
		return a->text.at ? 1 : -1;
	return strcmp(a->text.at, b->text.at);
}

static int by_content(const struct asks *asks, const struct ask *a, const struct ask *b)
{
	const struct rule_refresh *x = asks_refresh(asks, a), *y = asks_refresh(asks, b);
	const struct rule_selector *s = asks_selector(asks, a), *t = asks_selector(asks, b);
	int order = compare_templates(&s->text, &t->text);
	if (!order)
		order = compare_numbers((uint64_t)x->kind, (uint64_t)y->kind);
	if (!order)
		order = compare_numbers((uint64_t)s->by, (uint64_t)t->by);
	if (!order)
		order = compare_templates(&x->site, &y->site);
	if (!order)
		order = compare_templates(&x->project, &y->project);
	if (!order)
		order = compare_templates(&x->project_luid, &y->project_luid);
	if (!order)
		order = compare_templates(&x->tag, &y->tag);
	return order ? order : compare_templates(&x->owner, &y->owner);
}

static int by_content_and_number(const void *a, const void *b, void *context)
{
	const struct asks *asks = context;
	const struct ask *x = &asks->items[*(const uint32_t *)a],
			 *y = &asks->items[*(const uint32_t *)b];
	int order = by_content(asks, x, y);
	return order ? order : compare_numbers(x->number, y->number);
}

static void groups_find(struct asks *asks)
{
	asks->grouped = mem_alloc((asks->count + 1) * sizeof *asks->grouped);
	asks->group_begin = mem_alloc((asks->count + 1) * sizeof *asks->group_begin);
	for (size_t i = 0; i < asks->count; i++)
		asks->grouped[i] = (uint32_t)i;
	if (asks->count > 1)
		qsort_r(asks->grouped, asks->count, sizeof *asks->grouped, by_content_and_number,
			asks);
	for (size_t i = 0; i < asks->count; i++) {
		struct ask *ask = &asks->items[asks->grouped[i]];
		if (!i || by_content(asks, &asks->items[asks->grouped[i - 1]], ask))
			asks->group_begin[asks->group_count++] = (uint32_t)i;
		ask->group = asks->group_count - 1;
	}
	asks->group_begin[asks->group_count] = (uint32_t)asks->count;
}

void asks_find(struct asks *asks, const struct ruleset *ruleset)
{
	size_t capacity = 0;
	uint32_t number = 0;
	*asks = (struct asks){ .ruleset = ruleset,
		.first = mem_alloc((ruleset->rule_count + 1) * sizeof *asks->first) };
	for (size_t i = 0; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];
		asks->first[i] = (uint32_t)asks->count;
		for (uint32_t j = 0; j < rule->refresh_count; j++)
			for (uint32_t k = 0; k < rule->refreshes[j].selector_count; k++, number++) {
				if (!rule->enabled)
					continue;
				mem_grow(&asks->items, &capacity, asks->count);
				asks->items[asks->count++] = (struct ask){ .rule = (uint32_t)i,
					.refresh = j,
					.selector = k,
					.number = number };
			}
	}
	asks->first[ruleset->rule_count] = (uint32_t)asks->count;
	groups_find(asks);
}

void asks_clear(struct asks *asks)
{
	free(asks->items);
	free(asks->first);
	free(asks->grouped);
	free(asks->group_begin);
	*asks = (struct asks){ 0 };
}

/* ---- for people ----------------------------------------------------------------------------- */

void asks_describe(const struct asks *asks, const struct ask *ask, struct text *out)
{
	const struct rule_refresh *refresh = asks_refresh(asks, ask);
	const struct rule_selector *selector = asks_selector(asks, ask);
	const struct selection selection = { .kind = refresh->kind,
		.by = selector->by,
		.selector = selector->text.text.at,
		.project = refresh->project.text.at,
		.project_luid = refresh->project_luid.text.at,
		.tag = refresh->tag.text.at,
		.owner = refresh->owner.text.at };
	selection_describe(&selection, out);
	text_printf(out, " of site '%s'", refresh->site.text.at);
}
