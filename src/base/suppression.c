/* base/suppression.c - which findings are allowed, and which suppressions are of no use. */
#include "base/suppression.h"

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

/* Is it found only with the files and the daemon of the machine that serves? */
static bool is_of_machine(enum problem_code code)
{
	return code == PROBLEM_SECRET_STRAY || code == PROBLEM_READABLE_KEY ||
	       code == PROBLEM_OPEN_WORK;
}

void suppressions_report(const struct suppressions *suppressions, const char *today,
	bool is_complete, struct problems *problems)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		const struct suppression *suppression = &suppressions->items[i];
		const char *code = problem_code_name(suppression->code);
		if (has_expired(suppression, today))
			IGNORE(problem_add(problems, PROBLEM_EXPIRED_SUPPRESSION,
				suppression->place, suppression->source,
				"'%s' was allowed until %s (%s)", code, suppression->until,
				suppression->reason)); /* false */
		else if (is_complete && !suppression->is_used && !is_of_machine(suppression->code))
			IGNORE(problem_add(problems, PROBLEM_UNUSED_SUPPRESSION, suppression->place,
				suppression->source,
				suppression->about ? "there is no '%s' on line %d"
						   : "'%s' is allowed behind the last line",
				code, suppression->about)); /* false */
	}
}
