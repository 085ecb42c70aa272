#include "sandbox/control.h"
#include <fnmatch.h>
#include <stdio.h>

struct fault {
	int64_t id, left, skip; /* left 0 with is_endless: for ever */
	bool is_endless;
	char *method, *path, *site, *what; /* patterns; NULL: any */
	int64_t us, status, code;
	char *summary, *detail, *retry_after, *body;
	struct fault *next;
};

struct logged {
	int64_t n;
	struct wall at;
	char *method, *path, *query, *site, *pat, *content, *fault;
	unsigned status;
	struct logged *next;
};

struct control {
	struct world *world;
	struct fault *faults;
	struct logged *first, **last;
	int64_t counter, fault_counter;
};

struct control *control_new(struct world *world)
{
	struct control *control = mem_new(struct control);
	control->world = world;
	control->last = &control->first;
	return control;
}

/* ---- the log of calls ---- */

static void logged_free(struct logged *logged)
{
	free(logged->method);
	free(logged->path);
	free(logged->query);
	free(logged->site);
	free(logged->pat);
	free(logged->content);
	free(logged->fault);
	free(logged);
}

static void forget_calls(struct control *control)
{
	while (control->first) {
		struct logged *logged = control->first;
		control->first = logged->next;
		logged_free(logged);
	}
	control->last = &control->first;
}

void control_log(struct control *control, const struct call *call, const char *path,
	const struct reply *reply)
{
	struct logged *logged = mem_new(struct logged);
	*logged = (struct logged){
		.n = ++control->counter,
		.at = clock_wall(),
		.method = mem_copy_text(call->method),
		.path = mem_copy_text(path),
		.query = mem_copy_text(call->query),
		.site = mem_copy_text(reply->site),
		.pat = mem_copy_text(reply->pat),
		.content = mem_copy_text(reply->content),
		.fault = mem_copy_text(reply->fault),
		.status = reply->is_dropped ? 0 : reply->status,
	};
	*control->last = logged;
	control->last = &logged->next;
}

static void list_calls(struct control *control, struct web_request *request, struct reply *reply)
{
	const char *method = web_query(request, "method"), *path = web_query(request, "path"),
		   *site = web_query(request, "site");
	reply->json = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(reply->json, "calls");
	for (const struct logged *logged = control->first; logged; logged = logged->next) {
		if ((method && strcmp(method, logged->method)) ||
			(path && fnmatch(path, logged->path, 0)) ||
			(site && !text_is(site, logged->site)))
			continue;
		cJSON *json = cJSON_CreateObject();
		json_add_count(json, "n", logged->n);
		json_add_time(json, "at", logged->at);
		json_add_text(json, "method", logged->method);
		json_add_text(json, "path", logged->path);
		json_add_text(json, "query", logged->query);
		json_add_count(json, "status", logged->status);
		json_add_text(json, "site", logged->site);
		json_add_text(json, "pat", logged->pat);
		json_add_text(json, "content", logged->content);
		json_add_text(json, "fault", logged->fault);
		cJSON_AddItemToArray(list, json);
	}
}

/* ---- faults ---- */

static void fault_free(struct fault *fault)
{
	free(fault->method);
	free(fault->path);
	free(fault->site);
	free(fault->what);
	free(fault->summary);
	free(fault->detail);
	free(fault->retry_after);
	free(fault->body);
	free(fault);
}

static void forget_faults(struct control *control)
{
	while (control->faults) {
		struct fault *fault = control->faults;
		control->faults = fault->next;
		fault_free(fault);
	}
}

static char *optional(const cJSON *json, const char *key)
{
	return json_get(json, key) ? mem_copy_text(json_text(json, key)) : NULL;
}

static int64_t number(const cJSON *json, const char *key, int64_t fallback)
{
	int64_t value;
	return json_count(json, key, &value) ? value : fallback;
}

