/*
 * sandbox/login.c - sign-in with PATs (src/tableau/README.md, Sign-in): a second sign-in with a PAT
 * silently ends the first session, on any site.
 */
#include "sandbox/api.h"
#include <stdio.h>

void api_begin_session(struct world *world, struct box_login *login, const struct box_pat *pat,
	struct box_site *site)
{
	char first[LUID_SIZE], second[LUID_SIZE];
	box_luid_make(first, site->content_url, "token", login->name, ++world->counter);
	box_luid_make(second, "", "token", first, world->counter);
	snprintf(login->token, sizeof login->token, "%.22s|%s|%.60s", first, second, site->id);
	login->site = site;
	login->pat = pat;
	login->began = login->used_at = clock_mono();
}

static struct box_site *site_of(const struct api_call *call, const cJSON *json)
{
	return world_site_named(call->world, json_text(json_get(json, "site"), "contentUrl"));
}

void api_identify(struct api_call *call)
{
	for (struct box_login *login = call->world->logins; call->token && login;
		login = login->next)
		if (*login->token && !strcmp(login->token, call->token)) {
			call->login = login;
			call->site = login->site;
		}
	if (!strcmp(call->path, "/auth/signin"))
		call->site = site_of(call, json_get(call->body, "credentials"));
}

static const char *user_id(char out[LUID_SIZE], const struct box_login *login)
{
	return box_luid_make(out, login->site->content_url, "user", login->name, 0);
}

static void tell_credentials(const struct box_login *login, struct reply *reply)
{
	char user[LUID_SIZE];
	reply->pat = login->name;
	reply->site = login->site->content_url;
	reply->json = cJSON_CreateObject();
	cJSON *json = cJSON_AddObjectToObject(reply->json, "credentials"),
	      *site = cJSON_AddObjectToObject(json, "site");
	json_add_text(site, "id", login->site->id);
	json_add_text(site, "contentUrl", login->site->content_url);
	json_add_text(cJSON_AddObjectToObject(json, "user"), "id", user_id(user, login));
	json_add_text(json, "token", login->token);
	if (*login->pat->estimated_time)
		json_add_text(json, "estimatedTimeToExpiration", login->pat->estimated_time);
}

void api_sign_in(struct api_call *call, struct reply *reply)
{
	const cJSON *credentials = json_get(call->body, "credentials");
	const char *name = json_text(credentials, "personalAccessTokenName"),
		   *secret = json_text(credentials, "personalAccessTokenSecret");
	struct box_site *site = site_of(call, credentials);
	struct box_pat *pat = site ? box_site_pat(site, name) : NULL;
	if (!*name || !*secret || *json_text(credentials, "password")) {
		reply_bad_body(reply);
		return;
	}
	reply->pat = pat ? pat->name : NULL;
	/* A wrong, expired or revoked PAT and an unknown site have the same answer
	 * (src/tableau/README.md, Sign-in). */
	if (!pat || pat->expired || strcmp(pat->secret, secret) != 0) {
		reply_error(reply, 401001, "Signin Error", "Error signing in to Tableau Server");
		return;
	}
	api_begin_session(call->world, pat->login, pat, site);
	tell_credentials(pat->login, reply);
}

static bool is_idle(const struct box_login *login)
{
	return login->site->session_idle &&
	       clock_mono().us - login->used_at.us > login->site->session_idle;
}

bool api_check_session(struct api_call *call, struct reply *reply)
{
	struct box_login *login = call->login;
	if (!call->token) {
		reply_error(reply, 401000, "Unauthorized Access",
			"No authentication credentials were provided.");
		return false;
	}
	if (login && is_idle(login)) {
		*login->token = '\0';
		login = NULL;
	}
	/* Some new tokens are refused for a moment and work afterwards (src/tableau/README.md,
	 * Sessions). */
	if (!login || clock_mono().us - login->began.us < login->site->refuse_fresh) {
		reply_signed_out(reply);
		return false;
	}
	login->used_at = clock_mono();
	reply->pat = login->name;
	return true;
}

void api_sign_out(struct api_call *call, struct reply *reply)
{
	if (!api_check_session(call, reply))
		return;
	*call->login->token = '\0';
	reply->status = 204;
}

/* A session moves to another site that lists the same PAT. Whether Tableau always allows that is
 * not known (src/tableau/README.md, Sign-in). */
void api_switch_site(struct api_call *call, struct reply *reply)
{
	if (!api_check_session(call, reply))
		return;
	struct box_site *site = site_of(call, call->body);
	struct box_pat *pat = site ? box_site_pat(site, call->login->name) : NULL;
	char detail[240]; /* 80 bytes of name, and the text */
	if (!json_get(call->body, "site")) {
		reply_bad_body(reply);
	} else if (site == call->site) {
		reply_error(reply, 403070, "Forbidden",
			"The destination site is also the current site.");
	} else if (!pat || pat->login != call->login) {
		snprintf(detail, sizeof detail,
			"There was a problem switching to the site '%.80s'. The site may be "
			"unavailable or may not exist.",
			json_text(json_get(call->body, "site"), "contentUrl"));
		reply_error(reply, 401003, "Switch Site Error", detail);
	} else {
		api_begin_session(call->world, pat->login, pat, site);
		tell_credentials(pat->login, reply);
	}
}

void api_current_session(struct api_call *call, struct reply *reply)
{
	char user[LUID_SIZE];
	if (!api_check_session(call, reply))
		return;
	reply->json = cJSON_CreateObject();
	cJSON *json = cJSON_AddObjectToObject(reply->json, "session"),
	      *site = cJSON_AddObjectToObject(json, "site"),
	      *person = cJSON_AddObjectToObject(json, "user");
	json_add_text(site, "id", call->site->id);
	json_add_text(site, "name", call->site->name);
	json_add_text(site, "contentUrl", call->site->content_url);
	json_add_text(person, "id", user_id(user, call->login));
	json_add_text(person, "name", call->login->name);
}
