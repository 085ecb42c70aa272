/*
 * admin/filter.c - the filters that each list has. Another one is refused: a list that left it out
 * would answer with everything, and look as if all of it had been asked for.
 */
#include "admin/handler.h"
#include "base/suggest.h"

static const struct filtered_list {
	const char *path;
	const char *filters[8]; /* NULL ends them */
} lists[] = {
	{ "/api/v1/events",
		{ "source", "outcome", "job_id", "run_id", "rule", "limit", "cursor" } },
	{ "/api/v1/refreshes", { "site", "state", "kind", "content", "event", "limit", "cursor" } },
	{ "/api/v1/selections", { "site", "kind", "event", "limit", "cursor" } },
	{ "/api/v1/sites", { "limit", "cursor" } },
	{ "/api/v1/rules", { "limit", "cursor" } },
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

static bool look(const char *name, const char *value, void *context)
{
	struct looked *looked = context;
	(void)value;
	size_t n = 0;
	while (looked->filters[n] && strcmp(looked->filters[n], name))
		n++;
	if (!looked->filters[n])
		say_unknown(name, looked->filters, &looked->wrong);
	else if (looked->seen & 1u << n)
		text_printf(&looked->wrong, "the filter '%s' is given twice", name);
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

bool admin_filters_are_known(struct web_request *request)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (!strcmp(lists[i].path, web_path(request)))
			return are_known(request, lists[i].filters);
	return true;
}
