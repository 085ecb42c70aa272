/* sandbox/list.c - answers a list: filter, sort, page. */
#include "sandbox/list.h"
#include <stdio.h>

struct page {
	int64_t number, size;
};

/* 403014, 400006 and 400007: src/tableau/README.md, Lists. */
static bool read_page(struct api_call *call, struct reply *reply, struct page *page)
{
	const char *size = web_query(call->request, "pageSize"),
		   *number = web_query(call->request, "pageNumber");
	*page = (struct page){ .number = 1, .size = 100 };
	if (size && (!str_to_count(str_of(size), &page->size) || page->size < 1)) {
		reply_error(reply, 400007, "Bad Request",
			"The page size is not an integer, or is less than one.");
		return false;
	}
	if (page->size > 1000) {
		reply_error(reply, 403014, "Forbidden",
			"The specified page size is larger than the maximum page size "
			"of 1000.");
		return false;
	}
	if (number && (!str_to_count(str_of(number), &page->number) || page->number < 1)) {
		reply_bad_page(reply);
		return false;
	}
	return true;
}

/*
 * The filter is decoded before it is parsed, as in Tableau, so encoding a comma or ampersand inside
 * a value does not help (src/tableau/README.md, Filters).
 */
static bool read_filter(struct api_call *call, const struct list_kind *kind, struct filter *filter,
	struct reply *reply)
{
	const char *text = web_query(call->request, "filter");
	struct str bad = { "", 0 };
	char detail[200]; /* 100 bytes of a key, and the text */
	enum filter_error error = box_filter_parse(text ? text : "", kind->fields, filter, &bad);
	int length = bad.length < 100 ? (int)bad.length : 100;
	filter->is_literal = kind->is_literal;
	if (error == FILTER_OK && text && strchr(text, '&'))
		error = FILTER_UNPARSABLE;
	if (error == FILTER_OK)
		return true;
	if (error == FILTER_UNPARSABLE)
		snprintf(detail, sizeof detail,
			"The filter query is missing a value for key '%.*s'.", length, bad.at);
	else
		snprintf(detail, sizeof detail, "The filter expression '%.*s' is invalid.", length,
			bad.at);
	reply_error(reply, error == FILTER_UNPARSABLE ? 400065 : 400066, "Bad Request", detail);
	return false;
}

static const char *value_of(const struct list_kind *kind, size_t field, struct list_item item,
	char scratch[LIST_SCRATCH])
{
	const struct texts *texts;
	if (kind->values[field])
		return kind->values[field](item, scratch);
	texts = kind->texts(item);
	return texts->count ? texts->items[0] : "";
}

static bool term_takes(const struct list_kind *kind, const struct filter *filter,
	const struct filter_term *term, struct list_item item)
{
	char scratch[LIST_SCRATCH];
	if (kind->values[term->field])
		return box_filter_takes(filter, term, kind->values[term->field](item, scratch));
	const struct texts *texts = kind->texts(item);
	for (size_t i = 0; i < texts->count; i++)
		if (box_filter_takes(filter, term, texts->items[i]))
			return true;
	return false;
}

static bool takes(const struct list_kind *kind, const struct filter *filter, struct list_item item)
{
	for (size_t i = 0; i < filter->count; i++)
		if (!term_takes(kind, filter, &filter->terms[i], item))
			return false;
	return true;
}

/* ---- sort=field:asc,field:desc ---- */

#define SORT_MOST 4
struct sort_order {
	const struct list_kind *kind;
	const struct api_call *call;
	size_t count;
	struct {
		size_t field;
		bool is_descending;
	} keys[SORT_MOST];
};

static bool read_key(struct sort_order *order, struct str key)
{
	const struct filter_field *fields = order->kind->fields;
	const char *colon = memchr(key.at, ':', key.length);
	struct str name = { key.at, colon ? (size_t)(colon - key.at) : key.length },
		   way = colon ? (struct str){ colon + 1, key.length - name.length - 1 }
			       : STR("asc");
	size_t field = 0;
	while (fields[field].name && !str_is(name, fields[field].name))
		field++;
	if (!fields[field].name || order->count == SORT_MOST ||
		(!str_is(way, "asc") && !str_is(way, "desc")))
		return false;
	order->keys[order->count].field = field;
	order->keys[order->count++].is_descending = str_is(way, "desc");
	return true;
}

