/*
 * sandbox/calls.h - the log of calls below /api/, on which tests assert.
 */
#pragma once
#include "sandbox/api.h"

struct calls;

struct calls *calls_new(void);
void calls_free(struct calls *calls);
/* Records a call; `reply` is complete, `path` is the whole path. */
void calls_add(struct calls *calls, const struct api_call *call, const char *path,
	const struct reply *reply);
/* {"calls": [...]}, oldest first. Filters, each of which may be NULL: method and site are exact,
 * path is a glob. */
cJSON *calls_list(
	const struct calls *calls, const char *method, const char *path, const char *site);
/* Later calls keep counting from the old number. */
void calls_forget(struct calls *calls);
