/*
 * cluster/ownership.h - which sites this node owns, when several share a store (store/nodes.h).
 *
 * Pure: what happened and the time go in, what is to be done next comes out. No clock, socket,
 * thread or database inside, and only this machine's own clock, which never steps (struct mono):
 * what a lease has left arrives as the database says it.
 *
 * A site has one owner, whose lease the database knows. A node trusts its own lease for less time
 * than the database does, counted from before it asked for a renewal; past that it stops calling
 * and writing, without asking anybody. So at no moment do two nodes trust that they own a site.
 *
 * Use: ownership_act() gives the next action, until it has none; the caller carries it out and
 * tells the result by the function that the action names. ownership_due() is when to ask again.
 * README.md has the order of a take-over.
 */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A lease, and how long a node trusts it; the difference is for a call that is in the air. */
#define OWNERSHIP_LEASE (6 * US_PER_SECOND)
#define OWNERSHIP_TRUST (5 * US_PER_SECOND)
#define OWNERSHIP_RENEW_EVERY (2 * US_PER_SECOND)
#define OWNERSHIP_LOOK_EVERY (500 * US_PER_MS)
/* A node that is not first in line for a free site waits so much longer: more than a look of the
 * first. */
#define OWNERSHIP_GRACE (800 * US_PER_MS)
/* A node that has lived so long is given the sites for which it is first in line. */
#define OWNERSHIP_SETTLED (15 * US_PER_SECOND)
/* A node that did not take a free site, although it was first in line, is not given it for so long:
 * its configuration may lack it. */
#define OWNERSHIP_UNWILLING (300 * US_PER_SECOND)

struct ownership;

/* Sites are spread by cluster/rendezvous.h. */
struct ownership *ownership_new(void);
void ownership_free(struct ownership *ownership);
OWNED_DEFINE(ownership)

/* ---- what is to be done ---- */

enum ownership_deed {
	OWNERSHIP_JOIN,    /* begin a life in the database: ownership_joined() */
	OWNERSHIP_RENEW,   /* renew its lease: ownership_renewed() */
	OWNERSHIP_LOOK,    /* read nodes and owners: ownership_saw() */
	OWNERSHIP_CLAIM,   /* claim `site`, last seen with `epoch`: ownership_claimed() */
	OWNERSHIP_RELEASE, /* give `site` back, owned with `epoch`: ownership_released() */
	OWNERSHIP_ADOPT,   /* take up the work of `site`, with `epoch` */
	/* stop the work of `site` at once: ownership_left() when nothing of it is in the air.
	 * `is_clean`: sign out, and let what is being written become durable; else no call and no
	 * write may follow */
	OWNERSHIP_LEAVE,
	OWNERSHIP_END, /* end the life in the database, after ownership_stop(): ownership_ended() */
};

struct ownership_action {
	enum ownership_deed deed;
	const char *site; /* valid until the next call */
	int64_t node;     /* this life */
	int64_t epoch;
	bool is_clean;
};

/* The next action; false: there is none now. A deed of the database is given once, and again after
 * its result. */
bool ownership_act(
	struct ownership *ownership, struct mono now, struct ownership_action *action) MUST_USE;
/* When ownership_act() has something to do next, if nothing happens before: in the future, once it
 * has said that there is nothing now. */
struct mono ownership_due(const struct ownership *ownership);

/* ---- what happened ---- */

/* A failed or unanswered call: the next look shows what holds. */
enum ownership_answer { OWNERSHIP_YES, OWNERSHIP_NO, OWNERSHIP_UNKNOWN };

/* The sites of the configuration. */
void ownership_configure(struct ownership *ownership, const char *const *sites, size_t count);
/* node 0: it failed. `sent` is the time before the call, here and below. */
void ownership_joined(struct ownership *ownership, struct mono sent, struct mono now, int64_t node);
/* NO: the lease had run out, and this life is over. */
void ownership_renewed(struct ownership *ownership, struct mono sent, struct mono now,
	enum ownership_answer answer);

struct ownership_node {
	int64_t id;
	int64_t left; /* of its lease, as the database says; 0 or negative: it has run out */
	bool is_draining;
};
struct ownership_site {
	const char *site;
	int64_t node; /* 0: given back */
	int64_t epoch;
	int64_t wanted; /* by a person; 0: any */
};
struct ownership_picture {
	const struct ownership_node *nodes;
	size_t node_count;
	const struct ownership_site *sites;
	size_t site_count;
};
/* NULL: the look failed. */
void ownership_saw(
	struct ownership *ownership, struct mono now, const struct ownership_picture *picture);
void ownership_claimed(struct ownership *ownership, struct mono now, const char *site,
	enum ownership_answer answer);
void ownership_released(struct ownership *ownership, const char *site);
/* After OWNERSHIP_LEAVE: nothing of the site is in the air. */
void ownership_left(struct ownership *ownership, const char *site);
/* The store refused a write of the site: another node owns it. */
void ownership_lost(struct ownership *ownership, const char *site);
/* From now on its sites go to other nodes, as far as there are any, and it takes none. */
void ownership_drain(struct ownership *ownership, bool is_draining);
/* The same for good, and without looking for others; then OWNERSHIP_END. */
void ownership_stop(struct ownership *ownership);
void ownership_ended(struct ownership *ownership);

/* ---- what holds ---- */

/* The epoch with which this node owns the site and may call and write; 0: it may not. */
int64_t ownership_may(const struct ownership *ownership, struct mono now, const char *site);
/* The end of trust in the own lease. */
struct mono ownership_trusted_until(const struct ownership *ownership);
bool ownership_is_over(const struct ownership *ownership); /* stopped, and ended */
