/*
 * dispatch/job_contents.h - which content a job works on, as Tableau told: that never changes, so
 * that a look needs not ask for it again. Of the last JOB_CONTENTS jobs that were told.
 */
#pragma once
#include "base/mem.h"

#define JOB_CONTENTS 2048

struct job_contents;

struct job_contents *job_contents_new(void);
void job_contents_free(struct job_contents *contents);
OWNED_DEFINE(job_contents)
/* "" for the LUID: not told, and not kept. Both are copied. */
void job_contents_hear(struct job_contents *contents, const char *job_id, const char *luid);
/* Its content's LUID; NULL: not known. Valid until the next job_contents_hear(). */
const char *job_contents_find(const struct job_contents *contents, const char *job_id);
