/*
 * cluster/ownership.c - leases, claims, hand-overs: the state of each site, and what follows from
 * what is seen in the database.
 */
#include "cluster/ownership.h"
#include "cluster/rendezvous.h"
#include <string.h>
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

/* An unanswered renewal is tried again sooner. */
#define AGAIN_AFTER (500 * US_PER_MS)
/* So many sites are given away at once while the node drains; else one. */
#define DRAIN_AT_ONCE 8

static const struct mono never = { INT64_MAX }, long_ago = { INT64_MIN };

enum holding {
	HOLDING_NOT,
	HOLDING_OWNED,
	HOLDING_LEAVING,   /* until nothing of it is in the air */
	HOLDING_RELEASING, /* until the database knows */
};

struct held {
	char *site;
	bool is_known; /* the configuration has it */
	enum holding holding;
	int64_t epoch;     /* of what is held, or was last */
	bool is_to_adopt;  /* owned, and ADOPT is not given yet */
	bool is_to_leave;  /* leaving, and LEAVE is not given yet */
	bool is_clean;     /* of that */
	bool is_given;     /* leaving: to be released then */
	bool is_releasing; /* RELEASE is given */
	/* As the database was seen last: */
	bool is_free, is_claimed; /* CLAIM was given since */
	struct mono free_since;   /* `never`: it is not */
	struct mono gone_since;   /* its owner's row is gone; `never`: it is there */
	int64_t seen_epoch, wanted;
	/* did not take it when it was first in line */
	int64_t unwilling;
	struct mono unwilling_until;
	UT_hash_handle by_site;
};

struct node {
	int64_t id;
	bool is_alive, is_draining;
	bool is_seen; /* by the last look */
	struct mono since;
	UT_hash_handle by_id;
};

struct ownership {
	int64_t node; /* this life; 0: none yet */
	struct mono trusted_until;
	struct mono join_at, renew_at, look_at;
	bool is_busy; /* a deed of the database is given, and its result is awaited */
	bool is_draining, is_stopping, is_over;
	struct held *all;
	struct node *nodes;
};

/* ---- life ---- */

struct ownership *ownership_new(void)
{
	struct ownership *ownership = mem_new(struct ownership);

	ownership->trusted_until = ownership->join_at = long_ago;
	ownership->renew_at = ownership->look_at = long_ago;
	return ownership;
}

void ownership_free(struct ownership *ownership)
{
	struct held *held, *next_held;
	struct node *node, *next_node;

	if (!ownership)
		return;
	HASH_ITER(by_site, ownership->all, held, next_held)
	{
		HASH_DELETE(by_site, ownership->all, held);
		free(held->site);
		free(held);
	}
	HASH_ITER(by_id, ownership->nodes, node, next_node)
	{
		HASH_DELETE(by_id, ownership->nodes, node);
		free(node);
	}
	free(ownership);
}

/* ---- what is known ---- */

static struct held *held_find(const struct ownership *ownership, const char *site)
{
	struct held *held = NULL;

	HASH_FIND(by_site, ownership->all, site, strlen(site), held);
	return held;
}

static struct held *held_of(struct ownership *ownership, const char *site)
{
	struct held *held = held_find(ownership, site);

	if (held)
		return held;
	held = mem_new(struct held);
	held->site = mem_copy_text(site);
	held->free_since = held->gone_since = never;
	HASH_ADD_KEYPTR(by_site, ownership->all, held->site, strlen(held->site), held);
	return held;
}

static struct node *node_find(const struct ownership *ownership, int64_t id)
{
	struct node *node = NULL;

	HASH_FIND(by_id, ownership->nodes, &id, sizeof id, node);
	return node;
}

static bool is_trusted(const struct ownership *ownership, struct mono now)
{
	return ownership->node && now.us < ownership->trusted_until.us;
}

