/*
 * dispatch/loop.c - the dispatch thread: messages, time and answers go into the schedule, its
 * actions come out and are carried out.
 *
 * Records are written in batches: one batch is at the journal, the next one collects meanwhile. A
 * request leaves only after the batch that records it as `sending` is durable; everything else
 * (resolve, poll, look) changes nothing at Tableau and goes at once.
 */
#include <stdatomic.h>
#define HASH_FUNCTION                                                                              \
	HASH_FNV /* the default one falls through its cases, which clang does not let pass */
#include "base/log.h"
#include "base/mailbox.h"
#include "base/metric.h"
#include "base/text.h"
#include "base/thread.h"
#include "dispatch/batch.h"
#include "dispatch/dispatch.h"
#include "dispatch/effects.h"
#include <uthash.h>

#define STATUS_EVERY (500 * US_PER_MS)
#define WRITE_AGAIN_AFTER (1 * US_PER_SECOND)
#define LONGEST_WAIT (60 * US_PER_SECOND)

/* A selection whose content is not known yet. */
struct pending {
	int64_t id;
	const struct selection *selection;
	const char *refusal; /* why it cannot be acted upon; NULL: it can */
	bool anew;           /* somebody wants it done again: memory does not count */
	struct arena *arena; /* of its own: neighbours of one event end at other times */
	UT_hash_handle by_id;
};

enum note_type { NOTE_EVENT, NOTE_CONFIGURE, NOTE_COMMAND, NOTE_WRITTEN, NOTE_STOP };

struct note {                   /* what other threads say to this one */
	struct message message; /* first member */
	enum note_type type;
	struct dispatch_event *event;     /* NOTE_EVENT */
	struct config *config;            /* NOTE_CONFIGURE, with a reference */
	struct dispatch_command *command; /* NOTE_COMMAND */
	bool committed;                   /* NOTE_WRITTEN */
	int64_t us;                       /* NOTE_STOP */
};

struct dispatch {
	struct config *config;
	struct schedule *schedule;
	struct tableau *tableau;
	struct edge edge;
	struct effects *effects;
	struct mailbox *notes;
	struct pending *pending;
	struct batch *open;         /* collects */
	struct batch *writing;      /* at the journal, or waiting to be written again */
	struct mono write_again_at; /* {0}: not waiting */
	struct shared_slot *status;
	struct mono status_at;
	bool is_status_stale;    /* something happened since */
	int64_t newest;          /* id of a refresh */
	atomic_llong open_count; /* selections, and causes of refreshes, that have not ended; for
				    dispatch_is_full() */
	atomic_llong most_open;
	pthread_t thread;
	bool is_started, is_stopping, is_dry;
	struct mono stop_at;
};

/* ---- notes ---- */

static void refuse_command(struct dispatch_command *command)
{
	command->asked = (struct asked){ CONSENT_NO, "the daemon is stopping", 0, { 0, NULL } };
	command->done(command);
}

static void note_free(struct message *message)
{
	struct note *note = (struct note *)(void *)message;
	if (note->event)
		arena_free(note->event->arena);
	if (note->command)
		refuse_command(note->command);
	config_free(note->config);
	free(note);
}

static void notify(struct dispatch *dispatch, struct note note)
{
	struct note *copy = mem_new(struct note);
	*copy = note;
	if (!mailbox_send_answer(dispatch->notes, &copy->message))
		note_free(&copy->message);
}

void dispatch_event(struct dispatch *dispatch, struct dispatch_event *event)
{
	notify(dispatch, (struct note){ .type = NOTE_EVENT, .event = event });
}

void dispatch_configure(struct dispatch *dispatch, struct config *config)
{
	shared_ref(&config->shared);
	notify(dispatch, (struct note){ .type = NOTE_CONFIGURE, .config = config });
}

void dispatch_command(struct dispatch *dispatch, struct dispatch_command *command)
{
	notify(dispatch, (struct note){ .type = NOTE_COMMAND, .command = command });
}

bool dispatch_is_full(struct dispatch *dispatch)
{
	return atomic_load_explicit(&dispatch->open_count, memory_order_relaxed) >=
	       atomic_load_explicit(&dispatch->most_open, memory_order_relaxed);
}

