/*
 * store/nodes.h - the nodes that share a store, and which of them owns which site.
 *
 * A node is one life of a process. It has a lease, which it renews; once that has run out, its life
 * is over for good. A site has at most one owner, and an epoch that grows whenever the owner
 * changes. What is decided from that is in src/cluster/; here it is read and written, each call a
 * short transaction of its own.
 *
 * Time is the database's: no clock of a node is stored or compared. A call that fails
 * (ERROR_TRANSIENT) may have been done all the same; nodes_read() shows what holds.
 *
 * The store is opened with STORE_SHARE, which gives a connection for these calls and for reading. A
 * store that only one process can write has no nodes: nodes_are_possible().
 */
#pragma once
#include "store/store.h"

struct node_row {
	int64_t id;
	const char *name;    /* for people: host and address */
	const char *version; /* of the program */
	const char *ruleset; /* the revision that it decides with; "" before the first */
	bool is_draining;    /* it gives its sites away, and takes none */
	/* microseconds until its lease runs out, by the database's clock; negative: since then */
	int64_t left;
};

struct owner_row {
	const char *site;
	int64_t node;   /* 0: the last owner gave it back */
	int64_t epoch;  /* of the last owner */
	int64_t wanted; /* the node that a person wants to own it as long as it lives; 0: any */
};

bool nodes_are_possible(const struct store *store);

/* Begins a life, with a lease of `lease` microseconds, and sets self->id. */
bool nodes_join(
	struct store *store, struct node_row *self, int64_t lease, struct error *err) MUST_USE;
/* Renews the lease, and stores the ruleset of `self`. *is_alive false: the lease had run out, and
 * this life is over. */
bool nodes_renew(struct store *store, const struct node_row *self, int64_t lease, bool *is_alive,
	struct error *err) MUST_USE;
/* A person wants the node to give its sites away, or to take some again, as long as it lives. */
bool nodes_drain(struct store *store, int64_t node, bool is_draining, struct error *err) MUST_USE;
/* Ends the life, and gives back all sites that it owns. */
bool nodes_leave(struct store *store, int64_t node, struct error *err) MUST_USE;

typedef bool node_visit(const struct node_row *row, void *context);
typedef bool owner_visit(const struct owner_row *row, void *context);
/* Visits all nodes, then all sites that ever had an owner, as they are at one moment. Rows are
 * valid during the callback; it returns false to stop. */
bool nodes_read(struct store *store, node_visit *visit_node, owner_visit *visit_owner,
	void *context, struct error *err) MUST_USE;

/*
 * `node` becomes the owner of the site, with the epoch after `epoch` (0: it never had an owner), if
 * nobody else has changed the site since, the owner's lease has run out or the site was given back,
 * and its own lease has not run out. Waits for what the old owner is committing.
 */
bool nodes_claim(struct store *store, const char *site, int64_t node, int64_t epoch, bool *is_ours,
	struct error *err) MUST_USE;
/* Gives the site back, if it is still owned with that epoch. */
bool nodes_release(struct store *store, const char *site, int64_t node, int64_t epoch,
	struct error *err) MUST_USE;
/* Has nobody taken a selection of a site that `node` owns (store_take_selections())? */
bool nodes_have_selections(
	struct store *store, int64_t node, bool *is_so, struct error *err) MUST_USE;
/* A person wants that node to own the site; 0: any may. *is_known: it has had an owner. */
bool nodes_want(struct store *store, const char *site, int64_t node, bool *is_known,
	struct error *err) MUST_USE;

/* ---- requests of people, by way of another node than the owner ---- */

/* What a person asks of a site, or of a refresh of it: content/command.h has the verbs. */
struct request_row {
	/* the node that asks, and which of its requests this is, from 1 */
	int64_t asker, number;
	const char *site;
	const char *verb, *who;
	int64_t refresh; /* 0: it is about the site */
};
/* What came of it; the texts are the dispatcher's own (schedule/action.h). */
struct request_answer {
	int64_t asker, number;
	int64_t consent;
	const char *words;
	int64_t refresh;
};
typedef bool request_visit(const struct request_row *row, void *context);
typedef bool answer_visit(const struct request_answer *answer, void *context);

/* Leaves the request to the site's owner. */
bool nodes_ask(struct store *store, const struct request_row *row, struct error *err) MUST_USE;
/* Visits the requests about sites that `node` owns which no node has taken, and takes them. What is
 * older than `us` is deleted. */
bool nodes_take_requests(struct store *store, int64_t node, int64_t us, request_visit *visit,
	void *context, struct error *err) MUST_USE;
bool nodes_answer(
	struct store *store, const struct request_answer *answer, struct error *err) MUST_USE;
/* Visits the answers to the node's requests that are there, and deletes them. */
bool nodes_read_answers(struct store *store, int64_t asker, answer_visit *visit, void *context,
	struct error *err) MUST_USE;
/* Takes a request back; *is_taken: an owner has it already, and may act on it. */
bool nodes_take_back(struct store *store, int64_t asker, int64_t number, bool *is_taken,
	struct error *err) MUST_USE;

/* ---- what owners say of their sites, for the pages and the API of all nodes ---- */

/* `state` is JSON, or "" before the owner has said anything; `owner` is a node's name. */
typedef bool state_visit(const char *site, const char *owner, const char *state, void *context);
/* Stores the states of those of the sites that `node` owns. */
bool nodes_put_states(struct store *store, int64_t node, const char *const *sites,
	const char *const *states, size_t count, struct error *err) MUST_USE;
/* Visits all sites that have an owner which lives. */
bool nodes_read_states(
	struct store *store, state_visit *visit, void *context, struct error *err) MUST_USE;
