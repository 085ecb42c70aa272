/* event/status.c - dbt's numbers and words for a run's status, as tables. */
#include "event/status.h"
#include "base/arena.h"
#include <strings.h>

const char *const status_names[] = { "success", "error", "cancelled", "running", "queued",
	"starting", NULL };

#define LONGEST_CODE 20 /* digits of a 64-bit number */

/* README.md, Status */
static const struct {
	const char *code, *name;
} codes[] = {
	{ "1", "queued" },
	{ "2", "starting" },
	{ "3", "running" },
	{ "10", "success" },
	{ "20", "error" },
	{ "30", "cancelled" },
};

/* Spellings that dbt has used or rule authors use, and what they mean. */
static const struct {
	const char *written, *name;
} spellings[] = {
	{ "success", "success" },
	{ "succeeded", "success" },
	{ "error", "error" },
	{ "errored", "error" },
	{ "cancelled", "cancelled" },
	{ "canceled", "cancelled" },
	{ "running", "running" },
	{ "queued", "queued" },
	{ "starting", "starting" },
};

const char *status_of_rule(struct str written)
{
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
		if (written.length == strlen(spellings[i].written) &&
			!strncasecmp(written.at, spellings[i].written, written.length))
			return spellings[i].name;
	return NULL;
}

struct str status_canonical(struct str code, struct str text, struct arena *arena)
{
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (str_is(code, codes[i].code))
			return str_of(codes[i].name);
	const char *name = status_of_rule(text);
	if (name && !code.length)
		return str_of(name);
	if (name || !text.length) {
		/*
		 * A code that dbt has not documented decides nothing, and neither does a text
		 * beside it.
		 */
		if (!code.length)
			return STR("");
		struct str told = str_cut(code, LONGEST_CODE);
		const char *unknown = arena_printf(arena, "code %.*s", (int)told.length, told.at);
		return str_of(unknown);
	}
	char *lower = arena_str(arena, text);
	for (char *c = lower; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return (struct str){ lower, text.length };
}
