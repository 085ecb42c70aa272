/*
 * tableau/job.c - reads jobs from Tableau's answers. A job has ended only when it has completedAt
 * (README.md, Jobs).
 */
#include "tableau/job.h"
#include "tableau/answer.h"
#include "tableau/item.h"
#include <stdio.h>

#define NOTES_BYTES 400

static const char *clean(const char *text, struct arena *arena)
{
	OWNED_TEXT struct text out = TEXT(NOTES_BYTES);
	answer_clean(text, NOTES_BYTES, &out);
	return arena_text(arena, out.at);
}

static bool set_id(struct job *job, const cJSON *json)
{
	const char *id = json_text(json, "id");
	size_t length = strlen(id);
	if (!length || length >= sizeof job->id || strspn(id, "0123456789abcdefABCDEF-") != length)
		return false;
	memcpy(job->id, id, length + 1);
	return true;
}

/* Finds the content inside its wrapper, whose name depends on the kind of job (README.md, Jobs). */
static const cJSON *find_content(const cJSON *job, const cJSON **wrapper)
{
	static const char *const kinds[] = { "workbook", "datasource", "flow" };
	const cJSON *member;
	cJSON_ArrayForEach(member, job)
	{
		if (!cJSON_IsObject(member))
			continue;
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			const cJSON *content = json_get(member, kinds[i]);
			if (!content)
				continue;
			*wrapper = member;
			return content;
		}
	}
	*wrapper = NULL;
	return NULL;
}

static const char *error_note(const cJSON *json)
{
	for (const cJSON *note = items_of(json, "statusNotes", "statusNote"); note;
		note = items_next(note))
		if (!strcmp(json_text(note, "type"), "errorCode"))
			return *json_text(note, "text") ? json_text(note, "text")
							: json_text(note, "value");
	return NULL;
}

/* With Bridge, code 0 without an end means handed over, and 3 means done. A note of type errorCode
 * is a failure even with code 0 (README.md, Jobs). */
static void set_end(struct job *job, const cJSON *json, const char *error, struct arena *arena)
{
	int64_t code;
	/* as a text, because an unreadable time is an end too */
	if (!*json_text(json, "completedAt"))
		return;
	if (!json_count(json, "finishCode", &code)) {
		job->state = JOB_FAILED;
		if (!*job->notes)
			job->notes = "the job ended, but Tableau reported no finish code; look at "
				     "the content's refresh "
				     "history";
	} else if (code == 2) {
		job->state = JOB_CANCELLED;
	} else if ((code == 0 || code == 3) && !error) {
		job->state = JOB_SUCCEEDED;
	} else {
		job->state = JOB_FAILED;
		if (error && *error)
			job->notes = clean(error, arena);
	}
}

bool job_parse(const cJSON *reply, struct job *job, struct arena *arena, struct error *err)
{
	const cJSON *json = json_get(reply, "job"), *wrapper;
	struct job read = { .title = "", .type = "", .notes = "" };
	if (!json || !set_id(&read, json))
		return error_fail(err, ERROR_TRANSIENT, "the answer has no job in it");
	const cJSON *content = find_content(json, &wrapper);
	if (content) {
		snprintf(read.content, sizeof read.content, "%s", json_text(content, "id"));
		read.title = arena_text(arena, json_text(content, "name"));
		read.notes = clean(json_text(wrapper, "notes"), arena);
	}
	if (!*read.notes)
		read.notes = clean(json_text(json, "notes"), arena);
	read.type = arena_text(arena, json_text(json, "type"));
	read.created_at = json_time(json, "createdAt");
	read.started_at = json_time(json, "startedAt");
	read.completed_at = json_time(json, "completedAt");
	read.state = wall_is_set(read.started_at) ? JOB_RUNNING : JOB_QUEUED;
	set_end(&read, json, error_note(json), arena);
	*job = read;
	return true;
}

bool job_row_parse(const cJSON *row, struct job *job, struct arena *arena)
{
	static const struct {
		const char *status;
		enum job_state state;
	} states[] = {
		{ "Pending", JOB_QUEUED },
		{ "InProgress", JOB_RUNNING },
		{ "Success", JOB_SUCCEEDED },
		{ "Failed", JOB_FAILED },
		{ "Cancelled", JOB_CANCELLED },
	};
	struct job read = { .state = JOB_RUNNING,
		.notes = "" }; /* an unknown word: not finished (README.md, Job list) */
	if (!set_id(&read, row))
		return false;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (!strcmp(json_text(row, "status"), states[i].status))
			read.state = states[i].state;
	read.created_at = json_time(row, "createdAt");
	read.started_at = json_time(row, "startedAt");
	read.completed_at = json_time(row, "endedAt");
	read.title = arena_text(arena, json_text(row, "title"));
	read.type = arena_text(arena, json_text(row, "jobType"));
	*job = read;
	return true;
}
