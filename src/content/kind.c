/* content/kind.c - the table of kinds. */
#include "content/kind.h"
#include <string.h>

static const struct {
	const char *name, *plural;
} kinds[] = {
	[CONTENT_WORKBOOK] = { "workbook", "workbooks" },
	[CONTENT_DATASOURCE] = { "datasource", "datasources" },
	[CONTENT_FLOW] = { "flow", "flows" },
	[CONTENT_TASK] = { "task", "tasks" },
};

const char *kind_name(enum content_kind kind)
{
	return kinds[kind].name;
}

const char *kind_plural(enum content_kind kind)
{
	return kinds[kind].plural;
}

int kind_value(const char *name)
{
	return (int)kind_of(name);
}

const char *kind_word(int kind)
{
	return kind_name((enum content_kind)kind);
}

enum content_kind kind_of(const char *name)
{
	int kind = CONTENT_WORKBOOK;
	while (kind < CONTENT_KIND_COUNT && strcmp(kinds[kind].name, name) &&
		strcmp(kinds[kind].plural, name))
		kind++;
	return (enum content_kind)kind;
}
