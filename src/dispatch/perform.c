/*
 * dispatch/perform.c - carries out actions, one after another.
 */
#include "dispatch/perform.h"
#include "base/log/log.h"
#include "base/metric.h"

/* ---- the log ---- */

/* As many as fit into a line. A refresh of more causes gets several lines, so that each event is
 * found. */
#define CAUSES_A_LINE 100

struct told_causes { /* each event and each rule once */
	int64_t events[CAUSES_A_LINE];
	const char *rules[CAUSES_A_LINE];
	size_t event_count, rule_count;
};

static struct told_causes told_causes(const struct cause_row *causes, size_t count)
{
	struct told_causes told = { .event_count = 0 };
	for (size_t i = 0; i < count; i++) {
		if (!i || causes[i].event != causes[i - 1].event)
			told.events[told.event_count++] = causes[i].event;
		if (!text_is_among(causes[i].rule, told.rules, told.rule_count))
			told.rules[told.rule_count++] = causes[i].rule;
	}
	return told;
}

/* `event` and `rule` are the first; where there are several, the lists have all. */
static void log_end(
	const struct refresh_row *row, const struct cause_row *causes, size_t cause_count)
{
	struct told_causes told = told_causes(causes, cause_count);
	struct log_list events = { .numbers = told.events }, rules = { .texts = told.rules };
	events.count = told.event_count > 1 ? told.event_count : 0;
	rules.count = told.rule_count > 1 ? told.rule_count : 0;
	bool is_bad = row->state == REFRESH_FAILED || row->state == REFRESH_EXPIRED;
	log_each(is_bad ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "refresh ended",
		KV("refresh", row->id), KV("state", refresh_state_name(row->state)),
		KV("site", row->site), KV("kind", kind_name(row->content.kind)),
		KV("content", row->content.name), KV("content_id", row->content.luid),
		KV("project", row->content.project), KV("job", row->job_id),
		KV_ID("event", told.event_count ? told.events[0] : 0), KV("events", events),
		KV("rule", told.rule_count ? told.rules[0] : NULL), KV("rules", rules),
		KV("attempts", row->attempts), KV("reason", row->reason));
}

static void log_change(const struct refresh_row *row)
{
	/* Whether its last request has made a job is not known: that is rare. */
	bool is_odd = row->state == REFRESH_UNKNOWN;
	log_each(is_odd ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "refresh changed",
		KV("refresh", row->id), KV("state", refresh_state_name(row->state)),
		KV("site", row->site), KV("kind", kind_name(row->content.kind)),
		KV("content", row->content.name), KV("content_id", row->content.luid),
		KV("job", row->job_id), KV("reason", row->reason));
}

static void report(const struct action *action)
{
	const struct refresh_row *row = action->refresh;
	if (refresh_state_is_open(row->state)) {
		log_change(row);
		return;
	}
	size_t at = 0;
	do {
		size_t left = action->cause_count - at;
		size_t count = left < CAUSES_A_LINE ? left : CAUSES_A_LINE;
		log_end(row, action->causes + at, count);
		at += count;
	} while (at < action->cause_count);
}

static void report_cause(const struct action *action)
{
	static const char *const fates[] = {
		[CAUSE_CREATED] = "created",
		[CAUSE_JOINED] = "joined",
		[CAUSE_SATISFIED] = "satisfied",
		[CAUSE_KEPT] = "kept",
	};
	const struct cause_row *cause = action->cause;
	/* Else the end of the refresh is the outcome. */
	bool is_outcome = action->fate == CAUSE_SATISFIED;
	log_each(is_outcome ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "refresh wanted",
		KV("event", cause->event), KV("rule", cause->rule), KV("refresh", cause->refresh),
		KV("fate", fates[action->fate]));
}

/* ---- metrics ---- */