static bool is_candidate(
	const struct node *node, const struct held *held, struct mono now, int64_t settled)
{
	bool is_willing = node->id != held->unwilling || now.us >= held->unwilling_until.us;

	return node->is_alive && !node->is_draining && is_willing &&
	       now.us - node->since.us >= settled;
}

/* The node that is first in line for the site among those that have lived for `settled`; 0: none.
 */
static int64_t first_in_line(const struct ownership *ownership, const struct held *held,
	struct mono now, int64_t settled)
{
	uint64_t most = 0;
	int64_t first = 0;

	for (const struct node *node = ownership->nodes; node; node = node->by_id.next) {
		if (node->id == held->wanted && is_candidate(node, held, now, 0))
			return node->id;
		/* this node has its sites by right, however long it lives */
		if (!is_candidate(node, held, now, node->id == ownership->node ? 0 : settled))
			continue;
		uint64_t weight = rendezvous_weight(held->site, node->id);
		if (!first || weight > most) {
			first = node->id;
			most = weight;
		}
	}
	return first;
}

/* ---- changes of one site ---- */

static void is_ours(struct held *held, int64_t epoch)
{
	held->holding = HOLDING_OWNED;
	held->epoch = epoch;
	held->is_to_adopt = true;
}

static void is_left(struct held *held)
{
	held->holding = held->is_given ? HOLDING_RELEASING : HOLDING_NOT;
	held->is_releasing = held->is_given = false;
	held->is_free = held->is_claimed = false; /* until the next look */
}

static void give_up(struct held *held, bool is_clean)
{
	if (held->holding == HOLDING_LEAVING && !is_clean)
		held->is_given = false; /* there is nothing to give back any more */
	if (held->holding == HOLDING_RELEASING && !is_clean)
		held->holding = HOLDING_NOT;
	if (held->holding != HOLDING_OWNED)
		return;
	held->holding = HOLDING_LEAVING;
	held->is_clean = is_clean;
	held->is_given = is_clean;
	held->is_to_leave = true;
	if (!held->is_to_adopt)
		return;
	/* nothing was begun */
	held->is_to_adopt = held->is_to_leave = false;
	is_left(held);
}

static void step_down(struct ownership *ownership)
{
	for (struct held *held = ownership->all; held; held = held->by_site.next)
		give_up(held, false);
}

/* ---- what happened ---- */

void ownership_configure(struct ownership *ownership, const char *const *sites, size_t count)
{
	for (struct held *held = ownership->all; held; held = held->by_site.next)
		held->is_known = false;
	for (size_t i = 0; i < count; i++)
		held_of(ownership, sites[i])->is_known = true;
	for (struct held *held = ownership->all; held; held = held->by_site.next)
		if (!held->is_known)
			give_up(held, true);
}

void ownership_joined(struct ownership *ownership, struct mono sent, struct mono now, int64_t node)
{
	ownership->is_busy = false;
	ownership->join_at = mono_plus(now, OWNERSHIP_LOOK_EVERY);
	if (!node)
		return;
	ownership->node = node;
	ownership->trusted_until = mono_plus(sent, OWNERSHIP_TRUST);
	ownership->renew_at = mono_plus(sent, OWNERSHIP_RENEW_EVERY);
	ownership->look_at = now;
}

void ownership_renewed(struct ownership *ownership, struct mono sent, struct mono now,
	enum ownership_answer answer)
{
	ownership->is_busy = false;
	switch (answer) {
	case OWNERSHIP_YES:
		ownership->trusted_until = mono_plus(sent, OWNERSHIP_TRUST);
		ownership->renew_at = mono_plus(sent, OWNERSHIP_RENEW_EVERY);
		break;
	case OWNERSHIP_NO:
		ownership->node = 0;
		ownership->trusted_until = long_ago;
		ownership->join_at = now;
		break; /* the next act steps down */
	case OWNERSHIP_UNKNOWN:
		ownership->renew_at = mono_plus(now, AGAIN_AFTER);
		break;
	}
}

