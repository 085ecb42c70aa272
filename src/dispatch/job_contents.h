/*
 * dispatch/job_contents.h - remembers which content a job works on. That never changes, so a later
 * look need not ask again. Holds the last JOB_CONTENTS jobs.
 */
#pragma once
#include "base/mem.h"

#define JOB_CONTENTS 2048

struct job_contents;

struct job_contents *job_contents_new(void);
void job_contents_free(struct job_contents *contents);
OWNED_DEFINE(job_contents)
/* A LUID of "" is not known and not kept. Both texts are copied. */
void job_contents_hear(struct job_contents *contents, const char *job_id, const char *luid);
/* The LUID of the job's content; NULL: not known. Valid until the next job_contents_hear(). */
const char *job_contents_find(const struct job_contents *contents, const char *job_id);
