/* base/web/descriptors.c - raises the limit of open files at start, because many systems begin with
 * 1024. */
#include "base/web/descriptors.h"
#include <limits.h>
#include <sys/resource.h>

#define USUAL_LIMIT 1024 /* Linux's default */

unsigned descriptors_raise(unsigned wanted)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return USUAL_LIMIT;
	if (limit.rlim_cur < wanted) {
		struct rlimit raised = limit;
		raised.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		if (!setrlimit(RLIMIT_NOFILE, &raised))
			limit = raised;
	}
	return limit.rlim_cur < UINT_MAX ? (unsigned)limit.rlim_cur : UINT_MAX;
}
