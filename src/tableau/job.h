/*
 * tableau/job.h - jobs in Tableau's answers (README.md, Jobs, Job list). Pure. Private to tableau/.
 */
#pragma once
#include "base/arena.h"
#include "base/json.h"
#include "tableau/tableau.h"

/* Reads {"job": {...}} of a query or of the answer to a refresh. Notes live in `arena`. */
bool job_parse(
	const cJSON *reply, struct job *job, struct arena *arena, struct error *err) MUST_USE;
/* Reads a row of {"backgroundJobs": {"backgroundJob": [...]}}. */
bool job_row_parse(const cJSON *row, struct job *job, struct arena *arena) MUST_USE;
