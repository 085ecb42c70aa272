/*
 * notify/courier.h - delivers messages: each receiver has a queue of its own, one request at a
 * time, and pauses of its own after a failure, so that one that is down holds up no other.
 *
 * One thread. Messages are in the store before they come here, and stay there until they were
 * delivered or given up.
 */
#pragma once
#include "config/config.h"
#include "notify/book.h"
#include "notify/status.h"

struct letter { /* a message that waits for its delivery */
	char *id, *receiver, *body;
	struct group group; /* texts of its own */
	struct wall made_at;
	struct letter *next;
};
void letter_free(struct letter *letter); /* NULL is fine */
OWNED_DEFINE(letter)

struct courier;

/* Called once for each letter, which is the callee's then: delivered, or given up. */
typedef void courier_done(struct letter *letter, bool is_delivered, void *context);

struct courier *courier_new(courier_done *done, void *context);
void courier_free(struct courier *courier); /* drops open requests */
/* Takes a reference. Letters of receivers that are not there any more are given up. Our own pauses
 * end; what a receiver asked for by Retry-After lasts, unless its address changed. */
void courier_configure(struct courier *courier, struct config *config);
/* Takes the letter. It is given up if its receiver is not there any more. */
void courier_take(struct courier *courier, struct letter *letter);
/* Sends what may be sent, and waits at most `timeout_ms` for the network or `wake_fd`. */
void courier_step(struct courier *courier, int timeout_ms, int wake_fd);
/* When something may be sent; INT64_MAX: never. */
struct mono courier_next(const struct courier *courier);
/* Fills in what is known of the deliveries to the receiver; texts are valid until the next call. */
void courier_describe(
	const struct courier *courier, const char *receiver, struct receiver_status *status);

/*
 * The pause after that many failures in a row: exponential from `initial` to `most`, with full
 * jitter by `chance`, and never less than the receiver asked for by Retry-After. Pure.
 */
int64_t courier_pause(
	int failures, int64_t retry_after, int64_t initial, int64_t most, uint64_t chance);
