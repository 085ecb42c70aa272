/*
 * base/web/web_answer.c - the answer of a request: decided by the handler or the request's keeper,
 * queued by the pool thread that has its connection.
 */
#include "base/web/web_inside.h"
#include <utlist.h>

#define RETRY_AFTER "5"

/* NULL: there is no memory for it. */
static struct MHD_Response *response_of(struct web *web, const char *content_type, struct str body)
{
	/* libmicrohttpd declares the buffer without const, and copies it. */
	struct MHD_Response *response = MHD_create_response_from_buffer(
		body.length, (void *)(uintptr_t)body.at, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return NULL;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
		content_type ? content_type : "application/json");
	/* Names of strangers are in texts and JSON, which no browser may take for a page. */
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (atomic_load_explicit(&web->is_closing, memory_order_relaxed))
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	return response;
}

static struct MHD_Response *error_response(struct web *web, const char *reason)
{
	OWNED_TEXT struct text body = TEXT(1000);
	text_printf(&body, "{\"error\":\"%s\"}", reason);
	return response_of(web, NULL, text_str(&body));
}

static enum MHD_Result queue(struct web_request *request)
{
	struct connection *connection = web_connection_of(request->mhd);
	if (request->web->options.only_trusted_stay && !request->is_trusted)
		MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONNECTION, "close");
	atomic_store(&request->state, ANSWER_QUEUED);
	enum MHD_Result result =
		MHD_queue_response(request->mhd, request->status, request->response);
	MHD_destroy_response(request->response);
	request->response = NULL;
	if (request->body.at)
		text_clear(&request->body);
	if (connection)
		connection_is_answered(request->web->connections, connection);
	return result;
}

enum MHD_Result web_answer_error(struct web_request *request, unsigned status, const char *reason)
{
	request->response = error_response(request->web, reason);
	if (!request->response)
		return MHD_NO;
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		MHD_add_response_header(
			request->response, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_AFTER);
	/* The bytes after a bad head are not a request. */
	if (status != MHD_HTTP_CONTENT_TOO_LARGE)
		MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONNECTION, "close");
	request->status = status;
	return queue(request);
}

enum MHD_Result web_answer_refuse(
	struct web_request *request, enum refusal what, unsigned status, const char *reason)
{
	refusals_add(request->web->refusals, what);
	return web_answer_error(request, status, reason);
}

enum MHD_Result web_answer_finish(struct web_request *request)
{
	switch ((enum answer_state)atomic_load(&request->state)) {
	case ANSWER_READY:
		return queue(request);
	case ANSWER_DROPPED:
		return MHD_NO;
	case ANSWER_ABANDONED:
		return web_answer_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"the server is stopping, and it is not known whether this was done; send "
			"it again");
	case ANSWER_NONE:
	case ANSWER_KEPT:
	case ANSWER_QUEUED:
		break;
	}
	return MHD_YES;
}

/* ---- what handlers call ---- */

/* Call with the lock held: from now on the request is libmicrohttpd's alone. */
static void resume(struct web_request *request, enum answer_state state)
{
	DL_DELETE(request->web->kept, request);
	atomic_store(&request->state, (int)state);
	MHD_resume_connection(request->mhd);
}

static void wake_all(struct web *web)
{
	while (web->unwoken) {
		struct web_request *request = web->unwoken;
		DL_DELETE(web->unwoken, request);
		MHD_resume_connection(request->mhd);
	}
}

void web_wake(struct web *web)
{
	pthread_mutex_lock(&web->lock);
	wake_all(web);
	pthread_mutex_unlock(&web->lock);
}

void web_keep(struct web_request *request)
{
	struct web *web = request->web;
	if (request->is_kept)
		return;
	request->is_kept = true;
	atomic_fetch_add(&request->owners, 1);
	MHD_suspend_connection(request->mhd);
	pthread_mutex_lock(&web->lock);
	atomic_store(&request->state, ANSWER_KEPT);
	DL_APPEND(web->kept, request);
	if (web->has_abandoned)
		resume(request, ANSWER_ABANDONED);
	pthread_mutex_unlock(&web->lock);
}

void web_reply_header(struct web_request *request, const char *name, const char *value)
{
	if (request->header_count == MOST_HEADERS)
		return;
	request->headers[request->header_count].name = mem_copy_text(name);
	request->headers[request->header_count++].value = mem_copy_text(value);
}

/* Answers a kept request, which its pool thread may take at once. */
static void decide_kept(struct web_request *request, enum answer_state state, bool is_woken,
	unsigned status, struct MHD_Response *response)
{
	struct web *web = request->web;
	pthread_mutex_lock(&web->lock);
	bool is_heard = atomic_load(&request->state) == ANSWER_KEPT;
	if (is_heard) {
		request->status = status;
		request->response = response;
		if (is_woken) {
			resume(request, state);
		} else {
			DL_DELETE(web->kept, request);
			DL_APPEND(web->unwoken, request);
			atomic_store(&request->state, (int)state);
		}
	}
	pthread_mutex_unlock(&web->lock);
	if (!is_heard && response)
		MHD_destroy_response(response);
	web_request_unref(request);
}

static void decide(struct web_request *request, enum answer_state state, bool is_woken,
	unsigned status, struct MHD_Response *response)
{
	if (request->is_kept) {
		decide_kept(request, state, is_woken, status, response);
		return;
	}
	request->status = status;
	request->response = response;
	atomic_store(&request->state, (int)state);
}

static void reply(struct web_request *request, bool is_woken, unsigned status,
	const char *content_type, struct str body)
{
	struct MHD_Response *response = response_of(request->web, content_type, body);
	for (size_t i = 0; response && i < request->header_count; i++)
		MHD_add_response_header(
			response, request->headers[i].name, request->headers[i].value);
	decide(request, response ? ANSWER_READY : ANSWER_DROPPED, is_woken, status, response);
}

void web_reply(
	struct web_request *request, unsigned status, const char *content_type, struct str body)
{
	reply(request, true, status, content_type, body);
}

void web_reply_unwoken(
	struct web_request *request, unsigned status, const char *content_type, struct str body)
{
	reply(request, false, status, content_type, body);
}

void web_drop(struct web_request *request)
{
	decide(request, ANSWER_DROPPED, true, 0, NULL);
}

void web_answer_abandon(struct web *web)
{
	pthread_mutex_lock(&web->lock);
	web->has_abandoned = true;
	wake_all(web);
	while (web->kept)
		resume(web->kept, ANSWER_ABANDONED);
	pthread_mutex_unlock(&web->lock);
}