void ownership_claimed(struct ownership *ownership, struct mono now, const char *site,
	enum ownership_answer answer)
{
	struct held *held = held_of(ownership, site);

	ownership->is_busy = false;
	if (answer == OWNERSHIP_UNKNOWN)
		ownership->look_at = now;
	if (answer == OWNERSHIP_YES && held->holding == HOLDING_NOT)
		is_ours(held, held->seen_epoch + 1);
	if (answer == OWNERSHIP_YES && ownership->is_stopping)
		give_up(held, true);
}

void ownership_released(struct ownership *ownership, const char *site)
{
	struct held *held = held_of(ownership, site);

	ownership->is_busy = false;
	if (held->holding == HOLDING_RELEASING)
		held->holding = HOLDING_NOT;
}

void ownership_left(struct ownership *ownership, const char *site)
{
	struct held *held = held_of(ownership, site);

	if (held->holding == HOLDING_LEAVING && !held->is_to_leave)
		is_left(held);
}

void ownership_lost(struct ownership *ownership, const char *site)
{
	give_up(held_of(ownership, site), false);
}

void ownership_drain(struct ownership *ownership, bool is_draining)
{
	ownership->is_draining = is_draining;
	ownership->renew_at = long_ago; /* which tells the others */
}

void ownership_stop(struct ownership *ownership)
{
	ownership->is_stopping = true;
	for (struct held *held = ownership->all; held; held = held->by_site.next)
		give_up(held, true);
}

void ownership_ended(struct ownership *ownership)
{
	ownership->is_busy = false;
	ownership->is_over = true;
}

/* ---- a picture of the database ---- */

static void see_node(
	struct ownership *ownership, struct mono now, const struct ownership_node *seen)
{
	struct node *node = node_find(ownership, seen->id);

	if (!node) {
		node = mem_new(struct node);
		node->id = seen->id;
		node->since = now;
		HASH_ADD(by_id, ownership->nodes, id, sizeof node->id, node);
	}
	node->is_seen = true;
	node->is_alive = seen->left > 0;
	node->is_draining = seen->is_draining;
}

static void see_nodes(
	struct ownership *ownership, struct mono now, const struct ownership_picture *picture)
{
	struct node *node, *next;

	for (node = ownership->nodes; node; node = node->by_id.next)
		node->is_seen = false;
	for (size_t i = 0; i < picture->node_count; i++)
		see_node(ownership, now, &picture->nodes[i]);
	HASH_ITER(by_id, ownership->nodes, node, next)
	{
		if (node->is_seen)
			continue;
		HASH_DELETE(by_id, ownership->nodes, node);
		free(node);
	}
}

/* May it be claimed? A row of a node that is gone may have been there a moment ago. */
static bool is_free_now(const struct ownership *ownership, struct held *held, struct mono now,
	const struct ownership_site *seen)
{
	const struct node *owner = seen->node ? node_find(ownership, seen->node) : NULL;

	if (!seen->node || owner)
		held->gone_since = never;
	else if (held->gone_since.us == INT64_MAX)
		held->gone_since = now;
	if (!seen->node)
		return true;
	return owner ? !owner->is_alive : now.us - held->gone_since.us >= OWNERSHIP_LEASE;
}

/* It is this node's, says the database, and the node does not hold it: the answer to a claim was
 * lost, or trust in the lease was. */
static void find_own(struct ownership *ownership, struct held *held, struct mono now,
	const struct ownership_site *seen)
{
	bool is_good = held->is_known && seen->epoch >= held->epoch && !ownership->is_stopping;

	if (is_good && is_trusted(ownership, now)) {
		is_ours(held, seen->epoch);
	} else if (!is_good) {
		/* after a failover epochs may be given again, so it is given back first */
		held->epoch = seen->epoch;
		held->holding = HOLDING_RELEASING;
		held->is_releasing = false;
	}
}

