/*
 * sandbox/delay.h - delayed answers without a thread for each: hundreds of calls of 50 ms take 50
 * ms together.
 */
#pragma once
#include "base/text.h"
#include "base/web/web.h"

struct delay;

struct delay *delay_new(struct error *err) MUST_USE;
/* Sends all delayed answers at once; delay_reply() then sends at once too. Call it before
 * web_free(), which needs every kept request to be answered. */
void delay_end(struct delay *delay);
/* Call it after web_free(), because handlers may call delay_reply() until then. */
void delay_free(struct delay *delay);
/* Keeps the request and answers it after `us`. Takes the body. status 0 drops the connection. */
void delay_reply(struct delay *delay, struct web_request *request, int64_t us, unsigned status,
	const char *content_type, struct text *body);
