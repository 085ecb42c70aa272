/* sandbox/control.c - the control endpoint: a table of methods and paths below /-/sandbox/. */
#include "sandbox/control.h"
#include <stdio.h>

struct order { /* a request to the control endpoint */
	const struct control *control;
	struct web_request *request;
	const cJSON *body;
	struct reply *reply;
};

static void refuse(const struct order *order, int code, const char *why)
{
	reply_error(order->reply, code, code / 1000 == 404 ? "Not Found" : "Bad Request", why);
}

static void done(const struct order *order)
{
	order->reply->json = cJSON_CreateObject();
}

/* Milliseconds as microseconds, cut to a day; `now` when absent. */
static int64_t read_ms(const cJSON *json, const char *key, int64_t now)
{
	const int64_t a_day = 24 * 3600 * US_PER_SECOND;
	int64_t ms;
	if (!json_count(json, key, &ms) || ms < 0)
		return now;
	return ms < a_day / US_PER_MS ? ms * US_PER_MS : a_day;
}

/* False when the word is present and unknown. */
static bool read_result(const struct order *order, const cJSON *json, const char *key, int *result)
{
	const char *word = json_text(json, key);
	if (!json_get(json, key))
		return true;
	for (int i = 0; result_names[i]; i++)
		if (!strcmp(result_names[i], word)) {
			*result = i;
			return true;
		}
	refuse(order, 400000, "a result is success, failed, cancelled, bridge or error_note");
	return false;
}

/* ---- calls and faults ---- */

static void get_calls(const struct order *order)
{
	order->reply->json = calls_list(order->control->calls, web_query(order->request, "method"),
		web_query(order->request, "path"), web_query(order->request, "site"));
}

static void delete_calls(const struct order *order)
{
	calls_forget(order->control->calls);
	done(order);
}

static void get_faults(const struct order *order)
{
	order->reply->json = upsets_list(order->control->upsets);
}

static void post_faults(const struct order *order)
{
	upsets_add(order->control->upsets, order->body, order->reply);
}

static void delete_faults(const struct order *order)
{
	upsets_forget(order->control->upsets);
	done(order);
}

static void post_latency(const struct order *order)
{
	order->control->world->latency = read_ms(order->body, "ms", 0);
	done(order);
}

/* ---- jobs ---- */

static struct box_content *find_content(const struct order *order, struct box_site **site)
{
	const cJSON *body = order->body;
	enum box_kind kind =
		json_get(body, "kind") ? box_kind_of(json_text(body, "kind")) : BOX_WORKBOOK;
	struct box_content *content = NULL;
	*site = world_site_named(order->control->world, json_text(body, "site"));
	if (*site && kind < BOX_KIND_COUNT)
		content = json_get(body, "id")
				  ? box_site_content(*site, kind, json_text(body, "id"))
				  : box_site_content_named(*site, kind, json_text(body, "name"));
	if (!content)
		refuse(order, 404000, "no such content: give site, kind, and name or id");
	return content;
}

/* With microseconds, for tests of freshness to compare with. */
static cJSON *job_json(const struct box_job *job, struct wall now)
{
	struct box_times times = box_job_times(job, now);
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "id", job->id);
	json_add_text(json, "site", job->site->content_url);
	json_add_text(json, "kind", box_singular[job->content->kind]);
	json_add_text(json, "content", job->content_id);
	json_add_text(json, "name", job->name);
	json_add_text(json, "by", job->by);
	json_add_text(json, "state", state_names[times.state]);
	json_add_time(json, "created", job->created);
	json_add_time(json, "started", times.started);
	json_add_time(json, "completed", times.completed);
	if (times.finish_code >= 0)
		json_add_count(json, "finish_code", times.finish_code);
	cJSON_AddBoolToObject(json, "incremental", job->incremental);
	if (job->purged)
		json_add_count(json, "purged", job->purged);
	return json;
}

static void get_jobs(const struct order *order)
{
	const struct world *world = order->control->world;
	struct wall now = clock_wall();
	order->reply->json = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(order->reply->json, "jobs");
	for (size_t i = 0; i < world->job_count; i++)
		cJSON_AddItemToArray(list, job_json(world->jobs[i], now));
}

