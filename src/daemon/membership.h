/*
 * daemon/membership.h - this process as one of several nodes that share a store: the thread that
 * keeps its lease, claims sites and gives them back as cluster/ownership.h decides, and brings
 * their work to the dispatcher.
 *
 * Life: membership_new, and dispatch_load_nothing() with membership_sharing(); membership_start;
 * membership_stop, which gives the sites back; membership_free, when the dispatcher and the journal
 * have ended.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "dispatch/dispatch.h"
#include "rules/ruleset.h"
#include "store/journal.h"

struct membership;

struct membership *membership_new(struct error *err) MUST_USE;
void membership_free(struct membership *membership); /* NULL is fine */
struct dispatch_sharing membership_sharing(struct membership *membership);

struct membership_options {                /* borrowed, and outlive the thread */
	const struct store_address *store; /* opened to share, and for reading */
	struct journal *journal;
	struct dispatch *dispatch;
	struct notify *notify; /* which waits */
	struct config_slot *configs;
	struct ruleset_slot *rulesets;
	const char *name; /* of the node, for people */
};
bool membership_start(struct membership *membership, const struct membership_options *options,
	struct error *err) MUST_USE;
/* The configuration has changed. */
void membership_configure(struct membership *membership);
/* Stops the work of all sites and gives them back, within `us`; other nodes claim them at once. */
void membership_stop(struct membership *membership, int64_t us);
