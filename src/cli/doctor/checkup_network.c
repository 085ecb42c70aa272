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
#define AT_ONCE 32 /* are asked; one that is silent holds up no other */
/* Evidence compares the clocks of Tableau and dbt within clock_skew; much less is worth a word. */
#define SMALL_OFFSET (5 * US_PER_SECOND)

struct other_side {
	const char *check, *name; /* "site", and its name */
	const char *url, *ca_file, *proxy;
	struct arena *arena;
	/* The answer: */
	const char *failure; /* NULL: it answered */
	int http_status;
	bool tells_time;
	int64_t offset; /* of its clock */
};

/* The least by which the other clock differs from ours, whatever the time on the way. `Date` has
 * whole seconds. */
static int64_t clock_offset(const struct transport_reply *reply)
{
	int64_t least = reply->told.at.us - clock_wall().us;
	int64_t most = reply->told.at.us + US_PER_SECOND - reply->asked_at.us;
	return least > 0 ? least : most < 0 ? most : 0;
}

static void take_reply(const struct transport_reply *reply, void *context)
{
	struct other_side *peer = context;
	peer->http_status = reply->http_status;
	if (!reply->is_answered)
		peer->failure = arena_text(peer->arena, reply->failure);
	peer->tells_time = reply->is_answered && wall_is_set(reply->told.at);
	peer->offset = peer->tells_time ? clock_offset(reply) : 0;
}

static void ask_all(struct other_side *peers, size_t count)
{
	struct transport *transport = transport_new();
	for (size_t next = 0; next < count || transport_in_flight(transport);) {
		while (next < count && transport_in_flight(transport) < AT_ONCE) {
			struct other_side *peer = &peers[next++];
			transport_send(transport,
				(struct transport_request){ .method = METHOD_GET,
					.url = peer->url,
					.timeout_ms = WAIT_MS,
					.ca_file = peer->ca_file,
					.proxy = peer->proxy },
				take_reply, peer);
		}
		transport_step(transport, WAIT_MS, -1);
	}
	transport_free(transport);
}

static void add_clock(struct checkup *checkup, const struct other_side *peer)
{
	int64_t skew = checkup->config->clock_skew, offset = peer->offset;
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

static void add_answer(struct checkup *checkup, const struct other_side *peer)
{
	if (peer->failure)
		checkup_add(checkup, peer->check, peer->name, CHECKUP_PROBLEM,
			"see that this machine may reach it (DNS, firewall, `proxy`, `ca_file`)",
			"%s does not answer: %s", peer->url, peer->failure);
	else if (peer->http_status >= 500)
		checkup_add(checkup, peer->check, peer->name, CHECKUP_WARNING,
			"the other side has trouble; see its status page", "%s answers HTTP %d",
			peer->url, peer->http_status);
	else
		checkup_add(checkup, peer->check, peer->name, CHECKUP_OK, NULL, "%s answers",
			peer->url);
	if (peer->tells_time)
		add_clock(checkup, peer);
}

/* Through the daemon, which has the session: does the PAT work? */
static void ask_daemon(struct checkup *checkup, const char *site)
{
	struct error err;
	OWNED_JSON question = cJSON_CreateObject();
	json_add_text(question, "site", site);
	cJSON_AddItemToObject(question, "selections", cJSON_CreateArray());
	OWNED_JSON answer = admin_client_ask(
		checkup->line, checkup->url, "/api/v1/resolve", question, QUESTION_SECONDS, &err);
	if (!answer)
		checkup_add(checkup, "pat", site, CHECKUP_WARNING,
			"`refresh-router verify` asks again", "%s", err.message);
	else if (!json_flag(answer, "ok", false))
		checkup_add(checkup, "pat", site, CHECKUP_PROBLEM,
			"see `refresh-router sites`, and that the PAT is valid", "%s",
			json_text(answer, "error"));
	else
		checkup_add(checkup, "pat", site, CHECKUP_OK, NULL, "signed in");
}

/* The daemon answers one question at a time, so it is not asked about a site that is silent. */
static void add_site(struct checkup *checkup, const struct other_side *peer)
{
	add_answer(checkup, peer);
	if (!checkup->url)
		return;
	if (peer->failure)
		checkup_add(checkup, "pat", peer->name, CHECKUP_WARNING,
			"make the site answer first", "not asked about, as the site is silent");
	else
		ask_daemon(checkup, peer->name);
}

void checkup_network(struct checkup *checkup)
{
	const struct config *config = checkup->config;
	size_t count = 0, sites = config_site_count(config), sources = config_source_count(config);
	struct other_side *peers =
		arena_array(checkup->arena, struct other_side, sites + sources + 1);
	for (size_t i = 0; i < sites; i++) {
		const struct config_site *site = config_site_at(config, i);
		peers[count++] = (struct other_side){ .check = "site",
			.name = site->name,
			.url = site->server,
			.ca_file = site->ca_file,
			.proxy = site->proxy,
			.arena = checkup->arena };
	}
	for (size_t i = 0; i < sources; i++) {
		const struct config_source *source = config_source_at(config, i);
		if (source->dbt_api.url)
			peers[count++] = (struct other_side){ .check = "dbt",
				.name = source->name,
				.url = source->dbt_api.url,
				.arena = checkup->arena };
	}
	ask_all(peers, count);
	for (size_t i = 0; i < count; i++)
		if (i < sites)
			add_site(checkup, &peers[i]);
		else
			add_answer(checkup, &peers[i]);
}
