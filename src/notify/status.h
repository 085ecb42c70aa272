/*
 * notify/status.h - how the deliveries stand, as a snapshot for the admin listener.
 */
#pragma once
#include "base/record/record.h"
#include "base/shared.h"

struct receiver_status {
	const char *name, *format;
	int64_t active;  /* news: what is wrong, or has ended and was not told yet */
	int64_t waiting; /* messages that wait for their delivery */
	/* since the start: */
	int64_t delivered, failed, given_up;
	int64_t shed;                        /* news beyond the bound */
	struct wall delivered_at, failed_at; /* the last; {0}: none since the start */
	const char *failure;                 /* the last one's reason, or "" */
	struct wall next_try_at;             /* {0}: nothing is held up by a failure */
};

/* Where each is shown. */
extern const struct member receiver_members[];

struct notify_status {
	struct shared shared;
	struct arena *arena;
	size_t count;
	const struct receiver_status *receivers; /* in the order of the configuration */
};
SHARED_DECLARE(notify_status)

/* Without receivers; the caller owns the only reference. */
struct notify_status *notify_status_new(void);
