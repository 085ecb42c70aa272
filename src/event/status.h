/*
 * event/status.h - the one canonical status of a run (README.md, Status): decided by dbt's code,
 * and by the text only when there is no code.
 */
#pragma once
#include "base/str.h"

extern const char *const
	status_names[]; /* success, error, cancelled, running, queued, starting; NULL ends it */

struct arena;
/*
 * "success" for code "10" with any text, or for "Success" without a code. An unknown text is
 * returned in lower case. An unknown code with a known text or none becomes "code 40", because it
 * must not pass for a success. Lives in `arena` or for ever; ends in NUL.
 */
struct str status_canonical(struct str code, struct str text, struct arena *arena);
/* A status as a rule author may write it (`errored`, `Canceled`), or NULL when dbt never sends it.
 */
const char *status_of_rule(struct str written);