struct dispatch_status *dispatch_status(struct dispatch *dispatch)
{
	return (struct dispatch_status *)(void *)shared_slot_get(dispatch->status);
}

/* ---- what is pending ---- */

static struct pending *pending_find(struct dispatch *dispatch, int64_t id)
{
	struct pending *pending = NULL;
	HASH_FIND(by_id, dispatch->pending, &id, sizeof id, pending);
	return pending;
}

static void pending_free(struct dispatch *dispatch, struct pending *pending)
{
	HASH_DELETE(by_id, dispatch->pending, pending);
	arena_free(pending->arena);
	free(pending);
}

static void pending_add(struct dispatch *dispatch, int64_t id, const char *json)
{
	struct pending *pending = mem_new(struct pending);
	struct selection *selection;
	struct error err;
	pending->id = id;
	pending->arena = arena_new();
	selection = arena_new_of(pending->arena, struct selection);
	OWNED_JSON tree = json_parse(str_of(json), &err);
	if (!tree || !selection_parse(tree, selection, pending->arena, &err)) {
		/* A newer version wrote it, or the store is damaged. */
		log_error("a stored selection cannot be read", KV("selection", id),
			KV("reason", err.message));
		selection_salvage(tree, selection, pending->arena);
		pending->refusal = arena_printf(
			pending->arena, "not acted upon: %s; replay its event", err.message);
	}
	pending->selection = selection;
	HASH_ADD(by_id, dispatch->pending, id, sizeof pending->id, pending);
}

/* ---- actions ---- */

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

/* Ids grow, so that the first record of a refresh is the one whose id is beyond all before. */
static void count_created(struct dispatch *dispatch, const struct refresh_row *row)
{
	if (row->id <= dispatch->newest)
		return;
	dispatch->newest = row->id;
	metric_add(METRIC_refreshes_created_total, 1);
}

static void count_cause(enum cause_fate fate)
{
	if (fate == CAUSE_JOINED)
		metric_add(METRIC_refreshes_joined_total, 1);
	else if (fate == CAUSE_SATISFIED)
		metric_add(METRIC_refreshes_satisfied_total, 1);
}

static void resolve(struct dispatch *dispatch, int64_t id)
{
	const struct pending *pending = pending_find(dispatch, id);
	if (pending)
		effects_resolve(dispatch->effects, id, pending->selection, pending->anew);
}

