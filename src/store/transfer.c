/*
 * store/transfer.c - the order of a transfer, its counts and its checksums.
 */
#include "store/transfer.h"
#include "store/driver.h"
#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct rows_driver *rows_of(const struct store *store)
{
	return store->driver->rows;
}

/* ---- checksums ---- */

/* SHA-256 of the rows, each value in a form that no other value has. */
struct checksum {
	EVP_MD_CTX *digest;
	struct text row;
};

static void checksum_clear(struct checksum *checksum)
{
	EVP_MD_CTX_free(checksum->digest);
	text_clear(&checksum->row);
}

static bool checksum_begin(struct checksum *checksum, struct error *err)
{
	*checksum = (struct checksum){ EVP_MD_CTX_new(), TEXT(TEXT_UNBOUNDED) };
	return (checksum->digest && EVP_DigestInit_ex(checksum->digest, EVP_sha256(), NULL)) ||
	       error_fail(err, ERROR_SYSTEM, "SHA-256: OpenSSL cannot");
}

static void add_value(struct text *row, enum rows_type type, const struct rows_value *value)
{
	if (value->is_null)
		text_add(row, "null\n");
	else if (type == ROWS_NUMBER)
		text_printf(row, "%" PRId64 "\n", value->number);
	else {
		text_printf(row, "%zu:", value->bytes.length);
		text_add_str(row, value->bytes);
		text_add_char(row, '\n');
	}
}

static bool checksum_add(struct checksum *checksum, const struct rows_column *columns, size_t count,
	const struct rows_value *values, struct error *err)
{
	text_reset(&checksum->row);
	for (size_t i = 0; i < count; i++)
		add_value(&checksum->row, columns[i].type, &values[i]);
	return EVP_DigestUpdate(checksum->digest, checksum->row.at, checksum->row.length) ||
	       error_fail(err, ERROR_SYSTEM, "SHA-256: OpenSSL cannot");
}

static bool checksum_end(
	struct checksum *checksum, char out[static TRANSFER_CHECKSUM_SIZE], struct error *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length;

	if (!EVP_DigestFinal_ex(checksum->digest, digest, &length))
		return error_fail(err, ERROR_SYSTEM, "SHA-256: OpenSSL cannot");
	assert(length * 2 + 1 == TRANSFER_CHECKSUM_SIZE);
	for (unsigned i = 0; i < length; i++)
		snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
	return true;
}

/* ---- one table ---- */

struct passage {
	struct store *to; /* NULL: the rows are only looked at */
	const struct rows_table *table;
	const struct transfer_watch *watch;
	bool is_checking;
	struct rows_column columns[ROWS_COLUMNS];
	size_t column_count;
	struct checksum checksum;
	int64_t rows;
};

static void passage_clear(struct passage *passage)
{
	checksum_clear(&passage->checksum);
}
#define OWNED_PASSAGE __attribute__((cleanup(passage_clear)))

static bool pass(const struct rows_value *values, void *context, struct error *err)
{
	struct passage *passage = context;

	if (!checksum_add(&passage->checksum, passage->columns, passage->column_count, values, err))
		return false;
	passage->rows++;
	if (passage->watch->tell)
		passage->watch->tell(passage->table->name, passage->rows, passage->is_checking,
			passage->watch->context);
	return !passage->to ||
	       rows_of(passage->to)->write(passage->to, passage->table, values, err);
}

/* Reads a table, and writes it to `to` unless that is NULL. */
static bool read_table(struct store *from, struct store *to, const struct rows_table *table,
	const struct transfer_watch *watch, bool is_checking, struct transfer_part *part,
	struct error *err)
{
	OWNED_PASSAGE struct passage passage = {
		.to = to, .table = table, .watch = watch, .is_checking = is_checking
	};

	passage.column_count = rows_columns(table, passage.columns);
	if (!checksum_begin(&passage.checksum, err) ||
		!rows_of(from)->read(from, table, pass, &passage, err) ||
		(to && !rows_of(to)->end(to, table, err)))
		return false;
	part->table = table->name;
	part->rows = passage.rows;
	return checksum_end(&passage.checksum, part->checksum, err);
}

/* ---- ids ---- */

/* The ids that were given last are checked like a table with one row. */
static bool read_ids(
	struct store *store, struct rows_ids *ids, struct transfer_part *part, struct error *err)
{
	static const struct rows_column columns[] = { { "event", ROWS_NUMBER },
		{ "refresh", ROWS_NUMBER } };
	__attribute__((cleanup(checksum_clear))) struct checksum checksum = { 0 };

	if (!checksum_begin(&checksum, err) || !rows_of(store)->read_ids(store, ids, err))
		return false;
	const struct rows_value values[] = { { .number = ids->event }, { .number = ids->refresh } };
	part->table = "last ids";
	part->rows = 1;
	return checksum_add(&checksum, columns, 2, values, err) &&
	       checksum_end(&checksum, part->checksum, err);
}

/* ---- all of it ---- */

static bool write_all(struct store *from, struct store *to, const struct transfer_watch *watch,
	struct transfer *done, struct error *err)
{
	struct rows_ids ids;

	done->count = 0;
	for (const struct rows_table *table = rows_tables; table->name; table++)
		if (!read_table(from, to, table, watch, false, &done->parts[done->count++], err))
			return false;
	return read_ids(from, &ids, &done->parts[done->count++], err) &&
	       rows_of(to)->write_ids(to, &ids, err);
}

