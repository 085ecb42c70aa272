/*
 * schedule/evidence.c - the three ways in which a job can be fresh enough.
 */
#include "schedule/evidence.h"

void evidence_merge(struct evidence *into, const struct evidence *from)
{
	if (into->sent_after < from->sent_after)
		into->sent_after = from->sent_after;
	if (into->seen_waiting_after < from->seen_waiting_after)
		into->seen_waiting_after = from->seen_waiting_after;
	if (into->started_at.us < from->started_at.us)
		into->started_at = from->started_at;
}

bool evidence_covers(
	const struct evidence *evidence, const struct cause_row *cause, int64_t clock_skew_us)
{
	if (cause->after == STAMP_NEVER)
		return false;
	if (cause->after <= evidence->sent_after || cause->after <= evidence->seen_waiting_after)
		return true;
	/* Compares Tableau's start with dbt's finish, two other machines' clocks, hence the
	 * skew. */
	return wall_is_set(evidence->started_at) && wall_is_set(cause->fresh_from) &&
	       evidence->started_at.us >= cause->fresh_from.us + clock_skew_us;
}
