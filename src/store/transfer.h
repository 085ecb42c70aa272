/*
 * store/transfer.h - moves what a store holds into another one, which may be of another driver:
 * each row with its id, and so with its stamp, so that what waits goes on waiting there.
 *
 * Nobody else may have either store open, and nobody can begin to write one meanwhile. The first
 * is only read. The second is empty before, or not there at all; it gets everything in one
 * transaction, which ends only after all of it was read from both stores and is the same. So
 * whatever ends a transfer, even a kill, leaves the second one empty and the first one as it was.
 *
 * Memory is that of some rows, whatever the stores hold.
 */
#pragma once
#include "store/store.h"

#define TRANSFER_PARTS 16
#define TRANSFER_CHECKSUM_SIZE 65 /* the digits of a SHA-256, and NUL */

struct transfer_part { /* a table */
	const char *table;
	int64_t rows;
	/* of the rows in the order of their keys, as both stores have them */
	char checksum[TRANSFER_CHECKSUM_SIZE];
};

struct transfer {
	size_t count;
	struct transfer_part parts[TRANSFER_PARTS];
};

struct transfer_watch {
	/* Called at each row, so it looks at a clock before it does much. */
	void (*tell)(const char *table, int64_t row, bool is_checking, void *context);
	void *context;
};

/*
 * ERROR_INPUT: there is no store `from`, or one that this release cannot read as it is; `to` is not
 * empty, or is the same store. ERROR_TRANSIENT: a process has one of them open, or the disk is
 * full, or a server went away.
 */
bool transfer_run(const struct store_address *from, const struct store_address *to,
	const struct transfer_watch *watch, struct transfer *done, struct error *err) MUST_USE;
