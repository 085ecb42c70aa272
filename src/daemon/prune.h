/*
 * daemon/prune.h - deletes from time to time, in small portions, what ended longer ago than
 * `history`.
 */
#pragma once
#include "base/clock.h"
#include "config/config.h"
#include "store/journal.h"

struct prune;

/* `configs` is the slot of the configuration in use. Both outlive the result. */
struct prune *prune_new(struct journal *journal, struct config_slot *configs);
void prune_free(struct prune *prune); /* only after the journal has stopped; NULL is fine */

struct mono prune_due(const struct prune *prune);
/* Begins if it is due; the journal's thread does the rest. */
void prune_when_due(struct prune *prune, struct mono now);
