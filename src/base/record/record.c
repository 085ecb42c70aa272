/*
 * base/record/record.c - copies a record, and reads and writes it, by its table.
 */
#include "base/record/record.h"
#include <string.h>

static const char *at(const struct member *member, const void *record)
{
	return (const char *)record + member->offset;
}

int64_t member_number(const struct member *member, const void *record)
{
	const void *from = at(member, record);

	switch (member->type) {
	case MEMBER_IS_COUNT:
	case MEMBER_IS_DURATION:
		return *(const int64_t *)from;
	case MEMBER_IS_TIME:
		return ((const struct wall *)from)->us;
	case MEMBER_IS_INT:
	case MEMBER_IS_WORD:
	case MEMBER_IS_CHOICE:
		return *(const int *)from;
	case MEMBER_IS_UNSIGNED:
		return *(const unsigned *)from;
	case MEMBER_IS_FLAG:
		return *(const bool *)from;
	case MEMBER_IS_TEXT:
	case MEMBER_IS_OPTIONAL:
	case MEMBER_IS_JSON:
	case MEMBER_IS_TEXTS:
	case MEMBER_IS_BYTES:
	case MEMBER_IS_OBJECT:
	case MEMBER_IS_ELSEWHERE:
	case MEMBER_IS_NONE:
		break;
	}
	return 0;
}

void member_set_number(const struct member *member, void *record, int64_t number)
{
	void *to = (char *)record + member->offset;

	switch (member->type) {
	case MEMBER_IS_COUNT:
	case MEMBER_IS_DURATION:
		*(int64_t *)to = number;
		break;
	case MEMBER_IS_TIME:
		((struct wall *)to)->us = number;
		break;
	case MEMBER_IS_INT:
	case MEMBER_IS_WORD:
	case MEMBER_IS_CHOICE:
		*(int *)to = (int)number;
		break;
	case MEMBER_IS_UNSIGNED:
		*(unsigned *)to = (unsigned)number;
		break;
	case MEMBER_IS_FLAG:
		*(bool *)to = number != 0;
		break;
	case MEMBER_IS_TEXT:
	case MEMBER_IS_OPTIONAL:
	case MEMBER_IS_JSON:
	case MEMBER_IS_TEXTS:
	case MEMBER_IS_BYTES:
	case MEMBER_IS_OBJECT:
	case MEMBER_IS_ELSEWHERE:
	case MEMBER_IS_NONE:
		break;
	}
}

const char *member_text_of(const struct member *member, const void *record)
{
	return *(const char *const *)(const void *)at(member, record);
}

void member_set_text(const struct member *member, void *record, const char *text)
{
	*(const char **)(void *)((char *)record + member->offset) = text;
}

const char *member_choice_text(const struct member *member, const void *record)
{
	return *(const char *const *)(const void *)((const char *)record + member->count_offset);
}

void member_set_choice(const struct member *member, void *record, int value, const char *text)
{
	member_set_number(member, record, value);
	*(const char **)(void *)((char *)record + member->count_offset) = text;
}

struct str member_bytes(const struct member *member, const void *record)
{
	return *(const struct str *)(const void *)at(member, record);
}

void member_set_bytes(const struct member *member, void *record, struct str bytes)
{
	*(struct str *)(void *)((char *)record + member->offset) = bytes;
}

bool member_may_be(const struct member *member, int64_t number)
{
	bool is_any = !member->most && member->type != MEMBER_IS_WORD;

	return is_any || (number >= 0 && number <= member->most) ||
	       (member->also && number == member->also);
}

int64_t member_kept_number(const struct member *member, int64_t number)
{
	bool is_time = member->type == MEMBER_IS_TIME || member->type == MEMBER_IS_DURATION;
	bool is_beyond = is_time && (number < 0 || number > RECORD_MOST_TIME);

	return is_beyond ? 0 : number;
}

const char *member_kept_text(const struct member *member, const char *text)
{
	if (text || member->otherwise)
		return text ? text : member->otherwise;
	return member->type == MEMBER_IS_TEXT ? "" : NULL;
}

