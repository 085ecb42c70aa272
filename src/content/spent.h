/*
 * content/spent.h - how much of a site's budgets (`refreshes_per_hour`, `job_queries_per_day`) was
 * spent, in parts of their windows: the record that scheduler and journal share.
 */
#pragma once
#include "base/record/record.h"

enum spent_kind { SPENT_STARTS, SPENT_QUERIES };

struct spent {
	const char *site;
	enum spent_kind kind;
	struct wall at; /* when this part of the window began */
	int64_t count;
};

extern const struct member spent_members[];
