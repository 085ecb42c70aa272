/* dispatch/job_contents.c - a ring of the last jobs and their content. */
#include "dispatch/job_contents.h"
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_FNV
#include <stdio.h>
#include <string.h>
#include <uthash.h>

struct job_content {
	char id[64], luid[64]; /* a LUID has 36 */
	UT_hash_handle by_id;
};

struct job_contents {
	struct job_content ring[JOB_CONTENTS];
	size_t count; /* of all jobs ever added */
	struct job_content *index;
};

struct job_contents *job_contents_new(void)
{
	return mem_new(struct job_contents);
}

void job_contents_free(struct job_contents *contents)
{
	if (!contents)
		return;
	HASH_CLEAR(by_id, contents->index);
	free(contents);
}

void job_contents_hear(struct job_contents *contents, const char *job_id, const char *luid)
{
	struct job_content *entry = &contents->ring[contents->count % JOB_CONTENTS];
	if (!*luid || job_contents_find(contents, job_id))
		return;
	if (contents->count++ >= JOB_CONTENTS)
		HASH_DELETE(by_id, contents->index, entry);
	snprintf(entry->id, sizeof entry->id, "%s", job_id);
	snprintf(entry->luid, sizeof entry->luid, "%s", luid);
	HASH_ADD_KEYPTR(by_id, contents->index, entry->id, strlen(entry->id), entry);
}

const char *job_contents_find(const struct job_contents *contents, const char *job_id)
{
	struct job_content *entry = NULL;
	HASH_FIND(by_id, contents->index, job_id, strlen(job_id), entry);
	return entry ? entry->luid : NULL;
}
