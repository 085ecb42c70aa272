/* intake/answer.c - the 503 of an overloaded listener. */
#include "intake/answer.h"
#include "base/json.h"
#include "base/log/log.h"

#define RETRY_AFTER_SECONDS "5"

void intake_answer_error(struct web_request *request, unsigned status, const char *reason)
{
	OWNED_JSON body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "error", reason);
	OWNED_MEMORY char *text = json_print(body);
	web_reply(request, status, NULL, str_of(text));
}

void intake_answer_unavailable(
	struct web_request *request, enum complaint complaint, const char *reason)
{
	static struct complaints sheds; /* shared by all listeners of the process */
	if (complaint_is_due(&sheds, request, complaint))
		log_warning("a delivery was answered 503", KV("reason", reason));
	web_reply_header(request, "Retry-After", RETRY_AFTER_SECONDS);
	intake_answer_error(request, 503, reason);
}
