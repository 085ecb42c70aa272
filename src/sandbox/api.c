/*
 * sandbox/api.c - which call is it?
 */
#include "sandbox/api.h"
#include <stdio.h>
#include <strings.h>

static void not_found(struct reply *reply)
{
	reply_error(
		reply, 404003, "Resource Not Found", "Unknown resource or API version specified.");
}

static bool version_is_spoken(const char *asked, const char *spoken)
{
	long asked_major, asked_minor, major, minor;
	if (sscanf(asked, "%ld.%ld", &asked_major, &asked_minor) != 2 ||
		sscanf(spoken, "%ld.%ld", &major, &minor) != 2)
		return false;
	return asked_major < major || (asked_major == major && asked_minor <= minor);
}

/* The version of all sites of one server is one; the sandbox takes the first site's where no site
 * is known yet. */
static void server_info(struct call *call, struct reply *reply)
{
	reply->json = cJSON_CreateObject();
	cJSON *info = cJSON_AddObjectToObject(reply->json, "serverInfo"),
	      *product = cJSON_AddObjectToObject(info, "productVersion");
	json_add_text(product, "value", "2025.1.0");
	json_add_text(product, "build", "20251.25.0301.0001");
	json_add_text(info, "restApiVersion", world_site(call->world, 0)->api_version);
}

/* "/workbooks/ID/refresh" -> kind, ID, "refresh". */
struct parts {
	char collection[40], id[80], verb[40];
};

static void split(const char *path, struct parts *parts)
{
	*parts = (struct parts){ 0 };
	if (!strncmp(path, "/tasks/extractRefreshes", 23)) {
		snprintf(parts->collection, sizeof parts->collection, "tasks");
		path += 23;
	} else {
		size_t length = strcspn(path + 1, "/");
		snprintf(
			parts->collection, sizeof parts->collection, "%.*s", (int)length, path + 1);
		path += 1 + length;
	}
	if (*path != '/')
		return;
	size_t length = strcspn(path + 1, "/");
	snprintf(parts->id, sizeof parts->id, "%.*s", (int)length, path + 1);
	path += 1 + length;
	if (*path == '/')
		snprintf(parts->verb, sizeof parts->verb, "%.39s", path + 1);
}

static void on_job(struct call *call, const struct parts *parts, struct reply *reply)
{
	bool is_put = !strcmp(call->method, "PUT");
	if (!*parts->id)
		query_jobs(call, reply);
	else if (is_put)
		cancel_job(call, parts->id, reply);
	else
		query_job(call, parts->id, reply);
}

static void on_content(
	struct call *call, enum box_kind kind, const struct parts *parts, struct reply *reply)
{
	static const char *const verbs[] = { "refresh", "refresh", "run", "runNow" };
	bool is_post = !strcmp(call->method, "POST"), is_verb = !strcmp(parts->verb, verbs[kind]);
	if (is_verb && is_post)
		refresh(call, kind, parts->id, reply);
	else if (is_verb || is_post ||
		 (strcmp(call->method, "GET") && strcmp(call->method, "HEAD")))
		reply_error(reply, 405000, "Method Not Allowed",
			"Request type is not allowed for this endpoint.");
	else if (*parts->verb)
		not_found(reply);
	else if (*parts->id)
		query_one(call, kind, parts->id, reply);
	else if (kind == BOX_TASK)
		query_tasks(call, reply);
	else
		query_content(call, kind, reply);
}

static void on_site(struct call *call, const char *path, struct reply *reply)
{
	size_t length = strcspn(path, "/");
	struct parts parts;
	if (!session_check(call, reply))
		return;
	if (strlen(call->site->id) != length || strncasecmp(path, call->site->id, length)) {
		reply_error(reply, 404000, "Resource Not Found",
			"The site in the path is not that of the session, or does not exist.");
		return;
	}
	split(path + length, &parts);
	enum box_kind kind = box_kind_of(parts.collection);
	if (!strcmp(parts.collection, "tasks"))
		kind = BOX_TASK;
	if (!strcmp(parts.collection, "jobs"))
		on_job(call, &parts, reply);
	else if (!strcmp(parts.collection, "projects") && !*parts.id)
		query_projects(call, reply);
	else if (kind < BOX_KIND_COUNT)
		on_content(call, kind, &parts, reply);
	else
		not_found(reply);
}

void api_answer(struct call *call, struct reply *reply)
{
	const char *spoken =
		call->site ? call->site->api_version : world_site(call->world, 0)->api_version;
	reply->status = 200;
	if (!version_is_spoken(call->version, spoken))
		not_found(reply);
	else if (!strcmp(call->path, "/serverinfo"))
		server_info(call, reply);
	else if (!strcmp(call->path, "/auth/signin") && strcmp(call->method, "POST"))
		reply_error(reply, 405000, "Method Not Allowed",
			"Request type is not allowed for this endpoint.");
	else if (!strcmp(call->path, "/auth/signin"))
		session_sign_in(call, reply);
	else if (!strcmp(call->path, "/auth/signout"))
		session_sign_out(call, reply);
	else if (!strncmp(call->path, "/sites/", 7))
		on_site(call, call->path + 7, reply);
	else
		not_found(reply);
	if (call->site)
		reply->site = call->site->content_url;
}
