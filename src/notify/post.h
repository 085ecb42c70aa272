/*
 * notify/post.h - one HTTP request with a message. Secrets are read for each, so that a rotated one
 * needs no restart; the address is never in an error, because it may be one of them.
 */
#pragma once
#include "base/web/transport.h"
#include "config/config.h"

/* Names a message over its deliveries; as the Standard Webhooks have it. */
#define POST_ID_HEADER "Webhook-Id"

/* Signs and sends the message; `callback` comes later. False: a secret is
 * missing, or it is an address that would be reached over plain http. */
bool post_send(struct transport *transport, const struct config_receiver *receiver, const char *id,
	const char *body, reply_done *callback, void *context, struct error *err) MUST_USE;

enum posted {
	POSTED,
	POST_AGAIN,   /* it may be taken later */
	POST_REFUSED, /* this message never will be: 400, 413, 422 */
};
/* What the reply means; `reason` is why it was not taken, without the address. */
enum posted post_outcome(const struct transport_reply *reply, struct text *reason);
