/*
 * sandbox/calls.h - the log of calls below /api/: what tests assert on.
 */
#pragma once
#include "sandbox/api.h"

struct calls;

struct calls *calls_new(void);
void calls_free(struct calls *calls);
/* Remembers a call; `reply` is complete, `path` the whole one. */
void calls_add(
	struct calls *calls, const struct call *call, const char *path, const struct reply *reply);
/* {"calls": [...]}, oldest first; method and site exact, path a glob, each of
 * them or NULL. */
cJSON *calls_list(
	const struct calls *calls, const char *method, const char *path, const char *site);
/* Numbers go on. */
void calls_forget(struct calls *calls);
