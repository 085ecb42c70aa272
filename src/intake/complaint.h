/*
 * intake/complaint.h - faults of requests, each counted, and logged at most once a second for each
 * kind, so that strangers cannot flood the log. Threads: any.
 */
#pragma once
#include "base/web/web.h"
#include <stdatomic.h>
#include <stdbool.h>

enum complaint {
	COMPLAINT_SIGNATURE, /* missing or wrong */
	COMPLAINT_NO_PATH,   /* an unsigned request to a path that does not exist */
	COMPLAINT_ASTRAY,    /* a source's delivery at a path that does not exist */
	COMPLAINT_ENCODING,  /* the body is not the bytes that dbt signed */
	COMPLAINT_NO_ID,     /* no event id: a repeat of it cannot be recognised */
	/* not the sender's fault, we cannot take it now: */
	COMPLAINT_NOT_DURABLE, /* the journal cannot write */
	COMPLAINT_QUEUE_FULL,  /* too many wait for the journal */
	COMPLAINT_BACKLOG,     /* too much work is open */
	COMPLAINT_KINDS,
};

struct complaints {
	atomic_llong told_at[COMPLAINT_KINDS]; /* microseconds of struct mono; 0: never */
};

/* Counts it; true when it should be logged too. */
bool complaint_is_due(
	struct complaints *complaints, const struct web_request *request, enum complaint kind);
