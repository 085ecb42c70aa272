/*
 * content/content.h - one concrete workbook, data source, flow or extract refresh task on a site;
 * its LUID identifies it.
 */
#pragma once
#include "content/kind.h"

#define PRIORITY_MOST 100 /* of a rule and of its refreshes; 0 is the least */

struct content {
	enum content_kind kind;
	const char *luid;
	const char
		*name; /* a task's is that of the workbook or data source it refreshes; may be "" */
	const char *project; /* path; "" when it lies in none (Personal Space) or is not known */
};