static void add_fault(struct control *control, const cJSON *body, struct reply *reply)
{
	static const char *const known[] = { "latency", "status", "error", "drop", "drop_after",
		"error_after", "html", "empty", "truncate", "garbage", "expire_session", "409093",
		"429", "slow_body", NULL };
	const cJSON *on = json_get(body, "on");
	size_t i = 0;
	while (known[i] && strcmp(known[i], json_text(body, "do")))
		i++;
	if (!known[i]) {
		reply_error(reply, 400000, "Bad Request",
			"\"do\" is none of the faults that there are; see tableau-sandbox(1)");
		return;
	}
	struct fault *fault = mem_new(struct fault), **last = &control->faults;
	*fault = (struct fault){
		.id = ++control->fault_counter,
		.left = number(body, "times", 1),
		.is_endless = number(body, "times", 1) == 0,
		.skip = number(body, "after", 0),
		.method = optional(on, "method"),
		.path = optional(on, "path"),
		.site = optional(on, "site"),
		.what = mem_copy_text(known[i]),
		.us = number(body, "ms", 0) * US_PER_MS,
		.status = number(body, "status", 0),
		.code = number(body, "code", 0),
		.summary = optional(body, "summary"),
		.detail = optional(body, "detail"),
		.retry_after = optional(body, "retry_after"),
		.body = optional(body, "body"),
	};
	while (*last)
		last = &(*last)->next;
	*last = fault;
	reply->json = cJSON_CreateObject();
	json_add_count(reply->json, "fault", fault->id);
}

static void list_faults(const struct control *control, struct reply *reply)
{
	reply->json = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(reply->json, "faults");
	for (const struct fault *fault = control->faults; fault; fault = fault->next) {
		cJSON *json = cJSON_CreateObject();
		json_add_count(json, "fault", fault->id);
		json_add_text(json, "do", fault->what);
		json_add_count(json, "left", fault->left);
		cJSON_AddItemToArray(list, json);
	}
}

const struct fault *control_fault(struct control *control, const struct call *call)
{
	OWNED_TEXT struct text path;
	text_init(&path, TEXT_UNBOUNDED);
	text_printf(&path, "/api/%s%s", call->version, call->path);
	for (struct fault *fault = control->faults; fault; fault = fault->next) {
		if ((!fault->is_endless && fault->left <= 0) ||
			(fault->method && strcmp(fault->method, call->method)) ||
			(fault->path && fnmatch(fault->path, path.at, 0)) ||
			(fault->site &&
				(!call->site || strcmp(fault->site, call->site->content_url))))
			continue;
		if (fault->skip > 0) {
			fault->skip--;
			continue;
		}
		fault->left--;
		return fault;
	}
	return NULL;
}

static void gateway(struct reply *reply, unsigned status, const char *body)
{
	cJSON_Delete(reply->json);
	reply->json = NULL;
	reply->status = status;
	reply->raw = body;
}

static void told_error(const struct fault *fault, struct reply *reply)
{
	if (fault->code) {
		reply_error(reply, (int)fault->code, fault->summary ? fault->summary : "Injected",
			fault->detail ? fault->detail : "An injected fault");
		if (fault->status)
			reply->status = (unsigned)fault->status;
	} else {
		gateway(reply, fault->status ? (unsigned)fault->status : 504,
			fault->body ? fault->body
				    : "<html><head><title>504 Gateway "
				      "Time-out</title></head><body>nginx</body></html>");
	}
}

