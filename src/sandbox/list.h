/*
 * sandbox/list.h - every list of the API: filter, sort, pages
 * (src/tableau/README.md, Lists, Filters). A kind of list is a table of its fields; only the
 * items of the page become JSON.
 */
#pragma once
#include "sandbox/api.h"
#include "sandbox/filter.h"

struct list_item {
	const struct api_call *call;
	const void *of; /* a content, project or job */
};

#define LIST_SCRATCH 64 /* a time or a number */
/* The field's value for filters, "" when it has none; may be written into `scratch`. */
typedef const char *list_value(struct list_item item, char scratch[LIST_SCRATCH]);

struct list_kind {
	const char *plural, *singular;     /* members of the answer */
	const struct filter_field *fields; /* ended by a NULL name */
	/* a function for each field; NULL: the field's values are `texts` */
	list_value *const *values;
	const struct texts *(*texts)(struct list_item item); /* of the field with several values */
	cJSON *(*json)(struct list_item item);
	bool is_literal; /* '*' is not a wildcard */
};

/* Answers with the requested page of `items`, which are in the order of an unsorted list. */
void list_answer(struct api_call *call, const struct list_kind *kind, const void *const *items,
	size_t count, struct reply *reply);
/* Adds a list of one item: an array, or the object itself if the site is configured so. */
void list_add(const struct box_site *site, cJSON *into, const char *singular, cJSON *items);
