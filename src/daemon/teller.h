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
};

/* Starts to notify: notify_start(). `waits`: until notify_lead(). */
struct notify *teller_start(struct teller *teller, const struct store_address *store,
	struct journal *journal, struct config_slot *configs, bool waits,
	struct error *err) MUST_USE;
