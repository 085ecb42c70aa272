/* sandbox/filter.c - parses and applies filter expressions. */
#include "sandbox/filter.h"
#include "base/clock.h"

static const struct {
	const char *name;
	enum filter_operator op;
} operators[] = {
	{ "eq", FILTER_EQ },
	{ "in", FILTER_IN },
	{ "gt", FILTER_GT },
	{ "gte", FILTER_GTE },
	{ "lt", FILTER_LT },
	{ "lte", FILTER_LTE },
	{ "has", FILTER_HAS },
};

/* The length of a term: up to a comma outside the brackets of `in`. */
static size_t term_length(const char *text)
{
	size_t i = 0;
	bool in_list = false;
	for (; text[i] && (text[i] != ',' || in_list); i++) {
		if (text[i] == '[')
			in_list = true;
		else if (text[i] == ']')
			in_list = false;
	}
	return i;
}

/* Takes the part before the next colon; false when there is no colon or nothing before it. */
static bool cut(struct str *rest, struct str *part)
{
	const char *colon = rest->length ? memchr(rest->at, ':', rest->length) : NULL;
	size_t length = colon ? (size_t)(colon - rest->at) : 0;
	if (!length)
		return false;
	*part = (struct str){ rest->at, length };
	*rest = (struct str){ colon + 1, rest->length - length - 1 };
	return true;
}

static bool find_field(const struct filter_field *fields, struct str name, size_t *at)
{
	for (*at = 0; fields[*at].name; ++*at)
		if (str_is(name, fields[*at].name))
			return true;
	return false;
}

static unsigned find_operator(struct str name)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (str_is(name, operators[i].name))
			return operators[i].op;
	return 0;
}

static void keep(struct filter *filter, struct filter_term term)
{
	size_t at = 0;
	while (at < filter->count && filter->terms[at].field != term.field)
		at++;
	if (at == FILTER_MOST)
		return;
	filter->terms[at] = term;
	filter->count += at == filter->count;
}

static enum filter_error parse_term(
	struct str text, const struct filter_field *fields, struct filter *filter, struct str *bad)
{
	struct str rest = text, name, op;
	struct filter_term term;
	*bad = text;
	if (!cut(&rest, &name))
		return FILTER_UNPARSABLE;
	*bad = name;
	if (!cut(&rest, &op) || !rest.length)
		return FILTER_UNPARSABLE;
	*bad = text;
	if (!find_field(fields, name, &term.field))
		return FILTER_UNKNOWN;
	term.op = find_operator(op);
	term.value = rest;
	if (!(fields[term.field].operators & term.op))
		return FILTER_UNKNOWN;
	keep(filter, term);
	return FILTER_OK;
}

enum filter_error box_filter_parse(
	const char *text, const struct filter_field *fields, struct filter *filter, struct str *bad)
{
	*filter = (struct filter){ 0 };
	while (*text) {
		size_t length = term_length(text);
		enum filter_error error =
			parse_term((struct str){ text, length }, fields, filter, bad);
		if (error != FILTER_OK)
			return error;
		text += length;
		if (*text == ',' && !*++text)
			return FILTER_UNPARSABLE; /* a comma with nothing after it */
	}
	return FILTER_OK;
}

static bool wildcard(struct str pattern, const char *text)
{
	size_t p = 0, star = SIZE_MAX;
	const char *resume = NULL;
	while (*text) {
		if (p < pattern.length && pattern.at[p] == '*') {
			star = ++p;
			resume = text;
		} else if (p < pattern.length && pattern.at[p] == *text) {
			p++;
			text++;
		} else if (resume) {
			p = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.length && pattern.at[p] == '*')
		p++;
	return p == pattern.length;
}

static bool is_in(struct str list, const char *value)
{
	if (list.length && list.at[0] == '[')
		list = (struct str){ list.at + 1, list.length - 1 };
	if (list.length && list.at[list.length - 1] == ']')
		list.length--;
	for (;;) {
		const char *comma = list.length ? memchr(list.at, ',', list.length) : NULL;
		size_t length = comma ? (size_t)(comma - list.at) : list.length;
		if (str_is((struct str){ list.at, length }, value))
			return true;
		if (!comma)
			return false;
		list = (struct str){ comma + 1, list.length - length - 1 };
	}
}

int box_filter_compare(const char *left, struct str right)
{
	struct str view = str_of(left);
	struct wall left_time, right_time;
	int64_t a, b;
	if (wall_parse(view, &left_time) && wall_parse(right, &right_time))
		return left_time.us < right_time.us ? -1 : left_time.us > right_time.us;
	if (str_to_count(view, &a) && str_to_count(right, &b))
		return a < b ? -1 : a > b;
	size_t shorter = view.length < right.length ? view.length : right.length;
	int order = shorter ? memcmp(view.at, right.at, shorter) : 0;
	if (order)
		return order;
	return view.length < right.length ? -1 : view.length > right.length;
}

bool box_filter_takes(
	const struct filter *filter, const struct filter_term *term, const char *value)
{
	switch (term->op) {
	case FILTER_EQ:
		return filter->is_literal ? str_is(term->value, value)
					  : wildcard(term->value, value);
	case FILTER_IN:
		return is_in(term->value, value);
	case FILTER_HAS:
		return memmem(value, strlen(value), term->value.at, term->value.length);
	case FILTER_GT:
		return *value && box_filter_compare(value, term->value) > 0;
	case FILTER_GTE:
		return *value && box_filter_compare(value, term->value) >= 0;
	case FILTER_LT:
		return *value && box_filter_compare(value, term->value) < 0;
	case FILTER_LTE:
		return *value && box_filter_compare(value, term->value) <= 0;
	}
	return false;
}
