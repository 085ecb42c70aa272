/*
 * admin/filter.c - the filters that each list has. Another one is refused: a list that left it out
 * would answer with everything, and look as if all of it had been asked for. So is a value that no
 * item can have, where the values are a few words: the empty list would look like an answer.
 */
#include "admin/handler.h"
#include "base/suggest.h"
#include "content/kind.h"

#define MOST_WORDS 16

static const struct filtered_list {
	const char *path;
	const char *filters[10]; /* NULL ends them */
} lists[] = {
	{ "/api/v1/events", { "source", "outcome", "job_id", "run_id", "rule", "since", "with",
				    "limit", "cursor" } },
	{ "/api/v1/refreshes", { "site", "state", "kind", "content", "event", "limit", "cursor" } },
	{ "/api/v1/selections", { "site", "kind", "event", "limit", "cursor" } },
	{ "/api/v1/sites", { "limit", "cursor" } },
	{ "/api/v1/nodes", { NULL } },
	{ "/api/v1/rules", { "limit", "cursor" } },
	{ "/api/v1/notifications", { "limit", "cursor" } },
	{ "/api/v1/search", { "q" } },
};

struct looked {
	const char *const *filters;
	unsigned seen;     /* bit n: filters[n] */
	struct text wrong; /* why the query is refused; empty: it is not */
};

static size_t filter_count(const char *const *filters)
{
	size_t count = 0;
	while (filters[count])
		count++;
	return count;
}

static void say_unknown(const char *name, const char *const *filters, struct text *out)
{
	const char *near = suggest(name, filters, filter_count(filters));
	text_printf(out, "there is no filter '%s' of this list%s%s%s; it has", name,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	for (size_t i = 0; filters[i]; i++)
		text_printf(out, "%s %s", i ? "," : "", filters[i]);
}

/* The words that the filter may be; 0: its values are not a few words. */
static size_t words_of(const char *filter, const char *words[MOST_WORDS])
{
	size_t count = 0;
	if (!strcmp(filter, "outcome"))
		for (; event_outcomes[count]; count++)
			words[count] = event_outcomes[count];
	else if (!strcmp(filter, "kind"))
		for (; count < CONTENT_KIND_COUNT; count++)
			words[count] = kind_name((enum content_kind)count);
	else if (!strcmp(filter, "with"))
		words[count++] = "body";
	else if (!strcmp(filter, "state")) {
		for (; count <= REFRESH_EXPIRED; count++)
			words[count] = refresh_state_name((enum refresh_state)count);
		words[count++] = "open";
	}
	return count;
}

/* Says so when the filter's value is none of its words. */
static void look_at_value(const char *filter, const char *value, struct text *wrong)
{
	const char *words[MOST_WORDS];
	size_t count = words_of(filter, words);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(words[i], value))
			return;
	if (!count)
		return;
	const char *near = suggest(value, words, count);
	text_printf(wrong, "there is no %s '%s'%s%s%s There %s:", filter, value,
		near ? "; did you mean '" : ".", near ? near : "", near ? "'?" : "",
		count == 1 ? "is" : "are");
	for (size_t i = 0; i < count; i++)
		text_printf(wrong, "%s %s", i ? "," : "", words[i]);
}

static bool look(const char *name, const char *value, void *context)
{
	struct looked *looked = context;
	size_t n = 0;
	while (looked->filters[n] && strcmp(looked->filters[n], name))
		n++;
	if (!looked->filters[n])
		say_unknown(name, looked->filters, &looked->wrong);
	else if (looked->seen & 1u << n)
		text_printf(&looked->wrong, "the filter '%s' is given twice", name);
	else
		look_at_value(name, value, &looked->wrong);
	looked->seen |= 1u << n;
	return !looked->wrong.length;
}

static bool are_known(struct web_request *request, const char *const *filters)
{
	struct looked looked = { .filters = filters };
	looked.wrong = TEXT(TEXT_UNBOUNDED);
	web_each_query(request, look, &looked);
	bool is_good = !looked.wrong.length;
	if (!is_good)
		admin_answer_error(request, 400, looked.wrong.at);
	text_clear(&looked.wrong);
	return is_good;
}

/* Pages take any argument; but state, kind and outcome are ones that there are. */
static bool is_page_known(struct web_request *request)
{
	static const char *const filters[] = { "state", "kind", "outcome" };
	OWNED_TEXT struct text wrong = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < sizeof filters / sizeof *filters && !wrong.length; i++) {
		const char *value = web_query(request, filters[i]);
		if (value)
			look_at_value(filters[i], value, &wrong);
	}
	if (wrong.length)
		admin_answer_error(request, 400, wrong.at);
	return !wrong.length;
}

bool admin_filters_are_known(struct web_request *request)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (!strcmp(lists[i].path, web_path(request)))
			return are_known(request, lists[i].filters);
	return is_page_known(request);
}
