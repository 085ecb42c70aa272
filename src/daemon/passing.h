/*
 * daemon/passing.h - a person's commands about sites that another node owns: they are left in the
 * store, and their answers are found there. The other side, which takes them, is membership.c.
 *
 * Belongs to the thread of the membership, whose store every call is given.
 */
#pragma once
#include "base/clock.h"
#include "base/mem.h"
#include "dispatch/command.h"
#include "store/nodes.h"

/* So long it is waited for an answer; a person is waiting too. */
#define PASSING_WITHIN (10 * US_PER_SECOND)

struct passing;

struct passing *passing_new(void);
void passing_free(struct passing *passing); /* refuses what waits; NULL is fine */
OWNED_DEFINE(passing)

/* Takes the command. `asker`: this node; 0: it is none at the moment. */
void passing_take(struct passing *passing, struct store *store, int64_t asker,
	struct dispatch_command *command);
/* Tells the answers that are there, and gives up what has waited too long. */
void passing_step(struct passing *passing, struct store *store);
/* When passing_step() is to be called next; INT64_MAX: nothing waits. */
struct mono passing_due(const struct passing *passing);
