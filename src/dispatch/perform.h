/*
 * dispatch/perform.h - private to dispatch/: carries out the schedule's actions: records go to the
 * open batch, calls to Tableau, and messages for people to the log.
 */
#pragma once
#include "dispatch/batch.h"
#include "dispatch/effects.h"

struct performer {
	struct effects *effects;
	struct batch *open; /* the batch that collects records */
	/* ids of refreshes: the youngest that was created here, and the last that can be */
	int64_t newest, last;
	bool has_receivers; /* somebody is to be told how refreshes end (notify/) */
};

/*
 * Tableau's callbacks never run inside this call, so the actions stay valid until the last was
 * carried out.
 */
void performer_all(struct performer *performer, const struct actions *actions);