static void perform(struct dispatch *dispatch, const struct action *action)
{
	struct pending *pending;
	switch (action->type) {
	case ACTION_RECORD:
		if (action->is_news) /* one that only got another cause, or waits longer, is none */
			report(action->refresh);
		count_created(dispatch, action->refresh);
		batch_record(dispatch->open, action->refresh);
		break;
	case ACTION_CAUSE:
		count_cause(action->fate);
		batch_cause(dispatch->open, action->cause);
		break;
	case ACTION_END_SELECTION:
		batch_end_selection(dispatch->open, action->selection);
		if ((pending = pending_find(dispatch, action->selection)))
			pending_free(dispatch, pending);
		break;
	case ACTION_SPENT:
		batch_spent(dispatch->open, &action->spent);
		break;
	case ACTION_RESOLVE:
		resolve(dispatch, action->selection);
		break;
	case ACTION_GREET:
		effects_greet(dispatch->effects, action->site);
		break;
	case ACTION_SEND:
		batch_send(dispatch->open, action->refresh->id);
		break;
	case ACTION_POLL:
		effects_poll(dispatch->effects, action->refresh, action->asked_after);
		break;
	case ACTION_LIST:
		effects_list(dispatch->effects, action->site, action->since, action->asked_after);
		break;
	case ACTION_LOOK:
		effects_look(dispatch->effects, action);
		break;
	case ACTION_CANCEL:
		effects_cancel(dispatch->effects, action->refresh);
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

/*
 * Tableau's callbacks never run inside the calls of perform(), only inside tableau_step(), so that
 * the schedule's actions stay valid until the last of them was carried out.
 */
static void perform_all(struct actions actions, void *context)
{
	struct dispatch *dispatch = context;
	for (size_t i = 0; i < actions.count; i++)
		perform(dispatch, &actions.items[i]);
}

/* ---- batches ---- */

static void written(bool committed, void *context)
{
	notify(context, (struct note){ .type = NOTE_WRITTEN, .committed = committed });
}

static void write_batch(struct dispatch *dispatch)
{
	dispatch->write_again_at = (struct mono){ 0 };
	if (!batch_write(dispatch->writing, &dispatch->edge))
		dispatch->write_again_at =
			mono_plus(edge_now(&dispatch->edge).mono, WRITE_AGAIN_AFTER);
}

static void flush(struct dispatch *dispatch)
{
	if (dispatch->writing || batch_is_empty(dispatch->open))
		return;
	dispatch->writing = dispatch->open;
	dispatch->open = batch_new();
	write_batch(dispatch);
}

static void tell_waiting(struct batch *batch, bool is_durable)
{
	struct message *message = batch ? batch_take_waiting(batch) : NULL, *next;
	for (; message; message = next) {
		struct dispatch_command *command = (struct dispatch_command *)(void *)message;
		next = message->next;
		if (is_durable)
			command->done(command);
		else
			refuse_command(command);
	}
}

static void batch_was_written(struct dispatch *dispatch, bool committed)
{
	if (!committed) {
		/* The disk is full or failing. Nothing is lost: the same batch is written until it
		 * is durable, and what it would send waits. */
		dispatch->write_again_at =
			mono_plus(edge_now(&dispatch->edge).mono, WRITE_AGAIN_AFTER);
		return;
	}
	size_t count;
	const int64_t *sends = batch_sends(dispatch->writing, &count);
	for (size_t i = 0; i < count && !dispatch->is_stopping; i++) {
		const struct refresh_row *row = schedule_find(dispatch->schedule, sends[i]);
		if (row && row->state == REFRESH_SENDING)
			effects_send(dispatch->effects, row);
	}
	tell_waiting(dispatch->writing, true);
	batch_free(dispatch->writing);
	dispatch->writing = NULL;
}

/* ---- inputs ---- */

/* `row` has all but the text of it, which is among the pending ones. */
static void select_one(struct dispatch *dispatch, const struct selection_row *row)
{
	const struct pending *pending = pending_find(dispatch, row->id);
	const struct selection *selection = pending->selection;
	OWNED_TEXT struct text label;
	text_init(&label, 1000);
	if (selection->selector)
		text_add(&label, selection->selector);
	else
		selection_describe(selection, &label);
	struct schedule_selection wish = {
		.id = row->id,
		.event = row->event,
		.stamp = row->stamp,
		.site = selection->site,
		.incremental = selection->incremental,
		.priority = selection->priority,
		.arrived_at = row->received_at,
		.fresh_from = row->finished_at,
		.delay = selection->delay,
		.quiet = selection->quiet,
		.label = label.at,
		.kind = selection->kind,
		.rule_count = selection->rule_count,
		.rules = selection->rules,
	};
	if (pending->refusal)
		perform_all(schedule_refuse(dispatch->schedule, edge_now(&dispatch->edge), &wish,
				    pending->refusal),
			dispatch);
	else
		perform_all(schedule_select(dispatch->schedule, edge_now(&dispatch->edge), &wish),
			dispatch);
}

static void take_event(struct dispatch *dispatch, const struct dispatch_event *event)
{
	schedule_event(dispatch->schedule, event->stamp);
	for (size_t i = 0; i < event->count; i++) {
		struct selection_row row = { event->selection_ids[i], event->event, event->stamp,
			event->received_at, event->finished_at, event->selections[i] };
		pending_add(dispatch, row.id, row.selection);
		pending_find(dispatch, row.id)->anew = event->is_replay;
		select_one(dispatch, &row);
	}
}

static void configure(struct dispatch *dispatch, struct config *config)
{
	struct error err;
	if (!dispatch->edge.ask->configure(dispatch->edge.tableau, config, &err))
		log_error("a site cannot be used until its secret is there",
			KV("reason", err.message));
	shared_ref(&config->shared);
	config_free(dispatch->config);
	dispatch->config = config;
	atomic_store_explicit(
		&dispatch->most_open, config->limits.waiting_refreshes, memory_order_relaxed);
	struct schedule_options options = {
		.give_up_after = config->give_up_after,
		.clock_skew = config->clock_skew,
		.retry_initial = config->retry.initial,
		.retry_max = config->retry.max,
	};
	size_t count = config_site_count(config);
	struct schedule_site *sites = mem_alloc(sizeof *sites * (count + 1));
	for (size_t i = 0; i < count; i++) {
		const struct config_site *site = config_site(config, i);
		if (dispatch->is_dry)
			schedule_restore_pause(dispatch->schedule, site->name, "--dry-run");
		sites[i] = (struct schedule_site){
			.name = site->name,
			.max_requests = site->max_requests,
			.max_running = site->max_running,
			.poll_interval = site->poll_interval,
			.refreshes_per_hour = site->refreshes_per_hour,
			.job_queries_per_day = site->job_queries_per_day,
		};
	}
	perform_all(schedule_configure(
			    dispatch->schedule, edge_now(&dispatch->edge), &options, sites, count),
		dispatch);
	free(sites);
}

static struct asked retry(struct dispatch *dispatch, const struct dispatch_command *command)
{
	struct instant now = edge_now(&dispatch->edge);
	const struct refresh_row *row = schedule_find(dispatch->schedule, command->refresh);
	if (!row)
		row = command->ended;
	if (row) {
		effects_doubt(dispatch->effects, row->site, &row->content);
		dispatch->edge.ask->hurry(dispatch->edge.tableau, row->site);
	}
	struct asked asked = schedule_retry(dispatch->schedule, now, command->refresh);
	if (asked.consent != CONSENT_NONE || !command->ended)
		return asked;
	return schedule_again(
		dispatch->schedule, now, command->ended, command->causes, command->cause_count);
}

static struct asked ask(struct dispatch *dispatch, const struct dispatch_command *command)
{
	if (dispatch->is_dry && command->verb == DISPATCH_RESUME)
		return (struct asked){ CONSENT_NO, "this is a dry run", 0, { 0, NULL } };
	switch (command->verb) {
	case DISPATCH_RETRY:
		return retry(dispatch, command);
	case DISPATCH_CANCEL:
		return schedule_cancel(dispatch->schedule, edge_now(&dispatch->edge),
			command->refresh, command->who);
	case DISPATCH_RESUME:
		dispatch->edge.ask->hurry(dispatch->edge.tableau, command->site);
		break;
	case DISPATCH_PAUSE:
		break;
	}
	return schedule_pause(dispatch->schedule, edge_now(&dispatch->edge), command->site,
		command->verb == DISPATCH_PAUSE, command->who);
}

/* What comes of it and that it was asked are durable together, before it is answered. */
static void run_command(struct dispatch *dispatch, struct dispatch_command *command)
{
	static const char *const verbs[] = { "retry", "cancel", "pause", "resume" };
	command->asked = ask(dispatch, command);
	perform_all(command->asked.actions, dispatch);
	if (command->asked.consent != CONSENT_YES) {
		command->done(command);
		return;
	}
	struct command_row row = {
		.at = edge_now(&dispatch->edge).wall,
		.who = command->who,
		.verb = verbs[command->verb],
		.subject = command->refresh,
		.site = command->site ? command->site : "",
		.result = command->asked.refresh,
	};
	log_info("asked", KV("who", row.who), KV("what", row.verb), KV("refresh", row.subject),
		KV("site", row.site));
	dispatch->status_at = (struct mono){ 0 }; /* who asks looks next */
	batch_command(dispatch->open, &row);
	batch_tell(dispatch->open, &command->message);
}

static void take_note(struct dispatch *dispatch, struct note *note)
{
	switch (note->type) {
	case NOTE_EVENT:
		take_event(dispatch, note->event);
		break;
	case NOTE_CONFIGURE:
		configure(dispatch, note->config);
		break;
	case NOTE_COMMAND:
		if (!dispatch->is_stopping) /* else it is refused when the note goes */
			run_command(dispatch, TAKE(note->command));
		break;
	case NOTE_WRITTEN:
		batch_was_written(dispatch, note->committed);
		break;
	case NOTE_STOP:
		dispatch->is_stopping = true;
		dispatch->stop_at = mono_plus(edge_now(&dispatch->edge).mono, note->us);
		break;
	}
}

static void take_notes(struct dispatch *dispatch)
{
	struct message *message = mailbox_take_all(dispatch->notes), *next;
	for (; message; message = next) {
		next = message->next;
		take_note(dispatch, (struct note *)(void *)message);
		note_free(message);
	}
}

/* ---- the thread ---- */

static void publish(struct dispatch *dispatch)
{
	struct mono now = edge_now(&dispatch->edge).mono;
	struct schedule_counts counts = schedule_counts(dispatch->schedule);
	atomic_store_explicit(
		&dispatch->open_count, counts.selections + counts.causes, memory_order_relaxed);
	if (now.us - dispatch->status_at.us < STATUS_EVERY)
		return;
	dispatch->status_at = now;
	dispatch->is_status_stale = false;
	metric_set(METRIC_refreshes_open, counts.open);
	metric_set(METRIC_refreshes_waiting, counts.waiting);
	metric_set(METRIC_causes_open, counts.causes);
	metric_set(METRIC_selections_open, counts.selections);
	shared_slot_put(dispatch->status, &dispatch_status_new(edge_now(&dispatch->edge),
						  dispatch->schedule, dispatch->tableau)
						   ->shared);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How long the network may be waited for, rounded up: a poll that is a millisecond early would
 * spin. */
static int wait_ms(const struct dispatch *dispatch)
{
	int64_t now = edge_now(&dispatch->edge).mono.us, at = now + LONGEST_WAIT;
	at = earlier(at, schedule_next(dispatch->schedule).us);
	if (dispatch->is_status_stale)
		at = earlier(at, dispatch->status_at.us + STATUS_EVERY);
	if (dispatch->write_again_at.us)
		at = earlier(at, dispatch->write_again_at.us);
	if (dispatch->is_stopping)
		at = earlier(at, dispatch->stop_at.us);
	return at <= now ? 0 : (int)((at - now + US_PER_MS - 1) / US_PER_MS);
}

static bool is_done(const struct dispatch *dispatch)
{
	if (!dispatch->is_stopping)
		return false;
	bool is_quiet = tableau_is_idle(dispatch->tableau) && !dispatch->writing &&
			batch_is_empty(dispatch->open);
	return is_quiet || edge_now(&dispatch->edge).mono.us >= dispatch->stop_at.us;
}

static void *run(void *context)
{
	struct dispatch *dispatch = context;
	flush(dispatch); /* what was decided while the journal was read */
	publish(dispatch);
	while (!is_done(dispatch)) {
		tableau_step(dispatch->tableau, wait_ms(dispatch), mailbox_fd(dispatch->notes));
		dispatch->is_status_stale = true;
		take_notes(dispatch);
		if (!dispatch->is_stopping)
			perform_all(schedule_tick(dispatch->schedule, edge_now(&dispatch->edge)),
				dispatch);
		if (dispatch->write_again_at.us &&
			edge_now(&dispatch->edge).mono.us >= dispatch->write_again_at.us)
			write_batch(dispatch);
		flush(dispatch);
		publish(dispatch);
	}
	/* Nobody is to wait for an answer that will not come. */
	mailbox_close(dispatch->notes);
	struct message *message = mailbox_take_all(dispatch->notes), *next;
	for (; message; message = next) {
		next = message->next;
		note_free(message);
	}
	tell_waiting(dispatch->open, false);
	tell_waiting(dispatch->writing, false);
	int64_t left = dispatch->stop_at.us - edge_now(&dispatch->edge).mono.us;
	tableau_sign_out(dispatch->tableau, left > US_PER_SECOND ? left : US_PER_SECOND);
	return NULL;
}

/* ---- life ---- */

static struct instant now(void *clock)
{
	(void)clock;
	return (struct instant){ clock_wall(), clock_mono() };
}

static const struct edge_tableau real_tableau = {
	.configure = tableau_configure,
	.hurry = tableau_hurry,
	.resolve = tableau_resolve,
	.forget = tableau_forget,
	.contradicts = tableau_contradicts,
	.task_content = tableau_task_content,
	.greet = tableau_greet,
	.refresh = tableau_refresh,
	.job = tableau_job,
	.jobs = tableau_jobs,
	.cancel = tableau_cancel,
};
static const struct edge_journal real_journal = { .add = journal_add_always };
static const struct edge_clock real_clock = { .now = now };

struct dispatch *dispatch_new(struct config *config, bool dry_run, struct error *err)
{
	struct mailbox *notes = mailbox_new(SIZE_MAX, note_free, err);
	if (!notes)
		return NULL;
	struct dispatch *dispatch = mem_new(struct dispatch);
	dispatch->notes = notes;
	dispatch->status = shared_slot_new();
	dispatch->tableau = tableau_new();
	dispatch->edge = (struct edge){
		.ask = &real_tableau,
		.tableau = dispatch->tableau,
		.keep = &real_journal,
		.time = &real_clock,
		.written = written,
		.context = dispatch,
	};
	dispatch->open = batch_new();
	shared_ref(&config->shared);
	dispatch->config = config;
	dispatch->is_dry = dry_run;
	atomic_store(&dispatch->most_open, config->limits.waiting_refreshes);
	return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
	if (!dispatch)
		return;
	tableau_free(dispatch->tableau); /* may still call back into the schedule */
	effects_free(dispatch->effects);
	schedule_free(dispatch->schedule);
	mailbox_free(dispatch->notes);
	struct pending *pending, *next;
	HASH_ITER(by_id, dispatch->pending, pending, next)
	pending_free(dispatch, pending);
	batch_free(dispatch->open);
	batch_free(dispatch->writing);
	shared_slot_free(dispatch->status);
	config_free(dispatch->config);
	free(dispatch);
}

static bool restore_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	struct dispatch *dispatch = context;
	schedule_restore(dispatch->schedule, edge_now(&dispatch->edge), row, causes, count);
	return true;
}

static bool restore_spent(const struct spent *spent, void *context)
{
	struct dispatch *dispatch = context;
	schedule_restore_spent(dispatch->schedule, edge_now(&dispatch->edge), spent);
	return true;
}

static bool restore_pause(const char *site, const char *by, void *context)
{
	struct dispatch *dispatch = context;
	schedule_restore_pause(dispatch->schedule, site, by);
	return true;
}

static bool restore_selection(const struct selection_row *row, void *context)
{
	struct dispatch *dispatch = context;
	pending_add(dispatch, row->id, row->selection);
	select_one(dispatch, row);
	return true;
}

bool dispatch_load(struct dispatch *dispatch, struct store *store, struct error *err)
{
	struct config *config = dispatch->config;
	struct schedule_options options = { config->give_up_after, config->clock_skew,
		config->retry.initial, config->retry.max };
	struct refresh_ids ids;
	if (!store_take_refresh_ids(store, &ids, err))
		return false;
	dispatch->newest = ids.next - 1;
	dispatch->schedule =
		schedule_new(&options, ids, (uint64_t)edge_now(&dispatch->edge).wall.us);
	dispatch->effects = effects_new(dispatch->schedule, &dispatch->edge, perform_all, dispatch);
	/* All of them arrived before whatever is sent from now on. */
	schedule_event(dispatch->schedule, store_last_stamp(store));
	struct wall since = wall_after(edge_now(&dispatch->edge).wall, -config->history);
	if (!store_load_spent(store, restore_spent, dispatch, err) ||
		!store_load_pauses(store, restore_pause, dispatch, err) ||
		!store_load_refreshes(store, since, restore_refresh, dispatch, err))
		return false;
	configure(dispatch, config);
	if (!store_load_open_selections(store, restore_selection, dispatch, err))
		return false;
	struct schedule_counts counts = schedule_counts(dispatch->schedule);
	log_info("journal loaded", KV("open_selections", counts.selections),
		KV("open_refreshes", counts.open), KV("in_flight", counts.in_flight));
	return true;
}

bool dispatch_start(struct dispatch *dispatch, struct journal *journal, struct error *err)
{
	dispatch->edge.journal = journal;
	dispatch->is_started =
		thread_start(&dispatch->thread, THREAD_DISPATCH, "dispatch", run, dispatch, err);
	return dispatch->is_started;
}

void dispatch_stop(struct dispatch *dispatch, int64_t us)
{
	if (!dispatch->is_started)
		return;
	notify(dispatch, (struct note){ .type = NOTE_STOP, .us = us });
	thread_join(dispatch->thread);
	dispatch->is_started = false;
}
