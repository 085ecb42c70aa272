/* admin/trouble.c - a lasting trouble with its time and report. */
#include "admin/trouble.h"

static void destroy(struct trouble *trouble)
{
	free(trouble->report);
	free(trouble);
}

SHARED_DEFINE(trouble, destroy)

struct trouble *trouble_new(const char *report)
{
	struct trouble *trouble = mem_new(struct trouble);
	SHARED_INIT(trouble, trouble);
	trouble->at = clock_wall();
	trouble->report = mem_copy_text(report);
	return trouble;
}
