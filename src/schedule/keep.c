/*
 * schedule/keep.c - one copy of each text that many rows share.
 */
#include "base/mem.h"
#include "schedule/state.h"

struct kept {
	UT_hash_handle by_text;
	char text[];
};

const char *schedule_keep(struct schedule *schedule, const char *text)
{
	struct kept *kept = NULL;
	size_t length = strlen(text);
	HASH_FIND(by_text, schedule->kept, text, length, kept);
	if (kept)
		return kept->text;
	kept = mem_alloc(sizeof *kept + length + 1);
	memcpy(kept->text, text, length);
	HASH_ADD_KEYPTR(by_text, schedule->kept, kept->text, length, kept);
	return kept->text;
}

void schedule_keep_nothing(struct schedule *schedule)
{
	struct kept *kept, *next;
	HASH_ITER(by_text, schedule->kept, kept, next)
	{
		HASH_DELETE(by_text, schedule->kept, kept);
		free(kept);
	}
}
