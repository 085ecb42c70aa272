/*
 * daemon/teller.h - what notify/ asks of the other parts: who owns a rule, and how the sites stand.
 */
#pragma once
#include "dispatch/dispatch.h"
#include "notify/notify.h"
#include "rules/ruleset.h"

struct teller { /* outlives the thread that is started; its parts are borrowed */
	struct dispatch *dispatch;
	struct ruleset_slot *rulesets;
	struct store
		*reader; /* what the owners of other sites say is there; NULL: no node shares it */
};

/* Starts to notify: notify_start(). `is_shared`: by several nodes, so that it waits for
 * notify_lead(). */
struct notify *teller_start(struct teller *teller, const struct store_address *store,
	struct journal *journal, struct config_slot *configs, bool is_shared,
	struct error *err) MUST_USE;
void teller_end(struct teller *teller); /* after notify_stop() */
