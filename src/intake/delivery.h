/*
 * intake/delivery.h - one webhook delivery, from the decision through the journal to its answer and
 * the dispatcher.
 */
#pragma once
#include "base/web/web.h"
#include "dispatch/dispatch.h"
#include "rules/decide.h"
#include "store/journal.h"

struct delivery;

/* Makes the record of an event. Takes `arena`, which holds event and decision, and the caller's
 * reference to the decision's ruleset. Decision and ruleset are NULL when there was no decision. */
struct delivery *delivery_new(const struct event *event, const struct decision *decision,
	struct ruleset *ruleset, struct str body, bool dry_run, struct arena *arena);
/* Marks it as a replay of `event` that `who` asked for: it is never a duplicate, and only a request
 * that is sent from now on serves it. */
void delivery_is_replay(struct delivery *delivery, int64_t event, const char *who);
/* A browser asked: the answer is a 303 that leads to `path` (a constant) with the event's id. */
void delivery_leads_to(struct delivery *delivery, const char *path);
/*
 * Keeps the request, hands the delivery to the journal, and answers when it is durable: 200, or 503
 * when it cannot be made durable. Takes the delivery.
 */
void delivery_post(struct delivery *delivery, struct web_request *request, struct journal *journal,
	struct dispatch *dispatch);
