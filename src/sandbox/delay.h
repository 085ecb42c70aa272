/*
 * sandbox/delay.h - answers that come later, without a thread each: hundreds of
 * calls of 50 ms take 50 ms.
 */
#pragma once
#include "base/text.h"
#include "base/web.h"

struct delay;

struct delay *delay_new(struct error *err) MUST_USE;
/* Sends what is still owed, at once, and from now on so does delay_reply().
 * Before web_free(), which wants every kept request to be answered. */
void delay_end(struct delay *delay);
/* After web_free(): handlers may call delay_reply() until then. */
void delay_free(struct delay *delay);
/* Keeps the request and answers it in `us`. Takes the body. status 0: the
 * connection is dropped. */
void delay_reply(struct delay *delay, struct web_request *request, int64_t us, unsigned status,
	const char *content_type, struct text *body);
