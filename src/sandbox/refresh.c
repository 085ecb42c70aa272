/*
 * sandbox/refresh.c - "refresh now" and "run now" (src/tableau/README.md, Refreshing).
 */
#include "sandbox/api.h"
#include <stdio.h>

#define HOUR (3600 * US_PER_SECOND)

/* {} or an empty tsRequest means a full refresh; extractRefresh exists from 3.25 on
 * (src/tableau/README.md, Refreshing). A flow's body names steps and parameters, which are ignored
 * here. */
static bool read_incremental(
	struct api_call *call, enum box_kind kind, struct reply *reply, bool *incremental)
{
	const cJSON *extract = kind == BOX_FLOW ? NULL : json_get(call->body, "extractRefresh");
	*incremental = json_flag(extract, "incremental", false);
	if (call->body && (!extract || api_call_speaks(call, 3, 25)))
		return true;
	reply_bad_body(reply);
	return false;
}

/* Counts the starts of the last hour. Over the limit, the answer has the time of the next possible
 * start (src/tableau/README.md, Limits). */
static bool is_limited(struct box_site *site, struct wall now, struct reply *reply)
{
	char detail[120]; /* a number and the text */
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
		"Too many requests for 'api.rest.refresh_extracts'. Please retry "
		"after %lld "
		"minutes.",
		(long long)minutes);
	reply_error(reply, 429000, "Too Many Requests", detail);
	return true;
}

static void accepted(
	const struct box_job *job, const struct box_content *asked, struct reply *reply)
{
	reply->status = 202;
	reply->json = cJSON_CreateObject();
	cJSON *json = cJSON_AddObjectToObject(reply->json, "job");
	api_job_describe(job, json);
	json_add_time(json, "createdAt",
		(struct wall){ job->created.us / US_PER_SECOND * US_PER_SECOND });
	reply->content = asked->id;
}

/* The content has no extract: Tableau has two answers to that (src/tableau/README.md, Refused
 * refreshes). */
static void refuse(const struct box_content *content, struct reply *reply)
{
	const char *kind = content->kind == BOX_DATASOURCE ? "data source" : "workbook";
	char detail[200]; /* 80 bytes of id, and the text */
	if (content->refusal == REFUSAL_409090) {
		snprintf(detail, sizeof detail,
			"Extract operation for the %s '%.80s' is not allowed.", kind, content->id);
		reply_error(reply, 409090, "Bad Request", detail);
	} else {
		snprintf(detail, sizeof detail,
			"Full extract refresh operation for the %s '%.80s' is not allowed.", kind,
			content->id);
		reply_error(reply, 403180, "Forbidden", detail);
	}
}

static void refuse_duplicate(const struct box_content *content, struct reply *reply)
{
	OWNED_TEXT struct text detail = TEXT(TEXT_UNBOUNDED);
	text_printf(
		&detail, "Job for '%s' is already queued. Not queuing a duplicate.", content->name);
	reply_error(reply, 409093, "Resource Conflict", detail.at);
}

void api_refresh(struct api_call *call, enum box_kind kind, const char *id, struct reply *reply)
{
	bool incremental;
	struct box_content *asked = box_site_content(call->site, kind, id);
	struct box_content *content = asked && kind == BOX_TASK ? asked->target : asked;
	reply->content = asked ? asked->id : NULL;
	if (!content || content->is_deleted) {
		api_content_missing(kind, id, reply);
		return;
	}
	if (!read_incremental(call, kind, reply, &incremental))
		return;
	if (!content->has_extracts && content->kind != BOX_FLOW)
		refuse(content, reply);
	else if (box_content_is_busy(content, call->now))
		refuse_duplicate(content, reply);
	else if (!is_limited(call->site, call->now, reply))
		accepted(box_job_start(call->world, call->site, content, call->login->name,
				 incremental || asked->incremental),
			asked, reply);
}
