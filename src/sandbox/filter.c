#include "sandbox/filter.h"
#include <stdio.h>

static bool is_operator(const char *op)
{
	static const char *const known[] = { "eq", "gt", "gte", "lt", "lte", "in", "has" };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(op, known[i]))
			return true;
	return false;
}

/* The next term: up to a comma that is not inside the brackets of `in`. */
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

static bool split(const char *term, size_t length, char field[40], char op[8], char value[512])
{
	const char *first = memchr(term, ':', length);
	const char *second =
		first ? memchr(first + 1, ':', length - (size_t)(first + 1 - term)) : NULL;
	if (!second || first == term || second + 1 == term + length)
		return false;
	snprintf(field, 40, "%.*s", (int)(first - term), term);
	snprintf(op, 8, "%.*s", (int)(second - first - 1), first + 1);
	snprintf(value, 512, "%.*s", (int)(length - (size_t)(second + 1 - term)), second + 1);
	return true;
}

static bool is_known(const char *field, const char *const *known)
{
	for (; *known; known++)
		if (!strcmp(field, *known))
			return true;
	return false;
}

static void keep(struct filter *filter, const char *field, const char *op, const char *value)
{
	size_t at = 0;
	while (at < filter->count && strcmp(filter->terms[at].field, field))
		at++;
	if (at == FILTER_MOST)
		return;
	if (at == filter->count)
		filter->count++;
	snprintf(filter->terms[at].field, sizeof filter->terms[at].field, "%s", field);
	snprintf(filter->terms[at].op, sizeof filter->terms[at].op, "%s", op);
	snprintf(filter->terms[at].value, sizeof filter->terms[at].value, "%s", value);
}

enum filter_error filter_parse(
	const char *text, const char *const *known, struct filter *filter, char bad[64])
{
	*filter = (struct filter){ 0 };
	while (*text) {
		char field[40], op[8], value[512];
		size_t length = term_length(text);
		snprintf(bad, 64, "%.*s", (int)length, text);
		if (!split(text, length, field, op, value))
			return FILTER_UNPARSABLE;
		if (!is_known(field, known) || !is_operator(op))
			return FILTER_UNKNOWN;
		keep(filter, field, op, value);
		text += length;
		if (*text == ',' && !*++text)
			return FILTER_UNPARSABLE;
	}
	return FILTER_OK;
}

static bool wildcard(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;
	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool is_in(const char *list, const char *value)
{
	size_t length = strlen(value);
	if (*list == '[')
		list++;
	while (*list && *list != ']') {
		size_t item = strcspn(list, ",]");
		if (item == length && !memcmp(list, value, length))
			return true;
		list += item + (list[item] == ',');
	}
	return false;
}

static int compare(const char *value, const char *with)
{
	struct wall left, right;
	int64_t a, b;
	if (wall_parse(str_of(value), &left) && wall_parse(str_of(with), &right))
		return left.us < right.us ? -1 : left.us > right.us;
	if (str_to_count(str_of(value), &a) && str_to_count(str_of(with), &b))
		return a < b ? -1 : a > b;
	return strcmp(value, with);
}

static bool term_takes(const char *op, const char *with, const char *value)
{
	if (!strcmp(op, "eq"))
		return wildcard(with, value);
	if (!strcmp(op, "in"))
		return is_in(with, value);
	if (!strcmp(op, "has"))
		return strstr(value, with);
	if (!*value)
		return false;
	int order = compare(value, with);
	bool may_equal = op[2] == 'e' && order == 0;
	return may_equal || (op[0] == 'g' ? order > 0 : order < 0);
}

bool filter_takes(const struct filter *filter, const char *field, const char *value)
{
	for (size_t i = 0; i < filter->count; i++)
		if (!strcmp(filter->terms[i].field, field) &&
			!term_takes(filter->terms[i].op, filter->terms[i].value, value))
			return false;
	return true;
}

bool filter_takes_any(const struct filter *filter, const char *field, const cJSON *labels)
{
	const cJSON *label;
	bool is_asked = false;
	for (size_t i = 0; i < filter->count; i++)
		is_asked |= !strcmp(filter->terms[i].field, field);
	if (!is_asked)
		return true;
	cJSON_ArrayForEach(label, labels)
	{
		if (filter_takes(filter, field,
			    cJSON_GetObjectItemCaseSensitive(label, "label")->valuestring))
			return true;
	}
	return false;
}