static void post_jobs(const struct order *order)
{
	struct world *world = order->control->world;
	const cJSON *body = order->body;
	struct box_site *site;
	struct box_content *content = find_content(order, &site);
	int result = -1;
	if (!content || !read_result(order, body, "result", &result))
		return;
	struct box_content *worked = content->kind == BOX_TASK ? content->target : content;
	struct box_job *job = box_job_start(world, site, worked, "foreign",
		json_flag(body, "incremental", content->incremental));
	job->queued = read_ms(body, "queued_ms", job->queued);
	job->running = read_ms(body, "running_ms", job->running);
	if (result >= 0)
		job->result = (enum box_result)result;
	if (json_get(body, "notes"))
		job->notes = arena_text(world->arena, json_text(body, "notes"));
	order->reply->json = job_json(job, clock_wall());
}

/* Is the job meant: by "id", by "site", or as one of all? */
static bool is_meant(const cJSON *body, const struct box_job *job)
{
	return (!json_get(body, "id") || text_is_nocase(json_text(body, "id"), job->id)) &&
	       (!json_get(body, "site") ||
		       text_is(json_text(body, "site"), job->site->content_url));
}

/* Queued jobs begin to run now, and running jobs end now. */
static void post_progress(const struct order *order)
{
	const struct world *world = order->control->world;
	struct wall now = clock_wall();
	int64_t count = 0;
	for (size_t i = 0; i < world->job_count; i++) {
		struct box_job *job = world->jobs[i];
		enum box_state state = box_job_times(job, now).state;
		if (state > STATE_IN_PROGRESS || !is_meant(order->body, job))
			continue;
		if (state == STATE_PENDING)
			job->queued = now.us - job->created.us;
		else
			job->running = now.us - job->created.us - job->queued;
		count++;
	}
	done(order);
	json_add_count(order->reply->json, "moved", count);
}

/* Removes jobs; a later query for one answers "code". */
static void delete_jobs(const struct order *order)
{
	const struct world *world = order->control->world;
	const cJSON *body = order->body;
	int64_t code = 404018, count = 0;
	if (json_get(body, "code") &&
		(!json_count(body, "code", &code) || (code != 404018 && code != 400031))) {
		refuse(order, 400000, "\"code\" is 404018 or 400031");
		return;
	}
	for (size_t i = 0; i < world->job_count; i++)
		if (is_meant(body, world->jobs[i])) {
			world->jobs[i]->purged = (int)code;
			count++;
		}
	done(order);
	json_add_count(order->reply->json, "purged", count);
}

/* ---- content ---- */

static bool set_id(const struct order *order, struct box_site *site, struct box_content *content,
	const cJSON *set)
{
	struct world *world = order->control->world;
	const char *id = json_text(set, "id");
	if (!json_get(set, "id") || text_is_nocase(id, content->id))
		return true;
	if (!strcmp(id, "new"))
		id = world_luid(
			world->arena, site->content_url, "again", content->name, ++world->counter);
	else
		id = arena_text(world->arena, id);
	if (*id && !strchr(id, '/') && box_site_rename(site, content, id))
		return true;
	refuse(order, 400000, "this id is taken, or none");
	return false;
}

static bool set_project(const struct order *order, const struct box_site *site,
	struct box_content *content, const cJSON *set)
{
	const char *path = json_text(set, "project");
	if (!json_get(set, "project"))
		return true;
	const struct box_project *project = *path ? box_site_project(site, path) : NULL;
	if (*path && !project) {
		refuse(order, 404000, "no such project");
		return false;
	}
	content->in = project;
	content->project = project ? project->path : "";
	return true;
}

