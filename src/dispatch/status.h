/*
 * dispatch/status.h - what the dispatcher is doing, as a snapshot for the admin listener.
 */
#pragma once
#include "base/arena.h"
#include "base/shared.h"
#include "base/text.h"
#include "schedule/schedule.h"
#include "tableau/tableau.h"

#define MOST_SELECTIONS 200 /* counts.selections tells how many there are */
struct selection_status {
	int64_t event;
	const char *site, *label; /* label: what it names, for people */
	enum content_kind kind;
	size_t rule_count;
	const char *const *rules;
	const char *reason;
	struct wall since, until; /* until {0}: nobody knows */
};

struct dispatch_status {
	struct shared shared;
	struct wall at;
	struct schedule_counts counts;
	size_t site_count; /* those that are configured, then those that are not and have work */
	const struct tableau_site_status *sites;   /* texts live as long as the snapshot */
	const struct schedule_site_status *queues; /* of the same sites */
	const struct selection_status *selections; /* the oldest MOST_SELECTIONS that are open */
	size_t selection_count;
	struct arena *arena;
	struct config *config; /* whose sites they are, with a reference */
};

/*
 * Why an open refresh waits, as the snapshot knows it: the row itself keeps only what is its own
 * (an error, a hold), for what holds its site up would have to be written for all that wait there,
 * each time that it changes. The row as it is to be told; its reason lives in `words`, `*since` is
 * since when it waits for its site, {0}: it does not.
 */
struct refresh_row dispatch_status_refresh(const struct dispatch_status *status,
	const struct refresh_row *row, struct text *words, struct wall *since);

/* The caller owns the one reference. */
struct dispatch_status *dispatch_status_new(
	struct instant now, const struct schedule *schedule, const struct tableau *tableau);
