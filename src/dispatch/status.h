/*
 * dispatch/status.h - the dispatcher's state as a snapshot for the admin listener.
 */
#pragma once
#include "base/arena.h"
#include "base/shared.h"
#include "base/text.h"
#include "schedule/schedule.h"
#include "tableau/tableau.h"

#define MOST_SELECTIONS 200 /* counts.selections is the number of all */
struct selection_status {
	int64_t event;
	const char *site, *label; /* label: the selector, for people */
	enum content_kind kind;
	size_t rule_count;
	const char *const *rules;
	const char *reason;
	struct wall since, until; /* until {0}: not known */
};

struct site_status {
	struct tableau_site_status client;
	struct schedule_site_status queue;
	const char *owner; /* the node that owns it, where several share the store; else NULL */
	/* The limits of its budgets, by the configuration; 0: none, or not filled in. */
	int64_t refreshes_per_hour, job_queries_per_day;
};

/*
 * Where each member of them is shown: JSON, schema, the table of `sites`. To add a figure of a
 * site: the member in its struct, its value in the schedule or the client, a row here
 * (site_status.c), and `make schemas`; as a metric also in admin/metrics.c.
 */
extern const struct member site_members[], selection_status_members[];

struct dispatch_status {
	struct shared shared;
	struct wall at;
	struct schedule_counts counts;
	size_t site_count;               /* configured sites first, then others with open work */
	const struct site_status *sites; /* texts live as long as the snapshot */
	const struct selection_status *selections; /* the oldest MOST_SELECTIONS open ones */
	size_t selection_count;
	struct arena *arena;
	struct config *config;        /* whose sites they are, with a reference */
	struct dispatch_status *base; /* whose texts it uses, with a reference; or NULL */
};

/*
 * Returns the row with the reason why an open refresh waits. The stored row has only its own
 * reasons (an error, a hold), because a reason of its site would have to be written for all
 * refreshes that wait there, each time it changes. The reason lives in `words`; `*since` is since
 * when it waits for its site, {0}: it does not.
 */
struct refresh_row dispatch_status_refresh(const struct dispatch_status *status,
	const struct refresh_row *row, struct text *words, struct wall *since);

/* The same with other states of its sites, as many as it has, which live in `arena`, and other
 * counts. Takes the reference and the arena. */
struct dispatch_status *dispatch_status_with_sites(struct dispatch_status *status,
	const struct site_status *sites, const struct schedule_counts *counts, struct arena *arena);
/* The caller owns the only reference. */
struct dispatch_status *dispatch_status_new(
	struct instant now, const struct schedule *schedule, const struct tableau *tableau);
SHARED_DECLARE(dispatch_status)
