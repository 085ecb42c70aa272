/*
 * cli/store.c - `store copy`: what one store holds goes into another one.
 */
#include "base/clock.h"
#include "base/record/record.h"
#include "cli/help.h"
#include "cli/output_schema.h"
#include "cli/print.h"
#include "config/config.h"
#include "store/transfer.h"
#include <string.h>
#include <unistd.h>

/* ---- the two stores ---- */

struct named_store {
	const char *argument;  /* FROM or TO */
	struct config *config; /* the one that was named; NULL: none was */
	struct store_address address;
};

static void named_store_clear(struct named_store *named)
{
	config_free(named->config);
}
#define OWNED_NAMED __attribute__((cleanup(named_store_clear))) struct named_store

static bool is_configuration(const char *given)
{
	const char *ending = strrchr(given, '.');

	return ending && (!strcmp(ending, ".yaml") || !strcmp(ending, ".yml"));
}

/* Its `store`, with the password that it refers to. */
static bool load_configuration(struct named_store *named, const char *path)
{
	OWNED(problems) problems = problems_new();

	named->config = config_load(path, problems);
	problems_print(problems, stderr, isatty(STDERR_FILENO));
	if (named->config)
		named->address = named->config->store;
	return named->config;
}

/* False: that it cannot be read was said. */
static bool find(const struct command_line *line, struct named_store *named, const char *given,
	struct arena *arena)
{
	struct store_fault fault;

	if (is_configuration(given))
		return load_configuration(named, given);
	named->address.url = store_address_named(given, arena);
	if (store_address_check(&named->address, &fault))
		return true;
	/* the status is the caller's */
	IGNORE(command_usage(line, "%s %s", named->argument, fault.message));
	return false;
}

static const char *name_of(const struct named_store *named)
{
	const char *path = store_address_path(&named->address);

	return path ? path : named->address.url;
}

/* ---- on the way ---- */

#define TELL_EVERY (200 * US_PER_MS)

static void tell(const char *table, int64_t row, bool is_checking, void *context)
{
	struct mono *told_at = context;
	struct mono now = clock_mono();

	if (now.us - told_at->us < TELL_EVERY)
		return;
	*told_at = now;
	fprintf(stderr, "\r%s: %lld rows %s\033[K", table, (long long)row,
		is_checking ? "compared" : "copied");
}

/* ---- the result ---- */

struct moved {
	const char *from, *to;
	int64_t rows;
};
struct moved_table {
	const char *table, *checksum;
	int64_t rows;
};

/* clang-format off */
static const struct member table_members[] = {
	MEMBER_TEXT(moved_table, table, .key = "table", .required = true, .help = "Its name in both stores"),
	MEMBER_COUNT(moved_table, rows, .key = "rows", .always = true, .help = "Rows in each of them"),
	MEMBER_TEXT(moved_table, checksum, .key = "sha256", .required = true,
		.help = "Of the rows in the order of their keys, the same in both"),
	{ 0 },
};

static const struct member moved_members[] = {
	MEMBER_TEXT(moved, from, .key = "from", .required = true, .help = "The store that was read"),
	MEMBER_TEXT(moved, to, .key = "to", .required = true, .help = "The store that has everything now"),
	MEMBER_COUNT(moved, rows, .key = "rows", .always = true, .help = "Rows of all tables"),
	MEMBER_ELSEWHERE("tables", LIST, .members = table_members, .required = true, .help = "Each table"),
	{ 0 },
};
/* clang-format on */

cJSON *store_output_schema(void)
{
	return record_schema("store.schema.json", "What store copy wrote", moved_members);
}

static void print_moved_json(const struct moved *moved, const struct transfer *done)
{
	OWNED_JSON json = cJSON_CreateObject();

	record_to_json(moved_members, moved, json);
	cJSON *tables = cJSON_AddArrayToObject(json, "tables");
	for (size_t i = 0; i < done->count; i++) {
		const struct transfer_part *part = &done->parts[i];
		cJSON *item = cJSON_CreateObject();

		record_to_json(table_members,
			&(struct moved_table){ part->table, part->checksum, part->rows }, item);
		cJSON_AddItemToArray(tables, item);
	}
	print_json(json, stdout);
}

