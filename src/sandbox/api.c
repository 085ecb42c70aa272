/*
 * sandbox/api.c - finds the function for a call, by one table.
 */
#include "sandbox/api.h"
#include <stdio.h>
#include <strings.h>

static bool version_parse(const char *text, long *major, long *minor)
{
	int64_t parts[2];
	size_t length = strcspn(text, ".");
	if (!text[length] || !str_to_count((struct str){ text, length }, &parts[0]) ||
		!str_to_count(str_of(text + length + 1), &parts[1]))
		return false;
	*major = (long)parts[0];
	*minor = (long)parts[1];
	return true;
}

bool api_call_speaks(const struct api_call *call, long major, long minor)
{
	long asked_major, asked_minor;
	return version_parse(call->version, &asked_major, &asked_minor) &&
	       (asked_major > major || (asked_major == major && asked_minor >= minor));
}

/* Is the version one that this server has? It has all up to its own; 3.10 is above 3.9
 * (src/tableau/README.md, Versions). */
static bool is_spoken(const struct api_call *call, const char *highest)
{
	long major = 0, minor = 0, ignored;
	return version_parse(highest, &major, &minor) &&
	       version_parse(call->version, &ignored, &ignored) &&
	       !api_call_speaks(call, major, minor + 1);
}

/* All sites of a server have one version; here, where no site is named, it is the first site's. */
static void server_info(struct api_call *call, struct reply *reply)
{
	reply->json = cJSON_CreateObject();
	cJSON *info = cJSON_AddObjectToObject(reply->json, "serverInfo"),
	      *product = cJSON_AddObjectToObject(info, "productVersion");
	json_add_text(product, "value", "2025.1.0");
	json_add_text(product, "build", "20251.25.0301.0001");
	json_add_text(info, "restApiVersion", world_site(call->world, 0)->api_version);
}

static void site_get(struct api_call *call, struct reply *reply)
{
	reply->json = cJSON_CreateObject();
	cJSON *site = cJSON_AddObjectToObject(reply->json, "site");
	json_add_text(site, "id", call->site->id);
	json_add_text(site, "name", call->site->name);
	json_add_text(site, "contentUrl", call->site->content_url);
	json_add_text(site, "adminMode", "ContentAndUsers");
	json_add_text(site, "state", "Active");
	cJSON_AddBoolToObject(site, "runNowEnabled", true);
}

struct api_route {
	const char *method, *pattern; /* '*': an id */
	enum box_kind kind;
	/* exactly one of these is set */
	void (*whole)(struct api_call *, struct reply *);
	void (*of_kind)(struct api_call *, enum box_kind, struct reply *);
	void (*of_id)(struct api_call *, const char *id, struct reply *);
	void (*of_content)(struct api_call *, enum box_kind, const char *id, struct reply *);
};

