/*
 * store/rows.h - private to store/: the tables of a store as rows of plain values, for transfers.
 *
 * Every table of every driver is in rows_tables or among those that stay (rows_staying); so is
 * every column. tests/unit/transfer_test.c compares this with the databases.
 */
#pragma once
#include "base/record/record.h"
#include "base/text.h"
#include "store/address.h"

struct store;

#define ROWS_KEYS 3
#define ROWS_COLUMNS 40 /* a refresh has 26 */

struct rows_table {
	const char *name;
	const char *id; /* a column that the record does not have, before its own; NULL: none */
	const struct member *members;    /* its columns; of the others only name and type count */
	const char *keys[ROWS_KEYS + 1]; /* the columns that order it; NULL ends them */
};
/* In an order in which they can be written; a table without a name ends them. */
extern const struct rows_table rows_tables[];

/* What belongs to one database and its processes, "TABLE" or "TABLE.COLUMN"; NULL ends it. */
extern const char *const rows_staying[];

enum rows_type { ROWS_NUMBER, ROWS_TEXT, ROWS_BYTES };
struct rows_column {
	const char *name;
	enum rows_type type;
};
/* The columns of a table; their number is returned. */
size_t rows_columns(
	const struct rows_table *table, struct rows_column columns[static ROWS_COLUMNS]);
/* Appends "ORDER BY refresh, event, rule"; `collation` stands behind each text. */
void rows_add_order(const struct rows_table *table, const char *collation, struct text *sql);

struct rows_value {
	bool is_null;
	int64_t number;   /* of ROWS_NUMBER */
	struct str bytes; /* of the others */
};

/* The ids that were given last; 0: none was. */
struct rows_ids {
	int64_t event, refresh;
};

/* A value for each column, valid during the call. False: it failed. */
typedef bool rows_visit(const struct rows_value *values, void *context, struct error *err);

struct rows_driver {
	/* An empty file, or a database without our tables, is no store. */
	bool (*is_there)(const struct store_address *address, bool *is_there, struct error *err);
	/*
	 * A reader's: refuses a store that a process has open (ERROR_TRANSIENT), keeps others from
	 * writing until it is closed, and shows one moment from now on.
	 */
	bool (*hold)(struct store *store, struct error *err);
	/* A writer's, in its transaction: keeps others from writing until that ends. NULL: nobody
	 * else can. */
	bool (*lock)(struct store *store, struct error *err);
	/* Visits a table's rows in order. */
	bool (*read)(struct store *store, const struct rows_table *table, rows_visit *visit,
		void *context, struct error *err);
	/* Adds a row; all rows of a table come one after another, and then `end`. */
	bool (*write)(struct store *store, const struct rows_table *table,
		const struct rows_value *values, struct error *err);
	bool (*end)(struct store *store, const struct rows_table *table, struct error *err);
	bool (*read_ids)(struct store *store, struct rows_ids *ids, struct error *err);
	bool (*write_ids)(struct store *store, const struct rows_ids *ids, struct error *err);
};
