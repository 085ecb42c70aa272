/*
 * intake/answer.h - answers other than 200. dbt keeps their body and shows it to its users for 7
 * days (src/event/README.md, Delivery), so it says what the sender should do, and nothing else.
 */
#pragma once
#include "intake/complaint.h"

void intake_answer_error(struct web_request *request, unsigned status, const char *reason);
/* 503 with Retry-After, after which dbt sends again. Counted as the complaint, and logged at most
 * once a second. */
void intake_answer_unavailable(
	struct web_request *request, enum complaint complaint, const char *reason);
