/*
 * dispatch/perform.h - private to dispatch/: carries out what the schedule decided. Records go to
 * the batch that is open, questions to Tableau, and what people should know to the log.
 */
#pragma once
#include "dispatch/batch.h"
#include "dispatch/effects.h"
#include "dispatch/pending.h"

struct performer {
	struct effects *effects;
	struct batch *open; /* collects */
	struct pendings pending;
	int64_t newest; /* id of a refresh */
};

/*
 * Tableau's callbacks never run inside this call, only after it, so that the schedule's actions
 * stay valid until the last of them was carried out.
 */
void performer_all(struct performer *performer, const struct actions *actions);
