/*
 * content/spent.c - the table of its members: where each is stored.
 */
#include "content/spent.h"

const struct member spent_members[] = {
	MEMBER_COUNT(spent, count, .column = "count", .most = RECORD_MOST_COUNT),
	MEMBER_TEXT(spent, site, .column = "site"),
	MEMBER_WORD(spent, kind, spent_kind, .column = "kind", .most = SPENT_QUERIES),
	MEMBER_TIME(spent, at, .column = "at"),
	{ 0 },
};