void fault_answer(const struct fault *fault, struct call *call, struct reply *reply)
{
	const char *what = fault->what;
	bool has_effect = !strcmp(what, "latency") || !strcmp(what, "drop_after") ||
			  !strcmp(what, "error_after") || !strcmp(what, "truncate") ||
			  !strcmp(what, "slow_body");
	reply->status = 200;
	if (has_effect)
		api_answer(call, reply);
	reply->fault = what;
	reply->retry_after = fault->retry_after;
	reply->delay = fault->us;
	if (call->site)
		reply->site = call->site->content_url;
	if (call->login)
		reply->pat = call->login->name;
	if (!strncmp(what, "drop", 4)) {
		reply->is_dropped = true;
	} else if (!strcmp(what, "error") || !strcmp(what, "error_after")) {
		told_error(fault, reply);
	} else if (!strcmp(what, "status")) {
		gateway(reply, (unsigned)fault->status, fault->body ? fault->body : "");
	} else if (!strcmp(what, "html")) {
		gateway(reply, fault->status ? (unsigned)fault->status : 200,
			fault->body ? fault->body : "<html><body>Please sign in</body></html>");
	} else if (!strcmp(what, "empty")) {
		gateway(reply, fault->status ? (unsigned)fault->status : 200, "");
	} else if (!strcmp(what, "garbage")) {
		gateway(reply, 200,
			fault->body ? fault->body : "{\"workbooks\":{\"workbook\":[{\"id\":");
	} else if (!strcmp(what, "expire_session")) {
		if (call->login)
			*call->login->token = '\0';
		reply_error(reply, 401002, "Unauthorized Access",
			"Invalid authentication credentials were provided.");
	} else if (!strcmp(what, "409093")) {
		reply_error(reply, 409093, "Ressourcenkonflikt",
			"Der Job ist bereits in der Warteschlange.");
	} else if (!strcmp(what, "429")) {
		reply_error(reply, 429000, "Too Many Requests",
			fault->detail ? fault->detail
				      : "Too many requests for 'api.rest.refresh_extracts'. Please "
					"retry after 1 minutes.");
	}
}

/* ---- the world behind Tableau's back ---- */

static struct box_content *find_content(
	struct control *control, const cJSON *body, struct box_site **site, struct reply *reply)
{
	enum box_kind kind =
		json_get(body, "kind") ? box_kind_of(json_text(body, "kind")) : BOX_WORKBOOK;
	*site = world_site_named(control->world, json_text(body, "site"));
	struct box_content *content = NULL;
	if (*site && kind < BOX_KIND_COUNT)
		content = json_get(body, "id")
				  ? site_content(*site, kind, json_text(body, "id"))
				  : site_content_named(*site, kind, json_text(body, "name"));
	if (!content)
		reply_error(reply, 404000, "Not Found",
			"no such content: give site, kind, and name or id");
	return content;
}

static int result_of(const char *word, int fallback)
{
	for (int i = 0; result_names[i]; i++)
		if (!strcmp(result_names[i], word))
			return i;
	return fallback;
}

static cJSON *job_json(const struct box_job *job)
{
	struct box_times times = job_times(job, clock_wall());
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "id", job->id);
	json_add_text(json, "site", job->site->content_url);
	json_add_text(json, "kind", box_singular[job->content->kind]);
	json_add_text(json, "content", job->content_id);
	json_add_text(json, "name", job->content->name);
	json_add_text(json, "by", job->by);
	json_add_text(json, "state", state_names[times.state]);
	json_add_time(json, "created", job->created);
	json_add_time(json, "started", times.started);
	json_add_time(json, "completed", times.completed);
	json_add_count(json, "finish_code", times.finish_code < 0 ? 0 : times.finish_code);
	cJSON_AddBoolToObject(json, "incremental", job->incremental);
	return json;
}

static void start_job(struct control *control, const cJSON *body, struct reply *reply)
{
	struct box_site *site;
	struct box_content *content = find_content(control, body, &site, reply);
	if (!content)
		return;
	struct box_job *job = job_start(
		control->world, site, content, "foreign", json_flag(body, "incremental", false));
	job->queued = number(body, "queued_ms", job->queued / US_PER_MS) * US_PER_MS;
	job->running = number(body, "running_ms", job->running / US_PER_MS) * US_PER_MS;
	job->result = (enum box_result)result_of(json_text(body, "result"), (int)job->result);
	if (json_get(body, "notes"))
		job->notes = arena_text(control->world->arena, json_text(body, "notes"));
	reply->json = job_json(job);
}

static void list_jobs(const struct control *control, struct reply *reply)
{
	reply->json = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(reply->json, "jobs");
	for (size_t i = 0; i < control->world->job_count; i++)
		cJSON_AddItemToArray(list, job_json(control->world->jobs[i]));
}

