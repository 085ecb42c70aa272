/*
 * store/columns.c - records as columns of SQL.
 */
#include "store/columns.h"
#include "store/store.h"
#include <assert.h>
#include <string.h>

static const struct {
	const char *table;
	const struct member *members;
} records[] = {
	{ "event", event_members },
	{ "refresh", refresh_members },
	{ "cause", cause_members },
	{ "spent", spent_members },
	{ "command", command_members },
};

static const struct member *members_of(struct str table)
{
	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		if (str_is(table, records[i].table))
			return records[i].members;
	return NULL;
}

void columns_each(const struct member *members, void *record, column_visit *visit, void *context)
{
	for (const struct member *member = members; member->type; member++) {
		/* without a record, only the members are looked at */
		if (member->type == MEMBER_IS_OBJECT)
			columns_each(member->members,
				record ? (char *)record + member->offset : NULL, visit, context);
		else if (member->column)
			visit(member, record, context);
	}
}

/* ---- SQL ---- */

struct column_list {
	struct text *sql;
	struct str table;
	column_parameter *parameter;
	size_t number, written;
};

static const char *comma(struct column_list *list)
{
	return list->written++ ? ", " : "";
}

static void add_read(const struct member *member, void *part, void *context)
{
	struct column_list *list = context;

	(void)part;
	if (member->select)
		text_printf(list->sql, "%s%s", comma(list), member->select);
	else
		text_printf(list->sql, "%s%.*s.%s", comma(list), (int)list->table.length,
			list->table.at, member->column);
}

static void add_name(const struct member *member, void *part, void *context)
{
	struct column_list *list = context;

	(void)part;
	text_printf(list->sql, "%s%s", comma(list), member->column);
}

static void add_value(const struct member *member, void *part, void *context)
{
	struct column_list *list = context;

	(void)part;
	text_add(list->sql, comma(list));
	list->parameter(list->sql, member, ++list->number);
}

static void add_value_but_first(const struct member *member, void *part, void *context)
{
	struct column_list *list = context;

	if (list->number)
		add_value(member, part, context);
	else
		list->number++;
}

static void add_update_but_first(const struct member *member, void *part, void *context)
{
	struct column_list *list = context;

	(void)part;
	if (list->number++)
		text_printf(list->sql, "%s%s = excluded.%s", comma(list), member->column,
			member->column);
}

static void add_columns(
	struct text *sql, struct str table, column_parameter *parameter, column_visit *add)
{
	const struct member *members = members_of(table);
	struct column_list list = { .sql = sql, .table = table, .parameter = parameter };

	assert(members);
	columns_each(members, NULL, add, &list);
}

static void add_insertion(struct text *sql, struct str table, column_parameter *parameter)
{
	text_add_char(sql, '(');
	add_columns(sql, table, parameter, add_name);
	text_add(sql, ") VALUES (");
	add_columns(sql, table, parameter, add_value);
	text_add_char(sql, ')');
}

static void add_record(struct text *sql, struct str name, column_parameter *parameter)
{
	struct str table = { name.at + 1, name.length - 1 };

	switch (*name.at) {
	case '+':
		add_insertion(sql, table, parameter);
		break;
	case ',':
		add_columns(sql, table, parameter, add_name);
		break;
	case ':':
		add_columns(sql, table, parameter, add_value_but_first);
		break;
	case '=':
		add_columns(sql, table, parameter, add_update_but_first);
		break;
	default:
		add_columns(sql, name, parameter, add_read);
	}
}

void columns_expand(const char *sql, column_parameter *parameter, struct text *out)
{
	for (const char *open; (open = strchr(sql, '{')); sql = strchr(open, '}') + 1) {
		text_add_str(out, (struct str){ sql, (size_t)(open - sql) });
		add_record(out, (struct str){ open + 1, strcspn(open + 1, "}") }, parameter);
	}
	text_add(out, sql);
}
