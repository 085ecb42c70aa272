/* admin/trouble.c - a lasting trouble with its time and report. */
#include "admin/trouble.h"

static void destroy(struct shared *shared)
{
	struct trouble *trouble = (struct trouble *)(void *)shared;
	free(trouble->report);
	free(trouble);
}

struct trouble *trouble_new(const char *report)
{
	struct trouble *trouble = mem_new(struct trouble);
	shared_init(&trouble->shared, destroy);
	trouble->at = clock_wall();
	trouble->report = mem_copy_text(report);
	return trouble;
}
