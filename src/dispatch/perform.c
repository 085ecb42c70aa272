/*
 * dispatch/perform.c - carries out actions, one after another.
 */
#include "dispatch/perform.h"
#include "base/log.h"
#include "base/metric.h"

static void count_end(const struct refresh_row *row)
{
	switch (row->state) {
	case REFRESH_SUCCEEDED:
		metric_add(METRIC_refreshes_succeeded_total, 1);
		break;
	case REFRESH_FAILED:
		metric_add(METRIC_refreshes_failed_total, 1);
		break;
	case REFRESH_CANCELLED:
		metric_add(METRIC_refreshes_cancelled_total, 1);
		break;
	case REFRESH_EXPIRED:
		metric_add(METRIC_refreshes_expired_total, 1);
		break;
	case REFRESH_WAITING:
	case REFRESH_SENDING:
	case REFRESH_UNKNOWN:
	case REFRESH_QUEUED:
	case REFRESH_RUNNING:
		break;
	}
}

static void report(const struct refresh_row *row)
{
	const struct kv fields[] = {
		KV("refresh", row->id),
		KV("state", refresh_state_name(row->state)),
		KV("site", row->site),
		KV("kind", kind_name(row->content.kind)),
		KV("content", row->content.name),
		KV("job", row->job_id),
		KV("reason", row->reason),
		{ .key = NULL },
	};
	bool is_bad = row->state == REFRESH_FAILED || row->state == REFRESH_EXPIRED ||
		      row->state == REFRESH_UNKNOWN;
	log_write(is_bad ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "refresh", fields);
	count_end(row);
}

/* Ids grow, so the first record of a refresh is recognised by an id above all before. */
static void count_created(struct performer *performer, const struct refresh_row *row)
{
	if (row->id <= performer->newest)
		return;
	performer->newest = row->id;
	metric_add(METRIC_refreshes_created_total, 1);
}

static void count_cause(enum cause_fate fate)
{
	if (fate == CAUSE_JOINED)
		metric_add(METRIC_refreshes_joined_total, 1);
	else if (fate == CAUSE_SATISFIED)
		metric_add(METRIC_refreshes_satisfied_total, 1);
}

static void perform(struct performer *performer, const struct action *action)
{
	switch (action->type) {
	case ACTION_RECORD:
		if (action->is_news) /* not for another cause or a longer wait */
			report(action->refresh);
		count_created(performer, action->refresh);
		batch_record(performer->open, action->refresh);
		break;
	case ACTION_CAUSE:
		count_cause(action->fate);
		batch_cause(performer->open, action->cause);
		break;
	case ACTION_END_SELECTION:
		batch_end_selection(performer->open, action->selection);
		break;
	case ACTION_SPENT:
		batch_spent(performer->open, &action->spent);
		break;
	case ACTION_RESOLVE:
		effects_resolve(
			performer->effects, action->selection, action->named, action->uncached);
		break;
	case ACTION_GREET:
		effects_greet(performer->effects, action->site);
		break;
	case ACTION_SEND:
		batch_send(performer->open, action->refresh->id);
		break;
	case ACTION_POLL:
		effects_poll(performer->effects, action->refresh, action->asked_after);
		break;
	case ACTION_LIST:
		effects_list(performer->effects, action->site, action->since, action->asked_after);
		break;
	case ACTION_LOOK:
		effects_look(performer->effects, action);
		break;
	case ACTION_CANCEL:
		effects_cancel(performer->effects, action->refresh);
		break;
	case ACTION_TELL:
		if (action->trouble)
			log_warning("a site is left alone between probes", KV("site", action->site),
				KV("reason", action->trouble));
		else
			log_info("a site answers again", KV("site", action->site));
		break;
	case ACTION_BACKLOG:
		if (action->trouble)
			log_warning("a site's budget cannot work off what waits",
				KV("site", action->site), KV("reason", action->trouble));
		else
			log_info("a site's budget works off what waits", KV("site", action->site));
		break;
	}
}

void performer_all(struct performer *performer, const struct actions *actions)
{
	for (size_t i = 0; i < actions->count; i++)
		perform(performer, &actions->items[i]);
}
