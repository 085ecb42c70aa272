/*
 * sandbox/session.c - sign-in with PATs (tableau-rest.md 2): a second sign-in with one silently
 * ends the first, at whatever site.
 */
#include "sandbox/api.h"
#include <stdio.h>

void session_begin(struct world *world, struct box_login *login, const struct box_pat *pat,
	struct box_site *site)
{
	const char *first =
		world_luid(world->arena, site->content_url, "token", login->name, ++world->counter);
	snprintf(login->token, sizeof login->token, "%.22s|%.36s|%s", first,
		world_luid(world->arena, "", "token", first, world->counter), site->id);
	login->site = site;
	login->pat = pat;
	login->used_at = clock_mono();
}

static const cJSON *credentials_of(const cJSON *body)
{
	return json_get(body, "credentials");
}

void api_identify(struct call *call)
{
	for (struct box_login *login = call->world->logins; call->token && login;
		login = login->next)
		if (*login->token && !strcmp(login->token, call->token)) {
			call->login = login;
			call->site = login->site;
		}
	if (strcmp(call->path, "/auth/signin"))
		return;
	struct error ignored;
	OWNED_JSON body = json_parse(call->body, &ignored);
	call->site = world_site_named(
		call->world, json_text(json_get(credentials_of(body), "site"), "contentUrl"));
}

static void refuse(struct reply *reply)
{
	reply_error(reply, 401001, "Signin Error", "Error signing in to Tableau Server");
}

void session_sign_in(struct call *call, struct reply *reply)
{
	struct error ignored;
	OWNED_JSON body = json_parse(call->body, &ignored);
	const cJSON *credentials = credentials_of(body);
	const char *name = json_text(credentials, "personalAccessTokenName"),
		   *secret = json_text(credentials, "personalAccessTokenSecret");
	struct box_site *site = world_site_named(
		call->world, json_text(json_get(credentials, "site"), "contentUrl"));
	if (!credentials || !*name || !*secret || *json_text(credentials, "password")) {
		reply_error(
			reply, 400000, "Bad Request", "Payload is either malformed or incomplete.");
		return;
	}
	struct box_pat *pat = site ? site_pat(site, name) : NULL;
	if (!pat || pat->expired || strcmp(pat->secret, secret)) {
		refuse(reply);
		return;
	}
	session_begin(call->world, pat->login, pat, site);
	reply->pat = pat->name;
	reply->json = cJSON_CreateObject();
	cJSON *out = cJSON_AddObjectToObject(reply->json, "credentials"),
	      *site_json = cJSON_AddObjectToObject(out, "site");
	json_add_text(site_json, "id", site->id);
	json_add_text(site_json, "contentUrl", site->content_url);
	json_add_text(cJSON_AddObjectToObject(out, "user"), "id",
		world_luid(call->world->arena, site->content_url, "user", pat->name, 0));
	json_add_text(out, "token", pat->login->token);
	if (*pat->estimated_time)
		json_add_text(out, "estimatedTimeToExpiration", pat->estimated_time);
}

bool session_check(struct call *call, struct reply *reply)
{
	struct box_login *login = call->login;
	if (!call->token) {
		reply_error(reply, 401000, "Unauthorized",
			"The authentication token is missing or invalid.");
		return false;
	}
	if (login && login->site->session_idle &&
		clock_mono().us - login->used_at.us > login->site->session_idle) {
		*login->token = '\0';
		login = NULL;
	}
	if (!login) {
		reply_error(reply, 401002, "Unauthorized Access",
			"Invalid authentication credentials were provided.");
		return false;
	}
	login->used_at = clock_mono();
	reply->pat = login->name;
	return true;
}

void session_sign_out(struct call *call, struct reply *reply)
{
	if (!session_check(call, reply))
		return;
	*call->login->token = '\0';
	reply->status = 204;
}
