/*
 * intake/answer.h - the answers that are not a 200. dbt keeps the body and
 * shows it to its users for 7 days (src/event/README.md, Delivery): it tells the sender what to do
 * and nothing else.
 */
#pragma once
#include "base/web.h"

void answer_error(struct web_request *request, unsigned status, const char *reason);
/* 503 with Retry-After: dbt sends it again. Counted as shed load, and logged at most once a second.
 */
void answer_unavailable(struct web_request *request, const char *reason);
