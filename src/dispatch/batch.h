/*
 * dispatch/batch.h - what the schedule wants kept, collected until the journal is free, and written
 * in one transaction. Requests that may leave only when that is durable ride along. Belongs to the
 * dispatch thread but for the moment in which the journal thread applies it.
 */
#pragma once
#include "base/mailbox.h"
#include "dispatch/edge.h"

struct batch;

struct batch *batch_new(void);
void batch_free(struct batch *batch);
OWNED_DEFINE(batch)

void batch_record(struct batch *batch, const struct refresh_row *row); /* copies */
void batch_cause(struct batch *batch, const struct cause_row *cause);  /* copies */
void batch_spent(struct batch *batch, const struct spent *spent);      /* copies */
/* What somebody asked for (copied); a pause or its end is kept with it. */
void batch_command(struct batch *batch, const struct command_row *command);
/* Takes the message of one who waits until all of this is durable. */
void batch_tell(struct batch *batch, struct message *waiting);
void batch_end_selection(struct batch *batch, int64_t selection);
void batch_send(struct batch *batch, int64_t refresh); /* to be sent once this is durable */
bool batch_is_empty(const struct batch *batch);

/* Hands it to the journal of `edge` (borrowed), whose `written` says how that went. False when the
 * journal has stopped. */
bool batch_write(struct batch *batch, const struct edge *edge) MUST_USE;
/* The messages of batch_tell(), a list, now the caller's. */
struct message *batch_take_waiting(struct batch *batch);
/* The refreshes to send, in the order in which they were added. */
const int64_t *batch_sends(const struct batch *batch, size_t *count);