static bool compare(
	const struct transfer_part *sent, const struct transfer_part *arrived, struct error *err)
{
	if (sent->rows != arrived->rows)
		return error_fail(err, ERROR_SYSTEM,
			"table %s: %" PRId64 " rows were read, and %" PRId64
			" have arrived; nothing was changed",
			sent->table, sent->rows, arrived->rows);
	return !strcmp(sent->checksum, arrived->checksum) ||
	       error_fail(err, ERROR_SYSTEM,
		       "table %s: its %" PRId64
		       " rows are not the same in both stores; nothing was changed",
		       sent->table, sent->rows);
}

static bool check_all(struct store *to, const struct transfer_watch *watch,
	const struct transfer *done, struct error *err)
{
	struct transfer_part arrived;
	struct rows_ids ids;
	size_t i = 0;

	for (const struct rows_table *table = rows_tables; table->name; table++)
		if (!read_table(to, NULL, table, watch, true, &arrived, err) ||
			!compare(&done->parts[i++], &arrived, err))
			return false;
	return read_ids(to, &ids, &arrived, err) && compare(&done->parts[i], &arrived, err);
}

static bool stop_at_row(const struct rows_value *values, void *context, struct error *err)
{
	bool *is_there = context;

	(void)values;
	*is_there = true;
	return error_fail(err, ERROR_INPUT, "a row"); /* the caller says what that means */
}

/* Nobody may lose what a store holds by a slip of the hand. */
static bool check_empty(struct store *store, const char *name, struct error *err)
{
	for (const struct rows_table *table = rows_tables; table->name; table++) {
		bool has_row = false;

		if (rows_of(store)->read(store, table, stop_at_row, &has_row, err))
			continue;
		return has_row ? error_fail(err, ERROR_INPUT,
					 "store %s is not empty (its table %s has rows): give a "
					 "file that is not there yet, or an empty database",
					 name, table->name)
			       : false;
	}
	return true;
}

static bool fill(struct store *from, struct store *to, const char *name,
	const struct transfer_watch *watch, struct transfer *done, struct error *err)
{
	if (!store_begin(to, err))
		return false;
	if ((!rows_of(to)->lock || rows_of(to)->lock(to, err)) && check_empty(to, name, err) &&
		write_all(from, to, watch, done, err) && check_all(to, watch, done, err) &&
		store_commit(to, err))
		return true;
	store_rollback(to);
	return false;
}

/* ---- what may be moved ---- */

/* For messages: a URL that was checked has no password. */
static const char *name_of(const struct store_address *address)
{
	const char *path = store_address_path(address);

	return path ? path : address->url;
}

static bool has_rows(const struct store_address *address, struct error *err)
{
	const struct store_driver *driver = store_driver_of(address->url);
	struct store_fault fault;

	if (driver && driver->rows)
		return true;
	return store_address_check(address, &fault)
		       ? error_fail(err, ERROR_INPUT, "a store %s cannot be moved", driver->scheme)
		       : error_fail(err, ERROR_INPUT, "store: its address %s", fault.message);
}

static bool is_same(const struct store_address *a, const struct store_address *b)
{
	const char *one = store_address_path(a), *other = store_address_path(b);
	struct stat about, about_other;

	if (!one || !other)
		return text_is(a->url, b->url);
	return text_is(one, other) ||
	       (!stat(one, &about) && !stat(other, &about_other) &&
		       about.st_ino == about_other.st_ino && about.st_dev == about_other.st_dev);
}

/* Before it is opened to write, which would bring an older one up to date. */
static bool check_target(const struct store_address *to, struct error *err)
{
	bool is_there;

	if (!store_driver_of(to->url)->rows->is_there(to, &is_there, err))
		return false;
	if (!is_there)
		return true;
	OWNED(store) store = store_open(to, STORE_READ, err);
	return store && rows_of(store)->hold(store, err) && check_empty(store, name_of(to), err);
}

/* The first start from a copy sets its ids apart (store/sqlite/backup.c); where none can be taken,
 * nobody would. */
static bool check_copy(
	struct store *from, const char *name, const struct store_address *to, struct error *err)
{
	OWNED(arena) arena = arena_new();
	const struct store_copy *copy;

	if (!store_load_copy(from, arena, &copy, err))
		return false;
	return !copy || copy->restored_at.us || store_driver_of(to->url)->take_backup ||
	       error_fail(err, ERROR_INPUT,
		       "store %s is a copy that `backup` took, and no daemon has gone on from it:"
		       " start `serve` with it once, stop it, and copy then",
		       name);
}

bool transfer_run(const struct store_address *from, const struct store_address *to,
	const struct transfer_watch *watch, struct transfer *done, struct error *err)
{
	if (!has_rows(from, err) || !has_rows(to, err))
		return false;
	if (is_same(from, to))
		return error_fail(err, ERROR_INPUT, "both are the store %s", name_of(from));
	OWNED(store) source = store_open(from, STORE_READ, err);
	if (!source || !rows_of(source)->hold(source, err) ||
		!check_copy(source, name_of(from), to, err) || !check_target(to, err))
		return false;
	OWNED(store) target = store_open(to, STORE_WRITE, err);
	return target && fill(source, target, name_of(to), watch, done, err);
}