static bool read_order(struct api_call *call, struct sort_order *order, struct reply *reply)
{
	const char *text = web_query(call->request, "sort");
	while (text && *text) {
		size_t length = strcspn(text, ",");
		if (!length || !read_key(order, (struct str){ text, length })) {
			reply_error(
				reply, 400066, "Bad Request", "The sort expression is invalid.");
			return false;
		}
		text += length + (text[length] == ',');
	}
	return true;
}

static int by_order(const void *left, const void *right, void *context)
{
	const struct sort_order *order = context;
	struct list_item a = { order->call, *(const void *const *)left },
			 b = { order->call, *(const void *const *)right };
	char left_scratch[LIST_SCRATCH], right_scratch[LIST_SCRATCH];
	for (size_t i = 0; i < order->count; i++) {
		size_t field = order->keys[i].field;
		int way = box_filter_compare(value_of(order->kind, field, a, left_scratch),
			str_of(value_of(order->kind, field, b, right_scratch)));
		if (way)
			return order->keys[i].is_descending ? -way : way;
	}
	return 0;
}

/* ---- the answer ---- */

static void add_pagination(cJSON *json, const struct page *page, size_t total)
{
	const struct {
		const char *name;
		long long value;
	} members[] = {
		{ "pageNumber", page->number },
		{ "pageSize", page->size },
		{ "totalAvailable", (long long)total },
	};
	char text[24]; /* 20 digits and NUL; numbers are strings (src/tableau/README.md, JSON) */
	cJSON *pagination = cJSON_AddObjectToObject(json, "pagination");
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		snprintf(text, sizeof text, "%lld", members[i].value);
		json_add_text(pagination, members[i].name, text);
	}
}

void list_add(const struct box_site *site, cJSON *into, const char *singular, cJSON *items)
{
	int count = cJSON_GetArraySize(items);
	if (count == 1 && site->single_as_object)
		cJSON_AddItemToObject(into, singular, cJSON_DetachItemFromArray(items, 0));
	else if (count)
		cJSON_AddItemToObject(into, singular, items);
	if (!count || (count == 1 && site->single_as_object))
		cJSON_Delete(items);
}

static void add_page(struct api_call *call, const struct list_kind *kind, const struct page *page,
	const void *const *found, size_t count, struct reply *reply)
{
	/* The page number is not bounded, so it is compared before it is multiplied. */
	bool is_beyond =
		page->number > 1 && (page->number - 1 > (int64_t)count / page->size ||
					    (page->number - 1) * page->size >= (int64_t)count);
	if (is_beyond) {
		reply_bad_page(reply);
		return;
	}
	cJSON *items = cJSON_CreateArray();
	size_t from = (size_t)((page->number - 1) * page->size);
	for (size_t i = from; i < count && i < from + (size_t)page->size; i++)
		cJSON_AddItemToArray(items, kind->json((struct list_item){ call, found[i] }));
	reply->json = cJSON_CreateObject();
	add_pagination(reply->json, page, count);
	list_add(call->site, cJSON_AddObjectToObject(reply->json, kind->plural), kind->singular,
		items);
}

void list_answer(struct api_call *call, const struct list_kind *kind, const void *const *items,
	size_t count, struct reply *reply)
{
	struct page page;
	struct filter filter;
	struct sort_order order = { .kind = kind, .call = call };
	if (!read_page(call, reply, &page) || !read_filter(call, kind, &filter, reply) ||
		!read_order(call, &order, reply))
		return;
	OWNED_MEMORY const void **found = mem_alloc((count + 1) * sizeof *found);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (takes(kind, &filter, (struct list_item){ call, items[i] }))
			found[kept++] = items[i];
	if (order.count)
		qsort_r(found, kept, sizeof *found, by_order, &order);
	add_page(call, kind, &page, found, kept, reply);
}
