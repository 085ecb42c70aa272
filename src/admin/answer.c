/* admin/answer.c - answers for operators and programs; those for dbt are in intake/answer.c. */
#include "admin/handler.h"

void admin_answer_json(struct web_request *request, unsigned status, const cJSON *json)
{
	OWNED_MEMORY char *text = json_print(json);
	web_reply(request, status, NULL, str_of(text));
}

void admin_answer_error(struct web_request *request, unsigned status, const char *message)
{
	if (admin_wants_page(request)) {
		admin_answer_error_page(request, status, message);
		return;
	}
	OWNED_JSON json = cJSON_CreateObject();
	json_add_text(json, "error", message);
	admin_answer_json(request, status, json);
}
