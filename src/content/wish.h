/*
 * content/wish.h - how an event wants content refreshed, and what several events that want the same
 * get together.
 */
#pragma once
#include <stdbool.h>

struct wish {
	int priority;                /* 0 to PRIORITY_MOST */
	bool incremental;            /* an incremental refresh will do */
	bool allow_many, allow_none; /* a selector may name several contents, or none */
};

/* One refresh for both: of the higher priority, and with the liberties that both give. */
static inline struct wish wish_merge(struct wish a, struct wish b)
{
	return (struct wish){
		.priority = a.priority > b.priority ? a.priority : b.priority,
		.incremental = a.incremental && b.incremental,
		.allow_many = a.allow_many && b.allow_many,
		.allow_none = a.allow_none && b.allow_none,
	};
}
