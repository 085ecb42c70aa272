/*
 * cli/doctor/checkup_network.c - do Tableau's sites and dbt's API answer, and do the clocks agree?
 *
 * The `Date` of any answer tells a clock (base/clock.h), also that of a refusal, so nobody signs in
 * for it. Whether a PAT works is asked only through a daemon that runs, because a sign-in from here
 * would end its session (cli/online.h).
 */
#include "base/web/transport.h"
#include "cli/admin_client.h"
#include "cli/doctor/checkup.h"
#include <stdlib.h>

#define WAIT_MS 10000
#define QUESTION_SECONDS 60
/* Evidence compares the clocks of Tableau and dbt within clock_skew; much less is worth a word. */
#define SMALL_OFFSET (5 * US_PER_SECOND)

struct other_side {
	struct checkup *checkup;
	const char *check, *name; /* "site", and its name */
	const char *url;
	bool is_over;
};

/* The least by which the other clock differs from ours, whatever the time on the way. `Date` has
 * whole seconds. */
static int64_t clock_offset(const struct transport_reply *reply)
{
	int64_t least = reply->told.at.us - clock_wall().us;
	int64_t most = reply->told.at.us + US_PER_SECOND - reply->asked_at.us;
	return least > 0 ? least : most < 0 ? most : 0;
}

static void add_clock(const struct other_side *peer, int64_t offset)
{
	struct checkup *checkup = peer->checkup;
	int64_t skew = checkup->config->clock_skew;
	enum checkup_verdict verdict = llabs(offset) > skew           ? CHECKUP_PROBLEM
				       : llabs(offset) > SMALL_OFFSET ? CHECKUP_WARNING
								      : CHECKUP_OK;
	if (verdict == CHECKUP_OK)
		checkup_add(checkup, "clock", peer->name, verdict, NULL, "agrees with ours");
	else
		checkup_add(checkup, "clock", peer->name, verdict,
			"set this machine's clock (timedatectl, chrony); is it theirs, raise "
			"`clock_skew`",
			"is %lld s %s of ours, and clock_skew is %lld s",
			llabs(offset) / US_PER_SECOND, offset > 0 ? "ahead" : "behind",
			(long long)(skew / US_PER_SECOND));
}

static void take_reply(const struct transport_reply *reply, void *context)
{
	struct other_side *peer = context;
	peer->is_over = true;
	if (!reply->is_answered) {
		checkup_add(peer->checkup, peer->check, peer->name, CHECKUP_PROBLEM,
			"see that this machine may reach it (DNS, firewall, `proxy`, `ca_file`)",
			"%s does not answer: %s", peer->url, reply->failure);
		return;
	}
	if (reply->http_status >= 500)
		checkup_add(peer->checkup, peer->check, peer->name, CHECKUP_WARNING,
			"the other side has trouble; see its status page", "%s answers HTTP %d",
			peer->url, reply->http_status);
	else
		checkup_add(peer->checkup, peer->check, peer->name, CHECKUP_OK, NULL, "%s answers",
			peer->url);
	if (wall_is_set(reply->told.at))
		add_clock(peer, clock_offset(reply));
}

static void ask(struct other_side *peer, const char *ca_file, const char *proxy)
{
	struct transport *transport = transport_new();
	struct transport_request request = {
		.method = METHOD_GET,
		.url = peer->url,
		.timeout_ms = WAIT_MS,
		.ca_file = ca_file,
		.proxy = proxy,
	};
	transport_send(transport, request, take_reply, peer);
	while (!peer->is_over)
		transport_step(transport, WAIT_MS, -1);
	transport_free(transport);
}

/* Through the daemon, which has the session: does the PAT work? */
static void ask_daemon(struct checkup *checkup, const struct config_site *site)
{
	struct error err;
	OWNED_JSON question = cJSON_CreateObject();
	json_add_text(question, "site", site->name);
	cJSON_AddItemToObject(question, "selections", cJSON_CreateArray());
	OWNED_JSON answer = admin_client_ask(
		checkup->line, checkup->url, "/api/v1/resolve", question, QUESTION_SECONDS, &err);
	if (!answer)
		checkup_add(checkup, "pat", site->name, CHECKUP_WARNING,
			"`refresh-router verify` asks again", "%s", err.message);
	else if (!json_flag(answer, "ok", false))
		checkup_add(checkup, "pat", site->name, CHECKUP_PROBLEM,
			"see `refresh-router sites`, and that the PAT is valid", "%s",
			json_text(answer, "error"));
	else
		checkup_add(checkup, "pat", site->name, CHECKUP_OK, NULL, "signed in");
}

void checkup_network(struct checkup *checkup)
{
	const struct config *config = checkup->config;
	for (size_t i = 0; i < config_site_count(config); i++) {
		const struct config_site *site = config_site_at(config, i);
		struct other_side peer = {
			.checkup = checkup, .check = "site", .name = site->name, .url = site->server
		};
		ask(&peer, site->ca_file, site->proxy);
		if (checkup->url)
			ask_daemon(checkup, site);
	}
	for (size_t i = 0; i < config_source_count(config); i++) {
		const struct config_source *source = config_source_at(config, i);
		struct other_side peer = { .checkup = checkup,
			.check = "dbt",
			.name = source->name,
			.url = source->dbt_api.url };
		if (peer.url)
			ask(&peer, NULL, NULL);
	}
}
