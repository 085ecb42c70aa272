/*
 * admin/trouble.h - a lasting trouble with the daemon's files, and since when: a snapshot
 * (base/shared.h) for /readyz and the status page.
 */
#pragma once
#include "base/clock.h"
#include "base/shared.h"

struct trouble {
	struct shared shared;
	struct wall at;
	char *report; /* lines for a person */
};

/* Begins now. The caller owns one reference, which trouble_slot_put() takes. */
struct trouble *trouble_new(const char *report);
SHARED_DECLARE(trouble)
