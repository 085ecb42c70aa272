/*
 * daemon/prune.h - forgets what ended longer ago than `history`, now and then, in small portions.
 */
#pragma once
#include "base/clock.h"
#include "base/shared.h"
#include "store/journal.h"

struct prune;

/* `configs` is the slot of the configuration that serves. Both outlive it. */
struct prune *prune_new(struct journal *journal, struct shared_slot *configs);
void prune_free(struct prune *prune); /* after the journal has stopped; NULL is fine */

struct mono prune_due(const struct prune *prune);
/* Begins when it is due; the journal's thread does the rest. */
void prune_when_due(struct prune *prune, struct mono now);
