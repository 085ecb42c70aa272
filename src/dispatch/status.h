/*
 * dispatch/status.h - what the dispatcher is doing, as a snapshot for the admin listener.
 */
#pragma once
#include "base/arena.h"
#include "base/shared.h"
#include "dispatch/schedule.h"
#include "tableau/tableau.h"

struct dispatch_status {
	struct shared shared;
	struct wall at;
	struct schedule_counts counts;
	size_t site_count;
	const struct tableau_site_status *sites;   /* texts live in the snapshot */
	const struct schedule_site_status *queues; /* of the same sites */
	struct arena *arena;
};

/* The caller owns the one reference. */
struct dispatch_status *dispatch_status_new(
	struct instant now, struct schedule *schedule, const struct tableau *tableau);
