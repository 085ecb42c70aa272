/*
 * event/status.h - the one canonical status of a run (README.md, Status): decided by dbt's code,
 * by the text only without one.
 */
#pragma once
#include "base/str.h"

extern const char *const
	status_names[]; /* success, error, cancelled, running, queued, starting; NULL ends it */

struct arena;
/*
 * "success" of (code "10", text anything) or of (no code, "Success"). An unknown text comes back
 * in lower case; of an unknown code beside a known text or none, "code 40": it must not pass for a
 * success. Lives in `arena` or for ever; ends in NUL.
 */
struct str status_canonical(struct str code, struct str text, struct arena *arena);
/* A status as a rule author may write it (`errored`, `Canceled`), or NULL when dbt never sends it.
 */
const char *status_of_rule(struct str written);
