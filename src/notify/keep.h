/*
 * notify/keep.h - changes of what is to be told, written by the journal in one transaction: notes
 * put or ended, outcomes seen to, and letters to be delivered when that is durable. Belongs to the
 * notify thread, except while the journal's thread applies it.
 */
#pragma once
#include "notify/courier.h"
#include "store/journal.h"

struct keep;

/* Called on the journal's thread with the result; false also when another node tells now. */
typedef void keep_written(bool committed, void *context);

struct keep *keep_new(void);
void keep_free(struct keep *keep); /* NULL is fine */
bool keep_is_empty(const struct keep *keep);

void keep_note(struct keep *keep, const char *key, const char *json); /* copies; NULL: ends it */
void keep_end_outcome(struct keep *keep, int64_t refresh);
/* Takes the letter; keep_take_letters() gives it back. */
void keep_letter(struct keep *keep, struct letter *letter);
void keep_end_letter(struct keep *keep, const struct letter *letter);

/* False when the journal has stopped. */
bool keep_write(
	struct keep *keep, struct journal *journal, keep_written *written, void *context) MUST_USE;
/* The list of its letters, which the caller then owns. */
struct letter *keep_take_letters(struct keep *keep);

#define KEEP_LETTER_KEYS "letter/"
/* Reads a letter as it was kept; NULL: it is something else. */
struct letter *keep_read_letter(const char *key, const char *json);
