/*
 * store/columns.h - private to store/: records (base/record/record.h) as columns, for the drivers
 * that speak SQL.
 *
 * In a statement, the names of records in braces stand for their columns:
 *
 *     SELECT {refresh} FROM refresh         refresh.id, refresh.site, ...
 *     INSERT INTO refresh {+refresh}        (id, site, ...) VALUES (:id, :site, ...)
 *     INSERT INTO event ({,event})          the names
 *     SELECT nextval('id'), {:event}        a parameter for each but the first
 *     DO UPDATE SET {=refresh}              site = excluded.site, ...: each but the first
 */
#pragma once
#include "base/record/record.h"
#include "base/text.h"

/* Writes the parameter of a column, which is the `number`th of its record, from 1. */
typedef void column_parameter(struct text *sql, const struct member *member, size_t number);
/* Appends `sql` with names of records replaced by their columns. */
void columns_expand(const char *sql, column_parameter *parameter, struct text *out);

/* `part` is the struct that the member's offset is of: the record, or a nested struct. */
typedef void column_visit(const struct member *member, void *part, void *context);
/* Visits the members of a record that have a column, in the order of the columns. */
void columns_each(const struct member *members, void *record, column_visit *visit, void *context);