/* clang-format off */
static const struct api_route server_routes[] = {
	{ "GET",  "/serverinfo",       .whole = server_info },
	{ "GET",  "/serverInfo",       .whole = server_info },
	{ "POST", "/auth/signin",      .whole = api_sign_in },
	{ "POST", "/auth/signout",     .whole = api_sign_out },
	{ "POST", "/auth/switchSite",  .whole = api_switch_site },
	{ "GET",  "/sessions/current", .whole = api_current_session },
	{ 0 },
};
/* Below /sites/LUID. The order matters: "runs" is not the id of a flow. */
static const struct api_route site_routes[] = {
	{ "GET",  "",                                .whole = site_get },
	{ "GET",  "/projects",                       .whole = api_project_list },
	{ "GET",  "/workbooks",                      BOX_WORKBOOK, .of_kind = api_content_list },
	{ "GET",  "/workbooks/*",                    BOX_WORKBOOK, .of_content = api_content_get },
	{ "GET",  "/workbooks/*/connections",        BOX_WORKBOOK, .of_content = api_content_connections },
	{ "POST", "/workbooks/*/refresh",            BOX_WORKBOOK, .of_content = api_refresh },
	{ "GET",  "/datasources",                    BOX_DATASOURCE, .of_kind = api_content_list },
	{ "GET",  "/datasources/*",                  BOX_DATASOURCE, .of_content = api_content_get },
	{ "POST", "/datasources/*/refresh",          BOX_DATASOURCE, .of_content = api_refresh },
	{ "GET",  "/flows",                          BOX_FLOW, .of_kind = api_content_list },
	{ "GET",  "/flows/runs",                     .whole = api_flow_run_list },
	{ "GET",  "/flows/runs/*",                   .of_id = api_flow_run_get },
	{ "GET",  "/flows/*",                        BOX_FLOW, .of_content = api_content_get },
	{ "POST", "/flows/*/run",                    BOX_FLOW, .of_content = api_refresh },
	{ "GET",  "/tasks/extractRefreshes",         .whole = api_task_list },
	{ "GET",  "/tasks/extractRefreshes/*",       .of_id = api_task_get },
	{ "POST", "/tasks/extractRefreshes/*/runNow", BOX_TASK, .of_content = api_refresh },
	{ "GET",  "/jobs",                           .whole = api_job_list },
	{ "GET",  "/jobs/*",                         .of_id = api_job_get },
	{ "PUT",  "/jobs/*",                         .of_id = api_job_cancel },
	{ 0 },
};
/* clang-format on */

#define ID_SIZE 80 /* longer than a LUID; a longer id names nothing */

static bool matches(const char *pattern, const char *path, char id[ID_SIZE])
{
	while (*pattern && *path) {
		if (*pattern == '*') {
			size_t length = strcspn(path, "/");
			if (!length || length >= ID_SIZE)
				return false;
			memcpy(id, path, length);
			id[length] = '\0';
			path += length;
			pattern++;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return !*pattern && !*path;
}

static void follow(
	const struct api_route *route, struct api_call *call, const char *id, struct reply *reply)
{
	if (route->whole)
		route->whole(call, reply);
	else if (route->of_kind)
		route->of_kind(call, route->kind, reply);
	else if (route->of_id)
		route->of_id(call, id, reply);
	else
		route->of_content(call, route->kind, id, reply);
}

static void choose(const struct api_route *routes, const char *path, struct api_call *call,
	struct reply *reply)
{
	const char *method = strcmp(call->method, "HEAD") != 0 ? call->method : "GET";
	const struct api_route *wrong = NULL;
	char id[ID_SIZE] = "";
	for (; routes->pattern; routes++) {
		if (!matches(routes->pattern, path, id))
			continue;
		if (!strcmp(routes->method, method)) {
			follow(routes, call, id, reply);
			return;
		}
		wrong = routes;
	}
	if (wrong)
		reply_wrong_method(reply, wrong->method);
	else
		reply_unknown(reply, call->version, call->path);
}

static void on_site(struct api_call *call, const char *path, struct reply *reply)
{
	size_t length = strcspn(path, "/");
	char id[ID_SIZE];
	if (!api_check_session(call, reply))
		return;
	if (strlen(call->site->id) != length || strncasecmp(path, call->site->id, length) != 0) {
		snprintf(id, sizeof id, "%.*s", length < ID_SIZE ? (int)length : ID_SIZE - 1, path);
		reply_missing(reply, 404000, "Site", id);
		return;
	}
	choose(site_routes, path + length, call, reply);
}

void api_answer(struct api_call *call, struct reply *reply)
{
	reply->status = 200;
	reply->site = call->site ? call->site->content_url : NULL;
	if (!is_spoken(call, (call->site ? call->site : world_site(call->world, 0))->api_version))
		reply_unknown(reply, call->version, call->path);
	else if (!strncmp(call->path, "/sites/", 7))
		on_site(call, call->path + 7, reply);
	else
		choose(server_routes, call->path, call, reply);
}
