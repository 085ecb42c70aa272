/*
 * notify/book.h - what each receiver was told and is to be told, grouped and repeated as
 * Alertmanager does it. Pure: no clock, socket, thread or store; time comes as an argument.
 *
 * The life of a news of one receiver:
 *
 *     (none) --it happens--> to be told --a message has it--> told --it ends--> over, to be told
 *                               |  it ends                      |  it ends, and the   |  a message
 *                               v  (nobody heard of it)         v  receiver has no    v  has it
 *                            (none)                          (none) `recovered`    (none)
 *
 * News of a receiver that are equal in its `group_by` are a group. A group with something to tell
 * gives a message group_wait after the first of it, or group_interval after its last message; one
 * that has only told news gives one again after repeat_interval. It has one message at a time: the
 * next waits until that is delivered or given up, so that a receiver that is down finds one message
 * for each group and not one for each change.
 */
#pragma once
#include "config/config.h"
#include "notify/news.h"

struct book;

struct book *book_new(void);
void book_free(struct book *book);
OWNED_DEFINE(book)

/*
 * The receivers from now on; a reference is taken. News of receivers that are not there any more
 * are forgotten, and those of sites too; not those of their refreshes.
 */
void book_configure(struct book *book, struct config *config);
/* What the store kept, before any other input. False: it is forgotten, as above. */
bool book_restore(struct book *book, const struct news *news);

/* ---- what happens ---- */

/* A refresh has ended: `news` without receiver and subject; `is_good`: it succeeded. */
struct ended {
	bool is_good;
	enum notice_event event; /* not good: NOTICE_FAILED or NOTICE_EXPIRED */
	const char *site, *kind, *content_id, *content, *project, *reason;
	int64_t refresh;
	struct wall at;
	/* the rules that asked for it, each with its owner or "" */
	size_t rule_count;
	const char *const *rules, *const *owners;
};
void book_ended(struct book *book, struct wall now, const struct ended *ended);

enum known { KNOWN_NOT, KNOWN_NO, KNOWN_YES };
struct site_news {
	const char *site;
	struct wall pat_ends_at; /* {0}: not known */
	enum known left_alone;   /* KNOWN_NO: it answers */
	const char *reason;      /* why it is left alone */
};
void book_site(struct book *book, struct wall now, const struct site_news *site);

/* ---- messages ---- */

struct group { /* what the news of a message have in common; "" where they are not grouped by it */
	const char *site, *rule, *owner;
};

#define BOOK_NEWS_A_MESSAGE 50
struct book_draft { /* a message that is due; valid until the next call */
	const struct config_receiver *receiver;
	struct group group;
	bool is_repeat; /* nothing is new */
	bool is_test;   /* a person tries the receiver */
	size_t count;   /* of all news of the group */
	/* what is new first, then the oldest */
	const struct news *news[BOOK_NEWS_A_MESSAGE];
	bool is_new[BOOK_NEWS_A_MESSAGE];
	size_t news_count;                 /* of those two */
	size_t events[NOTICE_EVENT_COUNT]; /* of all: how many of each */
};
/* The next message that is due, and takes it as told: to be called until NULL. */
const struct book_draft *book_due(struct book *book, struct wall now);
/* A message of this group waits for its delivery; and it does not any more. */
void book_open(struct book *book, const char *receiver, const struct group *group);
void book_close(struct book *book, const char *receiver, const struct group *group);
/* When book_due() may have something without another input; INT64_MAX: never. */
struct wall book_next(const struct book *book);

/* ---- what the store keeps ---- */

/* Visits what changed since the last call: `json` is NULL for what ended. Keys begin with
 * BOOK_KEYS. */
#define BOOK_KEYS "news/"
void book_changes(struct book *book,
	void (*visit)(const char *key, const char *json, void *context), void *context);
/* How many news the receiver has; `shed`: how many more were dropped, because it has
 * BOOK_NEWS_MOST. */
#define BOOK_NEWS_MOST 2000
size_t book_count(const struct book *book, const char *receiver, int64_t *shed);
