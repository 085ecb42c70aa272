/*
 * Two bytes for the HTTP status and the type of call, then any bytes as the server's answer: it
 * becomes a tree, or an error of one readable line.
 */
#include "tableau/answer.h"
#include "tableau/item.h"
#include "tableau/job.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Reads a good answer as the client does. */
static void read_job(const cJSON *json)
{
	OWNED(arena) arena = arena_new();
	struct error err = { 0 };
	struct job job = { 0 };
	if (job_parse(json, &job, arena, &err))
		assert(job.id[0] && memchr(job.id, '\0', sizeof job.id));
	const cJSON *item = items_of(json, "backgroundJobs", "backgroundJob");
	for (; item; item = items_next(item))
		IGNORE(job_row_parse(item, &job, arena));
}

static bool is_one_clean_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const int statuses[] = { 200, 201, 202, 204, 301, 302, 400, 401, 403, 404, 405, 409,
		429, 500, 502, 503, 504, 600 };
	if (length < 2)
		return 0;
	struct transport_reply reply = {
		.is_answered = true,
		.http_status = statuses[bytes[0] % (sizeof statuses / sizeof *statuses)],
		.body = { (const char *)bytes + 2, length - 2 },
		.location = "",
	};
	struct outcome outcome = { 0 };
	cJSON *json = NULL;
	json_setup();
	answer_read(&reply, (enum call_type)(bytes[1] % (CALL_CANCEL + 1)), &outcome, &json);
	assert(outcome.ok || !json);
	assert(outcome.ok || (outcome.error.kind != ERROR_NONE && outcome.error.message[0]));
	assert(outcome.ok || is_one_clean_line(outcome.error.message));
	assert(outcome.retry_after_us >= 0);
	if (json)
		read_job(json);
	cJSON_Delete(json);
	return 0;
}
