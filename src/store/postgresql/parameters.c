/*
 * store/postgresql/parameters.c - the parameters of a statement. Numbers and bytes go in binary
 * form.
 */
#include "store/postgresql/postgresql.h"
#include <endian.h>

/* Types of the server (its catalog/pg_type.dat). */
enum { TYPE_BYTES = 17, TYPE_NUMBER = 20, TYPE_TEXT = 25, TYPE_TEXTS = 1009, TYPE_NUMBERS = 1016 };

void parameters_clear(struct parameters *given)
{
	for (int i = 0; i < given->count; i++)
		free(given->lists[i]);
}

static int next(struct parameters *given, Oid type, bool is_binary)
{
	int i = given->count++;

	given->types[i] = type;
	given->formats[i] = is_binary;
	given->values[i] = NULL;
	given->lists[i] = NULL;
	return i;
}

static void set_number(struct parameters *given, int i, int64_t value)
{
	given->types[i] = TYPE_NUMBER;
	given->numbers[i] = (int64_t)htobe64((uint64_t)value);
	given->values[i] = (const char *)&given->numbers[i];
	given->lengths[i] = sizeof given->numbers[i];
	given->formats[i] = 1;
}

void parameters_add_number(struct parameters *given, int64_t value)
{
	set_number(given, next(given, TYPE_NUMBER, true), value);
}

void parameters_add_no_number(struct parameters *given)
{
	next(given, TYPE_NUMBER, true);
}

void parameters_add_text(struct parameters *given, const char *text)
{
	given->values[next(given, TYPE_TEXT, false)] = text;
}

void parameters_add_bytes(struct parameters *given, struct str bytes)
{
	int i = next(given, TYPE_BYTES, true);

	given->values[i] = bytes.length ? bytes.at : "";
	given->lengths[i] = (int)bytes.length;
}

void parameters_add_numbers(struct parameters *given, const int64_t *values, size_t count)
{
	struct text list = TEXT(TEXT_UNBOUNDED);
	int i = next(given, TYPE_NUMBERS, false);

	text_add_char(&list, '{');
	for (size_t at = 0; at < count; at++)
		text_printf(&list, "%s%lld", at ? "," : "", (long long)values[at]);
	text_add_char(&list, '}');
	given->lists[i] = text_take(&list);
	given->values[i] = given->lists[i];
}

/* In the form of a text: "{"a","b"}", with backslashes before quotes and backslashes. */
void parameters_add_texts(struct parameters *given, const char *const *texts, size_t count)
{
	struct text list = TEXT(TEXT_UNBOUNDED);
	int i = next(given, TYPE_TEXTS, false);

	text_add_char(&list, '{');
	for (size_t at = 0; at < count; at++) {
		text_add(&list, at ? ",\"" : "\"");
		for (const char *c = texts[at]; *c; c++) {
			if (*c == '"' || *c == '\\')
				text_add_char(&list, '\\');
			text_add_char(&list, *c);
		}
		text_add_char(&list, '"');
	}
	text_add_char(&list, '}');
	given->lists[i] = text_take(&list);
	given->values[i] = given->lists[i];
}

static void give_column(const struct member *member, void *part, void *context)
{
	struct parameters *given = context;

	if (member_is_text(member))
		parameters_add_text(given, member_kept_text(member, member_text_of(member, part)));
	else if (member->type == MEMBER_IS_BYTES)
		parameters_add_bytes(given, member_bytes(member, part));
	else
		parameters_add_number(given, member_number(member, part));
}

void parameters_add_record(
	struct parameters *given, const struct member *members, const void *record)
{
	/* give_column() only reads it */
	columns_each(members, (void *)(uintptr_t)record, give_column, given);
}

struct column_search {
	const char *column;
	int at, found;
};

static void find_column(const struct member *member, void *part, void *context)
{
	struct column_search *search = context;

	(void)part;
	if (text_is(member->column, search->column))
		search->found = search->at;
	search->at++;
}

static int parameter_of(const struct member *members, const char *column)
{
	struct column_search search = { .column = column };

	columns_each(members, NULL, find_column, &search);
	return search.found;
}

void parameters_put_number(
	struct parameters *given, const struct member *members, const char *column, int64_t number)
{
	set_number(given, parameter_of(members, column), number);
}

void parameters_put_none(struct parameters *given, const struct member *members, const char *column)
{
	int i = parameter_of(members, column);

	given->types[i] = TYPE_NUMBER;
	given->values[i] = NULL;
}
