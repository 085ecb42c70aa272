/* base/problem/suppression.c - which findings are allowed, and which suppressions are of no use. */
#include "base/problem/suppression.h"

#include <stdlib.h>

#include "base/text.h"

void suppressions_clear(struct suppressions *suppressions)
{
	free(suppressions->items);
	*suppressions = (struct suppressions){ 0 };
}

/* Dates are of one form, so their order is that of their texts. */
static bool has_expired(const struct suppression *suppression, const char *today)
{
	return today && suppression->until && strcmp(today, suppression->until) > 0;
}

const struct suppression *suppressions_find(const struct suppressions *suppressions,
	enum problem_code code, struct place place, const char *today)
{
	for (size_t i = 0; place.line > 0 && i < suppressions->count; i++) {
		struct suppression *suppression = &suppressions->items[i];
		if (suppression->about != place.line || suppression->code != code ||
			!text_is(suppression->place.file, place.file) ||
			has_expired(suppression, today))
			continue;
		suppression->is_used = true;
		return suppression;
	}
	return NULL;
}

/* Would it have been found, if it is there? Some is found only with the files and the daemon of the
 * machine that serves, and some only by comparing with other files. */
static bool was_looked_for(enum problem_code code, enum suppressions_seen seen)
{
	bool is_of_machine = code == PROBLEM_SECRET_STRAY || code == PROBLEM_READABLE_KEY ||
			     code == PROBLEM_OPEN_WORK;
	bool is_of_all = code == PROBLEM_REDUNDANT_RULE || code == PROBLEM_DIFFERENT_WISHES ||
			 code == PROBLEM_NOT_COMPARED || code == PROBLEM_UNUSED_SITE ||
			 code == PROBLEM_UNUSED_SOURCE;
	return seen != SUPPRESSIONS_SEEN_PART && !is_of_machine &&
	       (!is_of_all || seen == SUPPRESSIONS_SEEN_ALL);
}

static void report(
	const struct suppression *suppression, const char *today, struct problems *problems)
{
	const char *code = problem_code_name(suppression->code);
	if (has_expired(suppression, today)) { /* another day may be meant: no fix */
		IGNORE(problem_add(problems, PROBLEM_EXPIRED_SUPPRESSION, suppression->place,
			suppression->source, "'%s' was allowed until %s (%s)", code,
			suppression->until, suppression->reason)); /* false */
		return;
	}
	IGNORE(problem_add(problems, PROBLEM_UNUSED_SUPPRESSION, suppression->place,
		suppression->source,
		suppression->about ? "there is no '%s' on line %d"
				   : "'%s' is allowed behind the last line",
		code, suppression->about)); /* false */
	problem_set_fix(
		problems, suppression->removal.place, str_of(suppression->removal.before), "");
}

void suppressions_report(const struct suppressions *suppressions, const char *today,
	enum suppressions_seen seen, struct problems *problems)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		const struct suppression *suppression = &suppressions->items[i];
		bool is_idle = !suppression->is_used && was_looked_for(suppression->code, seen);
		if (is_idle || has_expired(suppression, today))
			report(suppression, today, problems);
	}
}
