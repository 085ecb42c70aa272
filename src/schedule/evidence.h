/*
 * schedule/evidence.h - is a job fresh enough for a cause? (src/README.md, Evidence). Pure.
 */
#pragma once
#include "content/refresh.h"
#include <stdbool.h>

/* What is known about when a job started reading. */
struct evidence {
	/* the youngest stamp known when our request for it was sent; 0: not our job, or not
	 * known */
	int64_t sent_after;
	/* the youngest stamp known when a look was made that saw it still queued; 0: none */
	int64_t seen_waiting_after;
	struct wall started_at; /* by Tableau's clock; {0}: not known */
};

static inline struct evidence evidence_of(const struct refresh_row *row)
{
	return (struct evidence){ row->sent_after, row->seen_waiting_after, row->job_started_at };
}

/* Adds to `into` what `from` covers. */
void evidence_merge(struct evidence *into, const struct evidence *from);

bool evidence_covers(
	const struct evidence *evidence, const struct cause_row *cause, int64_t clock_skew_us);