static void change_content(struct control *control, const cJSON *body, struct reply *reply)
{
	struct box_site *site;
	struct world *world = control->world;
	struct box_content *content = find_content(control, body, &site, reply);
	const cJSON *set = json_get(body, "set");
	if (!content)
		return;
	if (json_get(set, "name"))
		content->name = arena_text(world->arena, json_text(set, "name"));
	if (json_get(set, "project")) {
		content->project = arena_text(world->arena, json_text(set, "project"));
		content->in = site_project(site, content->project);
	}
	if (!strcmp(json_text(set, "id"), "new"))
		content->id = world_luid(
			world->arena, site->content_url, "again", content->name, ++world->counter);
	else if (json_get(set, "id"))
		content->id = arena_text(world->arena, json_text(set, "id"));
	content->has_extracts = json_flag(set, "has_extracts", content->has_extracts);
	content->result = result_of(json_text(set, "result"), content->result);
	if (json_get(set, "notes"))
		content->notes = arena_text(world->arena, json_text(set, "notes"));
	content->queued = number(set, "queued_ms", content->queued / US_PER_MS) * US_PER_MS;
	content->running = number(set, "running_ms", content->running / US_PER_MS) * US_PER_MS;
	reply->json = cJSON_CreateObject();
	json_add_text(reply->json, "id", content->id);
}

static void delete_content(struct control *control, const cJSON *body, struct reply *reply)
{
	struct box_site *site;
	struct box_content *content = find_content(control, body, &site, reply);
	if (!content)
		return;
	content->is_deleted = true;
	reply->json = cJSON_CreateObject();
}

static void foreign_sign_in(struct control *control, const cJSON *body, struct reply *reply)
{
	struct box_site *site = world_site_named(control->world, json_text(body, "site"));
	struct box_pat *pat = site ? site_pat(site, json_text(body, "pat")) : NULL;
	if (!pat) {
		reply_error(reply, 404000, "Not Found", "no such site or PAT");
		return;
	}
	session_begin(control->world, pat->login, pat, site);
	reply->json = cJSON_CreateObject();
}

static void set_latency(struct control *control, const cJSON *body, struct reply *reply)
{
	control->world->latency = number(body, "ms", 0) * US_PER_MS;
	reply->json = cJSON_CreateObject();
}

static void forget_calls_too(struct control *control, const cJSON *body, struct reply *reply)
{
	(void)body;
	forget_calls(control);
	reply->json = cJSON_CreateObject();
}

static void forget_faults_too(struct control *control, const cJSON *body, struct reply *reply)
{
	(void)body;
	forget_faults(control);
	reply->json = cJSON_CreateObject();
}

static const struct {
	const char *method, *path;
	void (*handle)(struct control *, const cJSON *body, struct reply *);
} routes[] = {
	{ "DELETE", "calls", forget_calls_too },
	{ "POST", "faults", add_fault },
	{ "DELETE", "faults", forget_faults_too },
	{ "POST", "jobs", start_job },
	{ "POST", "content", change_content },
	{ "DELETE", "content", delete_content },
	{ "POST", "signin", foreign_sign_in },
	{ "POST", "latency", set_latency },
};

void control_answer(
	struct control *control, struct web_request *request, const char *path, struct reply *reply)
{
	const char *method = web_method(request);
	struct error err;
	OWNED_JSON body = web_body(request).length ? json_parse(web_body(request), &err)
						   : cJSON_CreateObject();
	reply->status = 200;
	if (!body) {
		reply_error(reply, 400000, "Bad Request", err.message);
		return;
	}
	if (!strcmp(method, "GET") && !strcmp(path, "calls")) {
		list_calls(control, request, reply);
		return;
	}
	if (!strcmp(method, "GET") && !strcmp(path, "jobs")) {
		list_jobs(control, reply);
		return;
	}
	if (!strcmp(method, "GET") && !strcmp(path, "faults")) {
		list_faults(control, reply);
		return;
	}
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (!strcmp(routes[i].method, method) && !strcmp(routes[i].path, path)) {
			routes[i].handle(control, body, reply);
			return;
		}
	reply_error(reply, 404003, "Not Found",
		"calls, faults, jobs, content, signin and latency are below /-/sandbox/; see "
		"tableau-sandbox(1)");
}

void control_free(struct control *control)
{
	forget_calls(control);
	forget_faults(control);
	free(control);
}