static void see_site(struct ownership *ownership, struct mono now, struct held *held,
	const struct ownership_site *seen)
{
	bool is_own = ownership->node && seen->node == ownership->node;

	held->is_claimed = false;
	held->seen_epoch = seen->epoch;
	held->wanted = seen->wanted;
	held->is_free = is_free_now(ownership, held, now, seen);
	if (!held->is_free)
		held->free_since = never;
	else if (held->free_since.us == INT64_MAX)
		held->free_since = now;
	if (held->holding == HOLDING_OWNED && (!is_own || seen->epoch != held->epoch))
		give_up(held, false);
	else if (held->holding == HOLDING_NOT && is_own)
		find_own(ownership, held, now, seen);
}

static size_t count_going(const struct ownership *ownership)
{
	size_t count = 0;

	for (const struct held *held = ownership->all; held; held = held->by_site.next)
		count += held->holding == HOLDING_LEAVING || held->holding == HOLDING_RELEASING;
	return count;
}

/* Gives sites to the nodes that are first in line for them. */
static void give_away(struct ownership *ownership, struct mono now)
{
	size_t most = ownership->is_draining ? DRAIN_AT_ONCE : 1, going = count_going(ownership);
	int64_t settled = ownership->is_draining ? 0 : OWNERSHIP_SETTLED;

	for (struct held *held = ownership->all; held && going < most; held = held->by_site.next) {
		if (held->holding != HOLDING_OWNED || held->is_to_adopt)
			continue;
		int64_t first = first_in_line(ownership, held, now, settled);
		if (!first || first == ownership->node)
			continue;
		give_up(held, true);
		going++;
	}
}

void ownership_saw(
	struct ownership *ownership, struct mono now, const struct ownership_picture *picture)
{
	static const struct ownership_site nobodys = { .node = 0 };

	ownership->is_busy = false;
	ownership->look_at = mono_plus(now, OWNERSHIP_LOOK_EVERY);
	if (!picture)
		return;
	see_nodes(ownership, now, picture);
	for (struct held *held = ownership->all; held; held = held->by_site.next) {
		const struct ownership_site *seen = &nobodys;
		for (size_t i = 0; i < picture->site_count; i++)
			if (!strcmp(picture->sites[i].site, held->site))
				seen = &picture->sites[i];
		see_site(ownership, now, held, seen);
	}
	if (is_trusted(ownership, now) && !ownership->is_stopping)
		give_away(ownership, now);
}

/* ---- what is to be done ---- */

static bool tell(const struct ownership *ownership, const struct held *held,
	enum ownership_deed deed, struct ownership_action *action)
{
	*action = (struct ownership_action){ .deed = deed,
		.site = held ? held->site : NULL,
		.node = ownership->node,
		.epoch = held ? held->epoch : 0,
		.is_clean = held && held->is_clean };
	return true;
}

static bool tell_busy(struct ownership *ownership, const struct held *held,
	enum ownership_deed deed, struct ownership_action *action)
{
	ownership->is_busy = true;
	return tell(ownership, held, deed, action);
}

/* When the site may be claimed by this node. */
static struct mono claim_at(
	const struct ownership *ownership, const struct held *held, struct mono now)
{
	if (!held->is_free || held->is_claimed || !held->is_known || held->holding != HOLDING_NOT)
		return never;
	return first_in_line(ownership, held, now, 0) == ownership->node
		       ? held->free_since
		       : mono_plus(held->free_since, OWNERSHIP_GRACE);
}

static bool claim(struct ownership *ownership, struct mono now, struct ownership_action *action)
{
	if (!is_trusted(ownership, now) || ownership->is_draining || ownership->is_stopping)
		return false;
	for (struct held *held = ownership->all; held; held = held->by_site.next) {
		if (now.us < claim_at(ownership, held, now).us)
			continue;
		int64_t first = first_in_line(ownership, held, now, 0);
		if (first && first != ownership->node) {
			held->unwilling = first;
			held->unwilling_until = mono_plus(now, OWNERSHIP_UNWILLING);
		}
		held->is_claimed = true;
		tell_busy(ownership, held, OWNERSHIP_CLAIM, action);
		action->epoch = held->seen_epoch;
		return true;
	}
	return false;
}

