/*
 * content/content.h - one concrete workbook, data source, flow or extract refresh task on a site;
 * its LUID identifies it.
 */
#pragma once
#include "content/kind.h"

#define PRIORITY_MOST 100 /* of a rule and its refreshes; 0 is the lowest */

struct content {
	enum content_kind kind;
	const char *luid;
	/* for a task, the name of the workbook or data source that it refreshes; may be "" */
	const char *name;
	const char *project; /* path; "" when it is in none (Personal Space) or that is not known */
};
