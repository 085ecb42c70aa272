/*
 * tableau/job.h - jobs as Tableau tells them (README.md, Jobs, Job list). Pure. Private to
 * tableau/.
 */
#pragma once
#include "base/arena.h"
#include "base/json.h"
#include "tableau/tableau.h"

/* {"job": {...}} of a query or of the answer to a refresh. Notes live in `arena`. */
bool job_parse(
	const cJSON *reply, struct job *job, struct arena *arena, struct error *err) MUST_USE;
/* A row of {"backgroundJobs": {"backgroundJob": [...]}}. */
bool job_row_parse(const cJSON *row, struct job *job, struct arena *arena) MUST_USE;
/*
 * The items of a list, whatever its form: {"PLURAL": {"SINGULAR": [...]}}, one object for an array
 * of one, {"PLURAL": [...]}, or {} (README.md, JSON). json_items_next() walks them.
 */
const cJSON *json_items(const cJSON *reply, const char *plural, const char *singular);
const cJSON *json_items_next(const cJSON *item);
