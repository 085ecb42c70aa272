/*
 * sandbox/refresh.c - "refresh now" and "run now" (tableau-rest.md 5).
 */
#include "sandbox/api.h"
#include <stdio.h>

#define HOUR (3600 * US_PER_SECOND)

static bool read_incremental(struct call *call, struct reply *reply, bool *incremental)
{
	struct error ignored;
	*incremental = false;
	if (!call->body.length) {
		reply_error(
			reply, 400000, "Bad Request", "Payload is either malformed or incomplete.");
		return false;
	}
	if (call->body.at[0] == '<') {
		*incremental = memmem(call->body.at, call->body.length, "incremental=\"true\"", 18);
		return true;
	}
	OWNED_JSON body = json_parse(call->body, &ignored);
	const cJSON *extract = json_get(body, "extractRefresh");
	int64_t major = 0, minor = 0;
	sscanf(call->site->api_version, "%ld.%ld", (long *)&major, (long *)&minor);
	if (!cJSON_IsObject(body) || (extract && (major < 3 || (major == 3 && minor < 25)))) {
		reply_error(
			reply, 400000, "Bad Request", "Payload is either malformed or incomplete.");
		return false;
	}
	*incremental = json_flag(extract, "incremental", false);
	return true;
}

/* Starts within the last hour; over the limit it says when the next one may come (8). */
static bool is_limited(struct box_site *site, struct reply *reply)
{
	struct wall now = clock_wall();
	char detail[120];
	size_t kept = 0;
	for (size_t i = 0; i < site->start_count; i++)
		if (site->starts[i].us > now.us - HOUR)
			site->starts[kept++] = site->starts[i];
	site->start_count = kept;
	if (!site->refreshes_per_hour || (int64_t)kept < site->refreshes_per_hour) {
		mem_grow(&site->starts, &site->start_capacity, site->start_count);
		site->starts[site->start_count++] = now;
		return false;
	}
	int64_t minutes = (site->starts[0].us + HOUR - now.us) / (60 * US_PER_SECOND) + 1;
	snprintf(detail, sizeof detail,
		"Too many requests for 'api.rest.refresh_extracts'. Please retry after %lld "
		"minutes.",
		(long long)minutes);
	reply_error(reply, 429000, "Too Many Requests", detail);
	return true;
}

static void accepted(const struct box_job *job, const struct box_content *asked,
	struct world *world, struct reply *reply)
{
	bool is_flow = job->content->kind == BOX_FLOW;
	reply->status = 202;
	reply->json = cJSON_CreateObject();
	cJSON *json = cJSON_AddObjectToObject(reply->json, "job");
	cJSON *wrapper =
		cJSON_AddObjectToObject(json, is_flow ? "runFlowJobType" : "extractRefreshJob");
	cJSON *content = cJSON_AddObjectToObject(wrapper, box_singular[job->content->kind]);
	json_add_text(content, "id", job->content->id);
	json_add_text(content, "name", job->content->name);
	if (is_flow)
		json_add_text(
			wrapper, "flowRunId", world_luid(world->arena, "", "flowrun", job->id, 0));
	json_add_text(json, "id", job->id);
	json_add_text(json, "mode", "Asynchronous");
	json_add_text(json, "type", is_flow ? "RunFlow" : "RefreshExtract");
	json_add_time(json, "createdAt",
		(struct wall){ job->created.us / US_PER_SECOND * US_PER_SECOND });
	reply->content = asked->id;
}

void refresh(struct call *call, enum box_kind kind, const char *id, struct reply *reply)
{
	bool incremental;
	char detail[700];
	struct box_content *content = site_content(call->site, kind, id);
	reply->content = content ? content->id : NULL;
	if (!content || (kind == BOX_TASK && !content->target)) {
		query_one(call, kind, id, reply);
		return;
	}
	if (!read_incremental(call, reply, &incremental))
		return;
	struct box_content *worked =
		kind == BOX_TASK ? (struct box_content *)(uintptr_t)content->target : content;
	if (!worked->has_extracts && kind != BOX_FLOW) {
		snprintf(detail, sizeof detail,
			"Full extract refresh operation for the workbook '%.60s' is not allowed.",
			worked->id);
		reply_error(reply, 403180, "Forbidden", detail);
	} else if (content_is_busy(worked, clock_wall())) {
		snprintf(detail, sizeof detail,
			"Job for '%.500s' is already queued. Not queuing a duplicate.",
			worked->name);
		reply_error(reply, 409093, "Resource Conflict", detail);
	} else if (!is_limited(call->site, reply)) {
		accepted(job_start(call->world, call->site, worked, call->login->name, incremental),
			content, call->world, reply);
	}
}