static bool release(struct ownership *ownership, struct ownership_action *action)
{
	for (struct held *held = ownership->all; held; held = held->by_site.next) {
		if (held->holding != HOLDING_RELEASING || held->is_releasing)
			continue;
		held->is_releasing = true;
		return tell_busy(ownership, held, OWNERSHIP_RELEASE, action);
	}
	return false;
}

static bool end(struct ownership *ownership, struct ownership_action *action)
{
	if (!ownership->is_stopping || ownership->is_over || count_going(ownership))
		return false;
	if (ownership->node)
		return tell_busy(ownership, NULL, OWNERSHIP_END, action);
	ownership->is_over = true;
	return false;
}

/* A deed of the database, if none is under way. */
static bool ask(struct ownership *ownership, struct mono now, struct ownership_action *action)
{
	if (ownership->is_busy || ownership->is_over)
		return false;
	if (!ownership->node && !ownership->is_stopping)
		return now.us >= ownership->join_at.us &&
		       tell_busy(ownership, NULL, OWNERSHIP_JOIN, action);
	if (ownership->node && now.us >= ownership->renew_at.us)
		return tell_busy(ownership, NULL, OWNERSHIP_RENEW, action);
	if (release(ownership, action) || end(ownership, action))
		return true;
	if (ownership->node && now.us >= ownership->look_at.us && !ownership->is_stopping)
		return tell_busy(ownership, NULL, OWNERSHIP_LOOK, action);
	return claim(ownership, now, action);
}

static bool leave(const struct ownership *ownership, struct ownership_action *action)
{
	for (struct held *held = ownership->all; held; held = held->by_site.next)
		if (held->is_to_leave) {
			held->is_to_leave = false;
			return tell(ownership, held, OWNERSHIP_LEAVE, action);
		}
	return false;
}

static bool adopt(const struct ownership *ownership, struct ownership_action *action)
{
	for (struct held *held = ownership->all; held; held = held->by_site.next)
		if (held->holding == HOLDING_OWNED && held->is_to_adopt) {
			held->is_to_adopt = false;
			return tell(ownership, held, OWNERSHIP_ADOPT, action);
		}
	return false;
}

bool ownership_act(struct ownership *ownership, struct mono now, struct ownership_action *action)
{
	if (!is_trusted(ownership, now))
		step_down(ownership);
	return leave(ownership, action) || ask(ownership, now, action) || adopt(ownership, action);
}

static void sooner(struct mono *due, struct mono at)
{
	if (at.us < due->us)
		*due = at;
}

struct mono ownership_due(const struct ownership *ownership)
{
	struct mono due = never;

	/* the end of trust is of interest as long as there is something to step down from */
	for (const struct held *held = ownership->all; held; held = held->by_site.next)
		if (held->holding == HOLDING_OWNED)
			sooner(&due, ownership->trusted_until);
	if (ownership->is_busy || ownership->is_over)
		return due;
	if (ownership->node)
		sooner(&due, ownership->renew_at);
	else if (!ownership->is_stopping)
		sooner(&due, ownership->join_at);
	if (ownership->node && !ownership->is_stopping)
		sooner(&due, ownership->look_at);
	return due;
}

/* ---- what holds ---- */

int64_t ownership_may(const struct ownership *ownership, struct mono now, const char *site)
{
	const struct held *held = held_find(ownership, site);
	bool holds = held && held->holding == HOLDING_OWNED && !held->is_to_adopt;

	return holds && is_trusted(ownership, now) ? held->epoch : 0;
}

struct mono ownership_trusted_until(const struct ownership *ownership)
{
	return ownership->trusted_until;
}

bool ownership_is_over(const struct ownership *ownership)
{
	return ownership->is_over;
}
