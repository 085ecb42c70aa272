/* daemon/unready.c - listeners that only say that the daemon is not ready. */
#include "daemon/unready.h"
#include "admin/trouble.h"
#include "base/json.h"
#include "base/web/listen_unix.h"
#include "base/web/web.h"
#include "build.h"
#include <string.h>
#include <unistd.h>

struct unready {
	struct trouble_slot *why;
	struct web *webhooks, *admin;
};

static void answer(struct web_request *request, unsigned status, cJSON *json)
{
	OWNED_JSON owned = json;
	OWNED_MEMORY char *text = json_print(owned);
	if (status == 503)
		web_reply_header(request, "Retry-After", "5");
	web_reply(request, status, NULL, str_of(text));
}

static void answer_error(struct web_request *request)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "error", "the store cannot be reached yet; send it again");
	answer(request, 503, json);
}

static void handle_webhook(struct web_request *request, void *context)
{
	(void)context;
	answer_error(request);
}

static void answer_readyz(const struct unready *unready, struct web_request *request)
{
	OWNED(trouble) why = trouble_slot_get(unready->why);
	cJSON *json = cJSON_CreateObject(), *store = cJSON_CreateObject();
	cJSON_AddBoolToObject(json, "ready", false);
	json_add_text(json, "version", PACKAGE_VERSION);
	cJSON_AddItemToObject(json, "store", store);
	cJSON_AddBoolToObject(store, "writable", false);
	json_add_text(store, "reason", why ? why->report : "");
	answer(request, 503, json);
}

static void handle_admin(struct web_request *request, void *context)
{
	if (!strcmp(web_path(request), "/readyz"))
		answer_readyz(context, request);
	else if (!strcmp(web_path(request), "/healthz"))
		web_reply(request, 200, NULL, STR("{}")); /* it lives, and waits */
	else
		answer_error(request);
}

/* A socket of systemd's is closed with its listener, so that gets a copy. */
static struct web *listen_on(struct web_options options, const struct config_tls *tls,
	const char *name, web_handler *handler, struct unready *unready, struct error *err)
{
	struct config_pems pems;
	struct web *web = NULL;
	options.socket = options.socket ? dup(options.socket) : 0;
	if (config_read_pems(tls, name, &pems, err)) {
		options.tls_certificate = tls->certificate ? pems.certificate.at : NULL;
		options.tls_private_key = tls->certificate ? pems.private_key.at : NULL;
		web = web_start(&options, handler, unready, err);
	}
	config_clear_pems(&pems);
	return web;
}

struct unready *unready_start(
	const struct config *config, const struct systemd_sockets *sockets, struct error *err)
{
	OWNED(unready) unready = mem_new(struct unready);
	struct web_options options = { .threads = 1,
		.body_limit = (size_t)config->limits.body,
		.bodies_limit = (size_t)config->limits.bodies,
		.connection_limit = 64,
		.request_us = config->limits.request_time,
		.listen = config->listen.webhooks,
		.socket = sockets->webhooks };
	unready->why = trouble_slot_new();
	unready->webhooks =
		listen_on(options, &config->listen.tls, "listen.tls", handle_webhook, unready, err);
	options.listen = config->listen.admin;
	options.socket = sockets->admin;
	options.unix_group = config->listen.admin_group;
	/* config_check() has refused anything else */
	IGNORE(!listen_unix_mode(config->listen.admin_mode, &options.unix_mode));
	unready->admin = unready->webhooks ? listen_on(options, &config->listen.admin_tls,
						     "listen.admin_tls", handle_admin, unready, err)
					   : NULL;
	return unready->admin ? TAKE(unready) : NULL;
}

void unready_tell(struct unready *unready, const char *reason)
{
	trouble_slot_put(unready->why, trouble_new(reason));
}

void unready_free(struct unready *unready)
{
	if (!unready)
		return;
	web_free(unready->webhooks);
	web_free(unready->admin);
	trouble_slot_free(unready->why);
	free(unready);
}
