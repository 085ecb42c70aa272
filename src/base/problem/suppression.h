/*
 * base/problem/suppression.h - a finding that its author allows where it stands, with a reason:
 *
 *     when: {job_id: /100/}  # refresh-router: allow=unanchored-id because ids here are short
 *
 * or on a line of its own above it, for several codes (`allow=a,b`) and up to a day
 * (`until=2027-03-01`). Warnings and notes can be allowed. Errors cannot: a file with one does not
 * do what it says.
 *
 * Private to base/problem/.
 */
#pragma once
#include "base/problem/problem.h"

/* Suppressions of all files that were read; {0} has none. Texts live in the arena of the list of
 * problems. */
struct suppressions {
	struct suppression *items;
	size_t count, capacity;
};

void suppressions_clear(struct suppressions *suppressions);
/*
 * Appends those of one file. Ones that cannot be understood are problems (PROBLEM_BAD_SUPPRESSION)
 * and suppress nothing.
 */
void suppressions_read(struct suppressions *suppressions, const char *file, struct str source,
	struct arena *arena, struct problems *problems);
/* The one that allows this finding, or NULL. After its day, which ends with `today`
 * ("2026-11-27"; NULL: no day has passed), it allows nothing. */
const struct suppression *suppressions_find(const struct suppressions *suppressions,
	enum problem_code code, struct place place, const char *today);
enum suppressions_seen {
	SUPPRESSIONS_SEEN_PART,  /* an error may have hidden anything */
	SUPPRESSIONS_SEEN_FILES, /* each file by itself, perhaps without others */
	SUPPRESSIONS_SEEN_ALL,   /* all rules and the configuration */
};
/* Adds a problem for each whose day has passed, and for each that has suppressed nothing, if what
 * it allows was looked for. */
void suppressions_report(const struct suppressions *suppressions, const char *today,
	enum suppressions_seen seen, struct problems *problems);
