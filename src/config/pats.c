/* config/pats.c - finds sites that share a PAT, because a second sign-in with a PAT ends the
 * first session. */
#include "config/pats.h"
#include "base/text.h"

static bool is_one(
	const struct config *config, size_t a, size_t b, pats_same *is_same, const void *context)
{
	const char *server = config_site_at(config, a)->server;
	return server && text_is(server, config_site_at(config, b)->server) &&
	       is_same(config, a, b, context);
}

static const char *name_of(const struct config *config, size_t index)
{
	const char *name = config_site_at(config, index)->name;
	return name ? name : "?";
}

void pats_report_shared(const struct config *config, pats_same *is_same, const void *context,
	const char *why, struct str source, struct problems *problems)
{
	size_t count = config_site_count(config);
	OWNED_MEMORY bool *is_told = mem_alloc(sizeof *is_told * (count + 1));
	for (size_t first = 0; first < count; first++) {
		size_t second = count, last = count;
		OWNED_TEXT struct text names = TEXT(1000);
		for (size_t i = first + 1; i < count && !is_told[first]; i++) {
			if (!is_one(config, first, i, is_same, context))
				continue;
			is_told[i] = true;
			if (second == count)
				second = i;
			else
				text_printf(&names, ", '%s'", name_of(config, last));
			last = i;
		}
		if (second == count)
			continue;
		IGNORE(problem_add(problems, PROBLEM_SHARED_PAT,
			config_site_at(config, second)->pat.place, source,
			"the sites '%s'%s and '%s' share one PAT%s", name_of(config, first),
			names.at, name_of(config, last), why)); /* false */
	}
}
