/*
 * admin/door.c - carries out what access.h decides: counts, logs and answers those who are not let
 * in, and slows those who try tokens.
 */
#include "admin/handler.h"
#include "base/log/log.h"
#include "base/metric.h"

static void refuse(struct web_request *request, unsigned status, const char *reason,
	const char *challenge, const char *message)
{
	metric_add(METRIC_refusals_total, 1, "admin", reason);
	if (challenge)
		web_reply_header(request, "WWW-Authenticate", challenge);
	admin_answer_error(request, status, message);
}

/* True when it has answered. The token is not looked at, or trying would cost nothing. */
static bool is_slowed(struct admin *admin, struct web_request *request, const struct access *access,
	const struct access_request *asked)
{
	int64_t seconds = attempts_wait(&admin->attempts, asked->peer->address, clock_mono());
	char text[24]; /* a number */
	if (!seconds || !access_is_claim(access, asked))
		return false;
	snprintf(text, sizeof text, "%lld", (long long)seconds);
	web_reply_header(request, "Retry-After", text);
	refuse(request, 429, "slowed", NULL,
		*asked->peer->text ? "too many wrong tokens from this address"
				   : "too many wrong tokens from this user");
	return true;
}

static bool answer(struct admin *admin, struct web_request *request,
	const struct access_request *asked, enum access_verdict verdict,
	const struct access_asker *asker)
{
	switch (verdict) {
	case ACCESS_GRANTED:
		if (asker->role != ACCESS_NOBODY)
			web_trust(request);
		return true;
	case ACCESS_NO_TOKEN:
		refuse(request, 401, "no_token", "Bearer realm=\"refresh-router\"",
			"a token is needed: 'Authorization: Bearer TOKEN', one of 'admin_tokens' "
			"in the configuration");
		return false;
	case ACCESS_WRONG_TOKEN:
		attempts_add_wrong(&admin->attempts, asked->peer->address, clock_mono());
		log_warning("wrong token at the admin listener",
			KV("from", *asked->peer->text ? asked->peer->text : "its socket"));
		refuse(request, 401, "wrong_token",
			"Bearer realm=\"refresh-router\", error=\"invalid_token\"",
			"this is none of the tokens in 'admin_tokens' of the configuration");
		return false;
	case ACCESS_TOO_LOW:
		log_warning("a change by a viewer was refused", KV("token", asker->token));
		refuse(request, 403, "role",
			"Bearer realm=\"refresh-router\", error=\"insufficient_scope\"",
			"this token is a viewer's; a change needs one with the role 'operator'");
		return false;
	}
	return false;
}

bool admin_lets_in(struct admin *admin, struct web_request *request, enum access_need need,
	struct access_asker *asker)
{
	struct peer_about peer;
	web_peer(request, &peer);
	struct access_request asked = {
		.need = need,
		.peer = &peer,
		.authorization = web_header(request, "Authorization"),
	};
	OWNED(access) access = access_slot_get(admin->access);
	return !is_slowed(admin, request, access, &asked) &&
	       answer(admin, request, &asked, access_decide(access, &asked, asker), asker);
}
