/*
 * admin/handler.h - what the handlers of the admin listener share. Private to admin/.
 */
#pragma once
#include "admin/access.h"
#include "admin/admin.h"
#include "admin/attempts.h"
#include "base/json.h"
#include "base/mailbox.h"
#include "base/web/web.h"
#include <pthread.h>
#include <stdatomic.h>

struct admin {
	struct web *web;
	struct admin_options options; /* without `listen` and `store`, which reloads free */
	char *listen;                 /* as configured at the start ... */
	bool has_tls;                 /* ... and so is this */
	struct mailbox *queries;      /* struct query */
	pthread_t thread;             /* queries the store, and waits for reloads */
	bool has_thread;
	atomic_bool is_stopping;
	struct access_slot *access; /* the tokens */
	/* Used by the listener's thread only: */
	struct attempts attempts;
	bool is_stranger; /* who sent the request that it answers now: somebody without a role */
	/* Used by that thread only: */
	struct store *reader;
	struct decide_scratch *scratch;
	struct access_asker asker; /* who sent the query that is answered now */
	struct mono started_at;
};

/* `id` is the number at the end of the path, 0 when the route has none. */
typedef void admin_handler(struct admin *admin, struct web_request *request, int64_t id);

/* answer.c */
void admin_answer_json(struct web_request *request, unsigned status, const cJSON *json);
/* {"error": message}, or a page that says so. */
void admin_answer_error(struct web_request *request, unsigned status, const char *message);
/* admin.c: the part of the path in place of the route's '*', in `arena`. */
const char *admin_path_name(const struct web_request *request, struct arena *arena);

/* origin.c: why this request is refused with 403; NULL: it is not refused. */
const char *admin_refusal_of(const struct admin *admin, const struct web_request *request);

/* door.c: may the sender do what needs `need`? False: it has answered. Called by the listener's
 * thread. */
bool admin_lets_in(struct admin *admin, struct web_request *request, enum access_need need,
	struct access_asker *asker);

/* filter.c: false when it has answered already, 400: the path is of a list, and an argument of the
 * query is no filter of it, or is given twice. */
bool admin_filters_are_known(struct web_request *request);

/* health.c */
admin_handler handle_healthz, handle_readyz;
/* metrics.c */
admin_handler handle_metrics;
/* node_status.c */
admin_handler handle_nodes;
/* move.c */
admin_handler handle_move, handle_drain, handle_undrain;
/* api.c */
admin_handler handle_search, handle_events, handle_event, handle_refreshes, handle_refresh,
	handle_selections, handle_sites, handle_rules, handle_notifications, handle_route,
	handle_reload;
/* command.c */
admin_handler handle_retry, handle_cancel, handle_pause, handle_resume;
/* resolve.c */
admin_handler handle_resolve;
/* replay.c */
admin_handler handle_replay;
/* page/: the pages for people */
admin_handler handle_page, handle_page_refreshes, handle_page_refresh, handle_page_content,
	handle_page_events, handle_page_event, handle_page_rules, handle_page_search,
	handle_page_explain, handle_page_confirm, handle_page_file;

/* page/page.c: did a browser ask for a page, so that the answer is one? */
bool admin_wants_page(const struct web_request *request);
void admin_answer_error_page(struct web_request *request, unsigned status, const char *message);

/* command.c: who sent the query that is answered now, as it is recorded (in `arena`): the name of
 * the token, the user at the other end of the socket, or "loopback". */
const char *admin_asker_of(const struct admin *admin, struct arena *arena);
/* Adds "commands" to an event or refresh, if there are any. */
void admin_add_commands(struct admin *admin, cJSON *json, int64_t subject);

/* Is the daemon ready? Returns the body of /readyz, which the caller owns; for a stranger without
 * what people should look at. */
cJSON *admin_readiness(struct admin *admin, bool is_stranger, bool *is_ready);
