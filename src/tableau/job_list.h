/*
 * tableau/job_list.h - see tableau_jobs() in tableau.h. Private to tableau/.
 */
#pragma once
#include "tableau/site.h"

/* False: it is known that this PAT's user may not list jobs; nothing was asked. Otherwise the
 * callback runs inside a later step. */
bool job_list_start(
	struct site *site, struct wall since, jobs_done *callback, void *context) MUST_USE;
