/*
 * tableau/task.h - see tableau_task_content() in tableau.h. Private to tableau/.
 */
#pragma once
#include "tableau/site.h"

void task_start(struct tableau_site *site, const char *luid, content_done *callback, void *context);