void record_keep(const struct member *members, void *record)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			record_keep(member->members, (char *)record + member->offset);
		else if (member_is_text(member))
			member_set_text(member, record,
				member_kept_text(member, member_text_of(member, record)));
		else
			member_set_number(member, record,
				member_kept_number(member, member_number(member, record)));
	}
}

const char *const *member_texts(const struct member *member, const void *record)
{
	return *(const char *const *const *)(const void *)at(member, record);
}

size_t member_texts_count(const struct member *member, const void *record)
{
	return *(const size_t *)(const void *)((const char *)record + member->count_offset);
}

void member_set_texts(
	const struct member *member, void *record, const char *const *texts, size_t count)
{
	*(const char *const **)(void *)((char *)record + member->offset) = texts;
	*(size_t *)(void *)((char *)record + member->count_offset) = count;
}

static struct str copied_bytes(struct str bytes, struct arena *arena)
{
	return (struct str){ arena_str(arena, bytes), bytes.length };
}

static void copy_texts(const struct member *member, const void *from, void *to, struct arena *arena)
{
	size_t count = member_texts_count(member, from);
	const char *const *texts = member_texts(member, from);
	const char **copies = arena_array(arena, const char *, count + 1);

	for (size_t i = 0; i < count; i++)
		copies[i] = arena_text(arena, texts[i]);
	member_set_texts(member, to, copies, count);
}

/* Most texts of many records are empty. */
static const char *copied_text(const char *text, struct arena *arena)
{
	return text && !*text ? "" : arena_text(arena, text);
}

/* Copies to `arena` the texts that `to`, a copy of the bytes of `from`, borrows. */
static void copy_what_is_borrowed(
	const struct member *members, const void *from, void *to, struct arena *arena)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			copy_what_is_borrowed(member->members, at(member, from),
				(char *)to + member->offset, arena);
		else if (member->type == MEMBER_IS_TEXTS)
			copy_texts(member, from, to, arena);
		else if (member->type == MEMBER_IS_CHOICE)
			member_set_choice(member, to, (int)member_number(member, from),
				arena_text(arena, member_choice_text(member, from)));
		else if (member->type == MEMBER_IS_BYTES)
			member_set_bytes(
				member, to, copied_bytes(member_bytes(member, from), arena));
		else if (member_is_text(member) && !member->outlives)
			member_set_text(
				member, to, copied_text(member_text_of(member, from), arena));
	}
}

void record_copy(
	const struct member *members, const void *from, void *to, size_t size, struct arena *arena)
{
	memcpy(to, from, size);
	copy_what_is_borrowed(members, from, to, arena);
}

/* ---- comparing ---- */

static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_number(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_one(const struct member *member, const void *a, const void *b)
{
	if (member_is_text(member))
		return compare_text(member_text_of(member, a), member_text_of(member, b));
	int order = compare_number(member_number(member, a), member_number(member, b));
	if (order || member->type != MEMBER_IS_CHOICE)
		return order;
	return compare_text(member_choice_text(member, a), member_choice_text(member, b));
}

int record_compare(const struct member *members, const void *a, const void *b)
{
	int order = 0;

	for (const struct member *member = members; member->type && !order; member++) {
		if (member->may_differ)
			continue;
		order = member->type == MEMBER_IS_OBJECT
				? record_compare(member->members, at(member, a), at(member, b))
				: compare_one(member, a, b);
	}
	return order;
}

/* ---- what is left out ---- */

bool member_is_empty(const struct member *member, const void *record)
{
	if (member->type == MEMBER_IS_TEXTS)
		return !member_texts_count(member, record);
	if (!member_is_text(member))
		return !member_number(member, record);
	const char *text = member_text_of(member, record);
	return !text || !*text;
}

bool record_is_left_out(const struct member *members, const void *record)
{
	for (const struct member *member = members; member->type; member++)
		if (member->decides && member_is_empty(member, record))
			return true;
	return false;
}
