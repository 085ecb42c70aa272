/*
 * tableau/job_list.h - see tableau_jobs() in tableau.h. Private to tableau/.
 */
#pragma once
#include "tableau/site.h"

/* False, without a call, if this PAT's user is known not to be allowed to list jobs. Otherwise the
 * callback runs inside a later step. */
bool job_list_start(
	struct tableau_site *site, struct wall since, jobs_done *callback, void *context) MUST_USE;
