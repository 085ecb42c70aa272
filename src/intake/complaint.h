/*
 * intake/complaint.h - what is wrong with requests is counted each time and told in the log at most
 * once a second for each kind, however many strangers knock. Threads: any.
 */
#pragma once
#include "base/metric.h"
#include <stdatomic.h>
#include <stdbool.h>

enum complaint {
	COMPLAINT_SIGNATURE, /* missing or wrong */
	COMPLAINT_NO_PATH,   /* nobody we know posts to a path that does not exist */
	COMPLAINT_ASTRAY,    /* a source's delivery at a path that does not exist */
	COMPLAINT_ENCODING,  /* the body is not the bytes that dbt signed */
	COMPLAINT_NO_ID,     /* no event id: a repeat of it cannot be recognised */
	COMPLAINT_SHED,      /* none of the sender's: we cannot take it now */
	COMPLAINT_KINDS,
};

struct complaints {
	atomic_llong told_at[COMPLAINT_KINDS]; /* microseconds of struct mono; 0: never */
};

/* Counts it; true when it is to be told as well. */
bool complaint_is_due(struct complaints *complaints, enum complaint kind);
