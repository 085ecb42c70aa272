/*
 * notify/book_inside.h - a book from within: its list of news and what its files do with it.
 * Private to notify/book.c, notify/book_input.c and notify/book_due.c.
 */
#pragma once
#include "notify/book.h"

struct book_entry { /* one news */
	struct news news;
	struct arena *arena; /* of its texts */
	size_t receiver;     /* its index in the configuration */
	bool is_dirty;       /* the store does not have it as it is */
	bool is_gone;        /* forgotten; the next book_sweep() removes it */
};

struct open_message { /* one that waits for its delivery */
	char *receiver;
	struct group group; /* texts of its own */
};

struct shed { /* what was dropped, because the receiver has BOOK_NEWS_MOST */
	char *receiver;
	int64_t count;
};

struct book {
	struct config *config;
	struct book_entry **entries;
	size_t count, capacity;
	struct open_message *open;
	size_t open_count, open_capacity;
	char **ended; /* keys that the store has and the book has not */
	size_t ended_count, ended_capacity;
	struct shed *shed;
	size_t shed_count, shed_capacity;
	struct wall next; /* when something may be due; {0}: not known */
	struct book_draft draft;
	/* A round of book_due() sorts once and passes each group once, because a message for each
	 * of a thousand rules is due together. */
	bool is_in_round;  /* it gave a message last; the list is as it was then */
	size_t round_at;   /* where it goes on */
	struct wall later; /* when a group is due that it has passed */
};

/* ---- book.c: the list ---- */

const struct config_receiver *book_receiver(
	const struct book *book, const struct book_entry *entry);
/* NULL: the receiver has no news of this subject. */
struct book_entry *book_find(const struct book *book, size_t receiver, const char *subject);
/* The entry is not dirty yet: what is restored is in the store. */
struct book_entry *book_insert(struct book *book, size_t receiver, const struct news *news);
/* It changed: the store is to have it, and something may be due. */
void book_touch(struct book *book, struct book_entry *entry);
/* It stays in the list until book_sweep(), so that a walk over the list may go on. */
void book_forget(struct book *book, struct book_entry *entry);
void book_sweep(struct book *book);
/* Counts a news that was not inserted, because the receiver has BOOK_NEWS_MOST. */
void book_shed(struct book *book, const char *receiver);

/* ---- book_due.c: groups and messages ---- */

void open_message_clear(struct open_message *message);
