/*
 * base/web/web_inside.h - a listener and one request from within, shared by the files that know
 * libmicrohttpd. Private to base/web/web.c, base/web/web_request.c and base/web/web_answer.c.
 *
 * A connection is accepted by base/web/acceptor.c, and has its place in base/web/connections.c:
 *   waited for --request complete--> busy --answered--> waited for ... gone
 *
 * A request is made when its first line was read, collects its body, runs the handler once, is
 * answered, and is freed when libmicrohttpd has completed it. The connection of a kept request is
 * suspended, and the request has two owners: its keeper (the code that called web_keep()) and
 * libmicrohttpd. Its answer resumes the connection, and web_request_access() queues the stored
 * answer:
 *   kept --web_reply--> ready --> queued
 *   kept --web_stop---> abandoned --> queued
 * (libmicrohttpd wants every connection resumed before it stops, or it aborts the process.)
 */
#pragma once
#include "base/arena.h"
#include "base/web/acceptor.h"
#include "base/web/listen.h"
#include "base/web/listen_unix.h"
#include "base/web/web.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define MOST_HEADERS 8

enum answer_state {
	ANSWER_NONE,
	ANSWER_KEPT,
	ANSWER_READY,
	ANSWER_QUEUED,
	ANSWER_DROPPED,
	ANSWER_ABANDONED, /* by web_stop(): an answer would reach nobody */
};

struct web_request {
	struct web *web;
	struct MHD_Connection *mhd;
	const char *method, *path;
	char *target; /* as sent; libmicrohttpd decodes its own copy in place */
	/* Of the URL, else the Host field: libmicrohttpd's bytes, or those of `target`. */
	struct str authority;
	struct arena *arena; /* or NULL */
	struct text body;
	size_t drained;
	bool has_begun, is_handled, is_kept, is_too_large, is_shed, is_trusted;
	atomic_int state;                /* enum answer_state */
	atomic_int owners;               /* libmicrohttpd, and the keeper */
	struct web_request *prev, *next; /* in web->kept, or in web->unwoken */
	struct {
		char *name, *value;
	} headers[MOST_HEADERS];
	size_t header_count;
	unsigned status;
	struct MHD_Response *response;
};

struct web {
	struct MHD_Daemon *daemon;
	struct web_options options;
	web_handler *handler;
	void *context;
	char address[LISTEN_TEXT_SIZE];
	char *unix_path; /* of the file to remove; NULL: there is none, or it is gone */
	struct listen_unix_mark unix_mark;
	struct refusals *refusals;
	struct connections *connections;
	struct acceptor *acceptor;
	struct tls *tls;         /* NULL: there is none */
	atomic_bool is_closing;  /* answers end their connections */
	atomic_bool is_stopping; /* further requests are refused */
	atomic_llong active;
	pthread_mutex_t lock; /* guards what follows and the state of kept requests */
	pthread_cond_t changed;
	struct web_request *kept;
	struct web_request *unwoken; /* answered, but still suspended */
	bool has_abandoned;
};

/* The connection's struct; NULL: it is gone already. */
struct connection *web_connection_of(struct MHD_Connection *mhd);

/* ---- web_request.c: callbacks of libmicrohttpd; `context` is the struct web ---- */

void *web_request_new(void *context, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result web_request_access(void *context, struct MHD_Connection *mhd, const char *path,
	const char *method, const char *version, const char *bytes, size_t *count,
	void **request_context);
void web_request_completed(void *context, struct MHD_Connection *mhd, void **request_context,
	enum MHD_RequestTerminationCode code);
/* Called by each of the two owners when it is done with the request. */
void web_request_unref(struct web_request *request);

/* ---- web_answer.c ---- */

/* Answers with the reason in JSON; `web_answer_refuse` also counts it. */
enum MHD_Result web_answer_error(struct web_request *request, unsigned status, const char *reason);
enum MHD_Result web_answer_refuse(
	struct web_request *request, enum refusal what, unsigned status, const char *reason);
/* Queues the answer, if there is one by now. */
enum MHD_Result web_answer_finish(struct web_request *request);
/* Answers all kept requests, and those that a handler is about to keep, with a 503. */
void web_answer_abandon(struct web *web);
