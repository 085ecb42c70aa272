/*
 * sandbox/upset.h - faults on demand: an upset waits for matching calls, and does to them what
 * networks, gateways and Tableau do to real ones.
 */
#pragma once
#include "sandbox/api.h"

struct upset;
struct upsets;

struct upsets *upsets_new(void);
void upsets_free(struct upsets *upsets);

/* {"on": {"method", "path", "site"}, "times", "after", "do", ...}: answers
 * {"fault": id}, or 400 with what is wrong. */
void upsets_add(struct upsets *upsets, const cJSON *body, struct reply *reply);
cJSON *upsets_list(const struct upsets *upsets);
void upsets_forget(struct upsets *upsets);

/* The first upset that fits this call, counted down; NULL: none. `path` is the whole path. */
const struct upset *upsets_meet(
	struct upsets *upsets, const struct api_call *call, const char *path);
/* Carries the upset out around api_answer(). */
void upset_answer(const struct upset *upset, struct api_call *call, struct reply *reply);
