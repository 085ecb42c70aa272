/*
 * dispatch/batch.h - records of the schedule, collected until the journal is free and written in
 * one transaction, with the requests that may be sent only when that is durable. Belongs to the
 * dispatch thread, except while the journal thread applies it.
 *
 * Each record is of a site. What is of a site that belongs to another node by now is not written:
 * its new owner finds out from Tableau what became of it.
 */
#pragma once
#include "base/mailbox.h"
#include "dispatch/edge.h"

struct batch;

struct batch *batch_new(void);
void batch_free(struct batch *batch);
OWNED_DEFINE(batch)

void batch_record(struct batch *batch, const struct refresh_row *row);                  /* copies */
void batch_cause(struct batch *batch, const char *site, const struct cause_row *cause); /* copies */
/* The refresh of this id, whose end is recorded in this batch, is to be told. */
void batch_outcome(struct batch *batch, const char *site, int64_t refresh);
void batch_spent(struct batch *batch, const struct spent *spent); /* copies */
/* A person's command (copied); a pause or its end is recorded with it. */
void batch_command(struct batch *batch, const struct command_row *command);
/* Takes a message to be answered when the whole batch is durable. */
void batch_tell(struct batch *batch, struct message *waiting);
void batch_end_selection(struct batch *batch, const char *site, int64_t selection);
/* Sends the refresh, of this life of its site, when the batch is durable. */
void batch_send(struct batch *batch, const char *site, int64_t refresh, int64_t life);
bool batch_is_empty(const struct batch *batch);
/* The site is left: nothing of it is sent. What is recorded stays to be written. */
void batch_unsend(struct batch *batch, const char *site);
/* It is lost: nothing of it is written either. Not while the journal has the batch. */
void batch_drop(struct batch *batch, const char *site);
/* Is something of the site to be written? */
bool batch_is_about(const struct batch *batch, const char *site);

/* Gives it to the journal of `edge` (borrowed), whose `written` is called with the result. False
 * when the journal has stopped. */
bool batch_write(struct batch *batch, const struct edge *edge) MUST_USE;
/* The list of messages of batch_tell(), which the caller then owns. */
struct message *batch_take_waiting(struct batch *batch);
struct batch_sending {
	const char *site;
	int64_t refresh, life;
};
/* The refreshes to send, in the order in which they were added. */
const struct batch_sending *batch_sends(const struct batch *batch, size_t *count);
/* When it is durable: the sites of which nothing was written, because another node owns them now.
 */
const char *const *batch_lost(const struct batch *batch, size_t *count);
bool batch_has_lost(const struct batch *batch, const char *site);