static void count_job(const struct refresh_row *row)
{
	bool has_times = wall_is_set(row->job_created_at) && wall_is_set(row->job_started_at) &&
			 wall_is_set(row->job_completed_at);
	if (!has_times || !row->attempts) /* or it was satisfied by the job of another refresh */
		return;
	metric_observe(METRIC_tableau_job_seconds, row->job_started_at.us - row->job_created_at.us,
		row->site, "queued");
	metric_observe(METRIC_tableau_job_seconds,
		row->job_completed_at.us - row->job_started_at.us, row->site, "running");
}

/* An end is news once. */
static void count_end(const struct action *action)
{
	const struct refresh_row *row = action->refresh;
	const char *outcome = refresh_state_name(row->state);
	if (refresh_state_is_open(row->state))
		return;
	metric_add(
		METRIC_refreshes_ended_total, 1, row->site, kind_name(row->content.kind), outcome);
	metric_add(METRIC_causes_ended_total, (int64_t)action->cause_count, row->site, outcome);
	for (size_t i = 0; row->state == REFRESH_SUCCEEDED && i < action->cause_count; i++)
		metric_observe(METRIC_event_to_fresh_seconds,
			row->ended_at.us - action->causes[i].arrived_at.us, row->site);
	count_job(row);
}

/* Ids grow, so the first record of a refresh is recognised by an id above all before; other nodes
 * have other ids. */
static void count_created(struct performer *performer, const struct refresh_row *row)
{
	if (row->id <= performer->newest || row->id > performer->last)
		return;
	performer->newest = row->id;
	metric_add(METRIC_refreshes_created_total, 1, row->site, kind_name(row->content.kind));
}

/* Notify also hears of successes, which close what it told before. */
static bool is_outcome(enum refresh_state state)
{
	return state == REFRESH_SUCCEEDED || state == REFRESH_FAILED || state == REFRESH_EXPIRED;
}

static void record(struct performer *performer, const struct action *action)
{
	const struct refresh_row *row = action->refresh;
	if (action->is_news) { /* not for another cause or a longer wait */
		report(action);
		count_end(action);
	}
	count_created(performer, row);
	batch_record(performer->open, row);
	if (action->is_news && performer->has_receivers && is_outcome(row->state))
		batch_outcome(performer->open, row->site, row->id);
}

static void count_cause(const struct action *action)
{
	static const char *const fates[] = {
		[CAUSE_CREATED] = "created",
		[CAUSE_JOINED] = "joined",
		[CAUSE_SATISFIED] = "satisfied",
		[CAUSE_KEPT] = NULL,
	};
	metric_add(METRIC_causes_total, 1, action->site, fates[action->fate]);
	if (action->fate != CAUSE_SATISFIED)
		return;
	metric_add(
		METRIC_causes_ended_total, 1, action->site, refresh_state_name(REFRESH_SUCCEEDED));
	metric_observe(METRIC_event_to_fresh_seconds, 0, action->site);
}

static void perform(struct performer *performer, const struct action *action)
{
	switch (action->type) {
	case ACTION_RECORD:
		record(performer, action);
		break;
	case ACTION_CAUSE:
		report_cause(action);
		count_cause(action);
		batch_cause(performer->open, action->site, action->cause);
		break;
	case ACTION_END_SELECTION:
		batch_end_selection(performer->open, action->site, action->selection);
		break;
	case ACTION_SPENT:
		batch_spent(performer->open, &action->spent);
		break;
	case ACTION_RESOLVE:
		effects_resolve(performer->effects, action);
		break;
	case ACTION_GREET:
		effects_greet(performer->effects, action);
		break;
	case ACTION_SEND:
		batch_send(performer->open, action->site, action->refresh->id, action->life);
		break;
	case ACTION_POLL:
		effects_poll(performer->effects, action);
		break;
	case ACTION_LIST:
		effects_list(performer->effects, action);
		break;
	case ACTION_LOOK:
		effects_look(performer->effects, action);
		break;
	case ACTION_CANCEL:
		effects_cancel(performer->effects, action);
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