static void post_content(const struct order *order)
{
	static const char *const members[] = { "name", "project", "id", "has_extracts", "result",
		"next_result", "queued_ms", "running_ms", "notes" };
	struct arena *arena = order->control->world->arena;
	struct box_site *site;
	struct box_content *content = find_content(order, &site);
	const cJSON *set = json_get(order->body, "set"), *member;
	if (!content)
		return;
	cJSON_ArrayForEach(member, set)
	{
		size_t i = 0, count = sizeof members / sizeof *members;
		while (i < count && strcmp(members[i], member->string) != 0)
			i++;
		if (i == count) {
			refuse(order, 400000, "a member of \"set\" is unknown");
			return;
		}
	}
	int result = content->result, next = -1;
	if (!read_result(order, set, "result", &result) ||
		!read_result(order, set, "next_result", &next) ||
		!set_project(order, site, content, set) || !set_id(order, site, content, set))
		return;
	content->result = result;
	if (next >= 0)
		content->next_result = next + 1;
	if (json_get(set, "name"))
		content->name = arena_text(arena, json_text(set, "name"));
	if (json_get(set, "notes"))
		content->notes = arena_text(arena, json_text(set, "notes"));
	content->has_extracts = json_flag(set, "has_extracts", content->has_extracts);
	content->queued = read_ms(set, "queued_ms", content->queued);
	content->running = read_ms(set, "running_ms", content->running);
	done(order);
	json_add_text(order->reply->json, "id", content->id);
}

static void delete_content(const struct order *order)
{
	struct box_site *site;
	struct box_content *content = find_content(order, &site);
	if (!content)
		return;
	box_site_delete(site, content);
	done(order);
}

static void post_signin(const struct order *order)
{
	struct world *world = order->control->world;
	struct box_site *site = world_site_named(world, json_text(order->body, "site"));
	struct box_pat *pat = site ? box_site_pat(site, json_text(order->body, "pat")) : NULL;
	if (!pat) {
		refuse(order, 404000, "no such site or PAT");
		return;
	}
	api_begin_session(world, pat->login, pat, site);
	done(order);
}

/* ---- the server ---- */

/* Replaces the server by an older or newer one, which has another version and no sessions. */
static void post_version(const struct order *order)
{
	struct world *world = order->control->world;
	const char *version = json_text(order->body, "version");
	if (!*version) {
		refuse(order, 400000, "give version");
		return;
	}
	for (size_t i = 0; i < world->sites.count; i++)
		world_site(world, i)->api_version = arena_text(world->arena, version);
	for (struct box_login *login = world->logins; login; login = login->next)
		if (json_flag(order->body, "forgets_sessions", true))
			*login->token = '\0';
	done(order);
}

/* ---- dispatch ---- */

/* clang-format off */
static const struct {
	const char *method, *path;
	void (*answer)(const struct order *order);
} routes[] = {
	{ "GET",    "calls",    get_calls },
	{ "DELETE", "calls",    delete_calls },
	{ "GET",    "faults",   get_faults },
	{ "POST",   "faults",   post_faults },
	{ "DELETE", "faults",   delete_faults },
	{ "GET",    "jobs",     get_jobs },
	{ "POST",   "jobs",     post_jobs },
	{ "DELETE", "jobs",     delete_jobs },
	{ "POST",   "progress", post_progress },
	{ "POST",   "content",  post_content },
	{ "DELETE", "content",  delete_content },
	{ "POST",   "signin",   post_signin },
	{ "POST",   "latency",  post_latency },
	{ "POST",   "version",  post_version },
};
/* clang-format on */

void control_answer(const struct control *control, struct web_request *request, const char *path,
	struct reply *reply)
{
	struct error err;
	OWNED_JSON body = web_body(request).length ? json_parse(web_body(request), &err)
						   : cJSON_CreateObject();
	struct order order = {
		.control = control, .request = request, .body = body, .reply = reply
	};
	reply->status = 200;
	if (!cJSON_IsObject(body)) {
		refuse(&order, 400000, body ? "a JSON object is wanted" : err.message);
		return;
	}
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (!strcmp(routes[i].method, web_method(request)) &&
			!strcmp(routes[i].path, path)) {
			routes[i].answer(&order);
			return;
		}
	refuse(&order, 404003,
		"calls, faults, jobs, progress, content, signin, latency and version are below "
		"/-/sandbox/; see "
		"tableau-sandbox(1)");
}
