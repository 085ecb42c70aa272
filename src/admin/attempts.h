/*
 * admin/attempts.h - slows those who try tokens: after ten wrong ones, an address has one try a
 * second. Others do not wait, and nothing is held: who has no try left is told to come back.
 *
 * Pure: the time is given. Bounded: so many addresses are remembered, and a new one takes the place
 * of the one whose wrong tokens are the longest ago. Belongs to one thread.
 */
#pragma once
#include "base/clock.h"
#include "base/web/peer.h"

#define ATTEMPTS_AT_ONCE 10
#define ATTEMPTS_EVERY US_PER_SECOND
#define ATTEMPTS_ADDRESSES 256

struct attempts { /* begin with zeros */
	struct {
		struct peer_address address;
		struct mono paid; /* when all its wrong tokens are forgotten */
	} of[ATTEMPTS_ADDRESSES];
	size_t count;
};

/* 0: it may try; else how many seconds it has to wait. */
int64_t attempts_wait(
	const struct attempts *attempts, struct peer_address address, struct mono now);
void attempts_add_wrong(struct attempts *attempts, struct peer_address address, struct mono now);