static void print_moved_text(const struct moved *moved, const struct transfer *done)
{
	static const char *const headings[] = { "TABLE", "ROWS", "SHA-256 IN BOTH", NULL };
	OWNED(table) table = table_new(headings);
	char rows[24]; /* at most 20 digits */

	for (size_t i = 0; i < done->count; i++) {
		snprintf(rows, sizeof rows, "%lld", (long long)done->parts[i].rows);
		table_cell(table, done->parts[i].table);
		table_cell(table, rows);
		table_cell(table, done->parts[i].checksum);
	}
	table_print(table, stdout);
	print_line(stdout, "%s holds what %s holds. Change `store` before the daemon starts.",
		moved->to, moved->from);
}

static void print_moved(const struct command_line *line, const struct named_store *from,
	const struct named_store *to, const struct transfer *done)
{
	struct moved moved = { name_of(from), name_of(to), 0 };

	for (size_t i = 0; i < done->count; i++)
		moved.rows += done->parts[i].rows;
	if (line->json)
		print_moved_json(&moved, done);
	else
		print_moved_text(&moved, done);
}

/* ---- the command ---- */

static int copy(const struct command_line *line)
{
	OWNED(arena) arena = arena_new();
	OWNED_NAMED from = { .argument = "FROM" };
	OWNED_NAMED to = { .argument = "TO" };
	bool is_watched = isatty(STDERR_FILENO);
	struct mono told_at = clock_mono();
	const struct transfer_watch watch = { is_watched ? tell : NULL, &told_at };
	struct transfer done;
	struct error err;

	if (!find(line, &from, line->arguments[1], arena) ||
		!find(line, &to, line->arguments[2], arena))
		return EXIT_USAGE;
	bool is_done = transfer_run(&from.address, &to.address, &watch, &done, &err);
	if (is_watched)
		fprintf(stderr, "\r\033[K");
	if (!is_done) {
		print_line(stderr, "refresh-router store: %s", err.message);
		return err.kind == ERROR_INPUT ? EXIT_USAGE : EXIT_NO;
	}
	print_moved(line, &from, &to, &done);
	return EXIT_YES;
}

static int run(const struct command_line *line)
{
	if (!line->argument_count) {
		help_print(line->command);
		return EXIT_USAGE;
	}
	if (strcmp(line->arguments[0], "copy"))
		return command_word_unknown(line, "action");
	if (line->argument_count < 3)
		return command_usage(line,
			"copy %s: which store? refresh-router store copy FROM TO",
			line->argument_count < 2 ? "from FROM to TO" : "to TO");
	return copy(line);
}

static const struct command_word actions[] = {
	{ "copy", "copy everything that the store FROM holds into the store TO, which is empty or "
		  "not there yet" },
	{ 0 },
};

const struct command command_store = {
	.name = "store",
	.arguments = "ACTION FROM TO",
	.summary = "move the store, also between SQLite and PostgreSQL",
	.description =
		"FROM and TO are each the path of a database file, a URL `postgresql://HOST/"
		"DATABASE`, or a configuration (`FILE.yaml`), whose `store` is meant, with its "
		"`password`. A URL holds no password; libpq's own ways hold (`PGPASSFILE`).\n"
		"The daemon is stopped meanwhile: a store that a process has open is refused, and "
		"none can start with it. FROM is only read. TO gets events, what waits, refreshes "
		"and history with their ids, all of it in one transaction, and before that ends "
		"both stores are read again and compared. So a copy that was interrupted leaves TO "
		"empty, and may be begun again. What waits goes on waiting in TO: never start a "
		"daemon with FROM afterwards, which would refresh it once more.\n"
		"Run it as the daemon's user; for PostgreSQL as a role that owns the tables.\n"
		"Exit status: 0 TO holds what FROM holds, 1 it was not copied: a store is in use, "
		"full, damaged or out of reach; 2 FROM is no store that this release reads, or TO "
		"is not empty.",
	.words = actions,
	.formats = "text|json",
	.most_arguments = 3,
	.run = run,
};
