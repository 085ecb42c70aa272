/*
 * dispatch/loop.c - the dispatch thread: gives messages of other threads, Tableau's answers and
 * time to the core (core.h), which decides and acts.
 */
#include "base/mailbox.h"
#include "base/metric.h"
#include "base/thread.h"
#include "dispatch/core.h"
#include "dispatch/dispatch.h"
#include "dispatch/open_question.h"
#include <stdatomic.h>

#define STATUS_EVERY (500 * US_PER_MS)

enum note_type {
	NOTE_EVENT,
	NOTE_CONFIGURE,
	NOTE_COMMAND,
	NOTE_QUESTION,
	NOTE_ADOPT,
	NOTE_WORK,
	NOTE_LEAVE,
	NOTE_WRITTEN,
	NOTE_STOP
};

struct note {                   /* a message of another thread */
	struct message message; /* first member */
	enum note_type type;
	struct dispatch_event *event;       /* NOTE_EVENT */
	struct config *config;              /* NOTE_CONFIGURE, with a reference */
	struct dispatch_command *command;   /* NOTE_COMMAND */
	struct dispatch_question *question; /* NOTE_QUESTION */
	struct site_work *work;             /* NOTE_ADOPT and NOTE_WORK */
	struct dispatch_leaving *leaving;   /* NOTE_LEAVE */
	bool committed;                     /* NOTE_WRITTEN */
	int64_t us;                         /* NOTE_STOP */
};

struct dispatch {
	struct edge edge;
	struct core *core;
	struct tableau *tableau;
	struct open_question question;
	struct dispatch_leaving *leaving; /* not done yet */
	struct dispatch_sharing sharing;  /* zeroed: it has all sites */
	atomic_llong trusted_until;       /* of its sites; a struct mono */
	struct mailbox *notes;
	struct dispatch_status_slot *status;
	struct mono status_at;
	bool is_status_stale; /* something happened since it was published */
	/* open selections and causes of open refreshes, for dispatch_is_full() */
	atomic_llong open_count;
	atomic_llong most_open;
	pthread_t thread;
	struct heartbeat heartbeat;
	bool is_started, is_stopping;
	struct mono stop_at;
};

static struct instant clock_now(void *clock)
{
	(void)clock;
	return (struct instant){ clock_wall(), clock_mono() };
}

/* ---- notes ---- */

static void note_free(struct message *message)
{
	struct note *note = (struct note *)(void *)message;
	dispatch_event_free(note->event);
	if (note->command)
		core_refuse(note->command);
	if (note->question)
		note->question->done(note->question, NULL);
	if (note->leaving)
		note->leaving->done(note->leaving, false);
	site_work_free(note->work);
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

void dispatch_event_free(struct dispatch_event *event)
{
	if (!event)
		return;
	shared_unref(event->rules);
	arena_free(event->arena); /* frees the event too */
}

void dispatch_take_event(struct dispatch *dispatch, struct dispatch_event *event)
{
	if (dispatch->sharing.recorded) {
		dispatch_event_free(event);
		dispatch->sharing.recorded(dispatch->sharing.context);
		return;
	}
	notify(dispatch, (struct note){ .type = NOTE_EVENT, .event = event });
}

void dispatch_configure(struct dispatch *dispatch, struct config *config)
{
	config_ref(config);
	notify(dispatch, (struct note){ .type = NOTE_CONFIGURE, .config = config });
}

void dispatch_take_command(struct dispatch *dispatch, struct dispatch_command *command)
{
	notify(dispatch, (struct note){ .type = NOTE_COMMAND, .command = command });
}

void dispatch_take_question(struct dispatch *dispatch, struct dispatch_question *question)
{
	notify(dispatch, (struct note){ .type = NOTE_QUESTION, .question = question });
}

void dispatch_adopt(struct dispatch *dispatch, struct site_work *work)
{
	notify(dispatch, (struct note){ .type = NOTE_ADOPT, .work = work });
}

void dispatch_take_work(struct dispatch *dispatch, struct site_work *work)
{
	notify(dispatch, (struct note){ .type = NOTE_WORK, .work = work });
}

/* Nobody is woken: the end of trust only moves away. */
void dispatch_trust(struct dispatch *dispatch, struct mono until)
{
	atomic_store(&dispatch->trusted_until, until.us);
}

void dispatch_leave(struct dispatch *dispatch, struct dispatch_leaving *leaving)
{
	notify(dispatch, (struct note){ .type = NOTE_LEAVE, .leaving = leaving });
}

bool dispatch_is_full(struct dispatch *dispatch)
{
	return atomic_load_explicit(&dispatch->open_count, memory_order_relaxed) >=
	       atomic_load_explicit(&dispatch->most_open, memory_order_relaxed);
}

struct dispatch_status *dispatch_latest_status(struct dispatch *dispatch)
{
	return dispatch_status_slot_get(dispatch->status);
}

static void written(bool committed, void *context)
{
	notify(context, (struct note){ .type = NOTE_WRITTEN, .committed = committed });
}

/* ---- sites that are left ---- */

static void leave(struct dispatch *dispatch, struct dispatch_leaving *leaving)
{
	leaving->until = mono_plus(clock_mono(), leaving->us);
	leaving->next = dispatch->leaving;
	dispatch->leaving = leaving;
	core_leave(dispatch->core, leaving->site, leaving->is_lost);
}

static void lost(const char *site, void *context)
{
	const struct dispatch *dispatch = context;
	dispatch->sharing.lost(site, dispatch->sharing.context);
}

/* Past that another node may own its sites. */
static void check_trust(struct dispatch *dispatch)
{
	if (clock_mono().us < atomic_load(&dispatch->trusted_until))
		return;
	for (const struct dispatch_leaving *at = dispatch->leaving; at; at = at->next)
		core_leave(dispatch->core, at->site, true);
	core_lose_all(dispatch->core);
}

/* Tells those that are done; an answer to a sign-out is awaited until its time is over. */
static void check_leaving(struct dispatch *dispatch)
{
	struct dispatch_leaving **link = &dispatch->leaving;
	while (*link) {
		struct dispatch_leaving *leaving = *link;
		if (clock_mono().us >= leaving->until.us)
			tableau_leave(dispatch->tableau, leaving->site, false);
		if (!core_has_left(dispatch->core, leaving->site)) {
			link = &leaving->next;
			continue;
		}
		*link = leaving->next;
		leaving->done(leaving, true);
	}
}

static struct mono leaving_next(const struct dispatch *dispatch)
{
	struct mono next = { INT64_MAX }, now = clock_mono();
	for (const struct dispatch_leaving *at = dispatch->leaving; at; at = at->next)
		if (at->until.us > now.us && at->until.us < next.us)
			next = at->until;
	return next;
}

static void end_leaving(struct dispatch *dispatch)
{
	while (dispatch->leaving) {
		struct dispatch_leaving *leaving = dispatch->leaving;
		dispatch->leaving = leaving->next;
		leaving->done(leaving, false);
	}
}

/* A site of another node is asked nothing, because to sign in would end that node's session. */
static bool may_ask(const struct dispatch *dispatch, const struct note *note)
{
	return !dispatch->is_stopping && open_question_is_free(&dispatch->question) &&
	       core_has(dispatch->core, note->question->site);
}

static void take_command(struct dispatch *dispatch, struct dispatch_command *command)
{
	if (dispatch->sharing.pass_on && !command->is_passed_on &&
		core_is_elsewhere(dispatch->core, command))
		dispatch->sharing.pass_on(command, dispatch->sharing.context);
	else
		core_command(dispatch->core, command);
}

static void take_note(struct dispatch *dispatch, struct note *note)
{
	switch (note->type) {
	case NOTE_EVENT:
		core_event(dispatch->core, note->event);
		break;
	case NOTE_CONFIGURE:
		atomic_store_explicit(&dispatch->most_open, note->config->limits.waiting_refreshes,
			memory_order_relaxed);
		metric_set(METRIC_open_work_limit, note->config->limits.waiting_refreshes);
		core_configure(dispatch->core, note->config);
		break;
	case NOTE_COMMAND:
		if (dispatch->is_stopping)
			break; /* refused when the note is freed */
		/* the person will look at the status next */
		dispatch->status_at = (struct mono){ 0 };
		take_command(dispatch, TAKE(note->command));
		break;
	case NOTE_QUESTION:
		if (may_ask(dispatch, note))
			open_question_begin(
				&dispatch->question, dispatch->tableau, TAKE(note->question));
		break; /* else refused when the note is freed */
	case NOTE_ADOPT:
		if (!dispatch->is_stopping)
			core_adopt(dispatch->core, note->work);
		break;
	case NOTE_WORK:
		core_take(dispatch->core, note->work);
		break;
	case NOTE_LEAVE:
		leave(dispatch, TAKE(note->leaving));
		break;
	case NOTE_WRITTEN:
		core_written(dispatch->core, note->committed);
		break;
	case NOTE_STOP:
		dispatch->is_stopping = true;
		open_question_stop(&dispatch->question, "the daemon is stopping");
		core_stop(dispatch->core);
		dispatch->stop_at = mono_plus(clock_mono(), note->us);
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
	struct mono now = clock_mono();
	struct schedule_counts counts = schedule_count(core_schedule(dispatch->core));
	atomic_store_explicit(
		&dispatch->open_count, counts.selections + counts.causes, memory_order_relaxed);
	if (now.us - dispatch->status_at.us < STATUS_EVERY)
		return;
	dispatch->status_at = now;
	dispatch->is_status_stale = false;
	metric_set(METRIC_open_work, counts.selections + counts.causes);
	dispatch_status_slot_put(
		dispatch->status, dispatch_status_new(clock_now(NULL),
					  core_schedule(dispatch->core), dispatch->tableau));
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Once it is over, nothing is left to be done about it. */
static struct mono trust_next(const struct dispatch *dispatch)
{
	struct mono until = { atomic_load(&dispatch->trusted_until) };
	return until.us > clock_mono().us ? until : (struct mono){ INT64_MAX };
}

/* How long to wait for the network, rounded up, because waking a millisecond early would spin. */
static int wait_ms(const struct dispatch *dispatch)
{
	int64_t now = clock_mono().us, at = now + HEARTBEAT_EVERY;
	at = earlier(at, core_next(dispatch->core).us);
	at = earlier(at, open_question_next(&dispatch->question).us);
	at = earlier(at, leaving_next(dispatch).us);
	at = earlier(at, trust_next(dispatch).us);
	if (dispatch->is_status_stale)
		at = earlier(at, dispatch->status_at.us + STATUS_EVERY);
	if (dispatch->is_stopping)
		at = earlier(at, dispatch->stop_at.us);
	return at <= now ? 0 : (int)((at - now + US_PER_MS - 1) / US_PER_MS);
}

static bool is_done(const struct dispatch *dispatch)
{
	if (!dispatch->is_stopping)
		return false;
	bool is_quiet = tableau_is_idle(dispatch->tableau) && core_is_quiet(dispatch->core);
	return is_quiet || clock_mono().us >= dispatch->stop_at.us;
}

static void *run(void *context)
{
	struct dispatch *dispatch = context;
	core_step(dispatch->core); /* carries out decisions made while the store was read */
	publish(dispatch);
	while (!is_done(dispatch)) {
		heartbeat_beat(&dispatch->heartbeat);
		tableau_step(dispatch->tableau, wait_ms(dispatch), mailbox_fd(dispatch->notes));
		dispatch->is_status_stale = true;
		check_trust(dispatch); /* before anything new is begun */
		take_notes(dispatch);
		open_question_check(&dispatch->question);
		check_trust(dispatch);
		core_step(dispatch->core);
		check_leaving(dispatch);
		publish(dispatch);
	}
	/* So that nobody waits for an answer that will not come. */
	mailbox_close(dispatch->notes);
	struct message *message = mailbox_take_all(dispatch->notes), *next;
	for (; message; message = next) {
		next = message->next;
		note_free(message);
	}
	core_refuse_waiting(dispatch->core);
	end_leaving(dispatch);
	int64_t left = dispatch->stop_at.us - clock_mono().us;
	tableau_sign_out(dispatch->tableau, left > US_PER_SECOND ? left : US_PER_SECOND);
	return NULL;
}

/* ---- life ---- */

static const struct edge_tableau real_tableau = {
	.configure = tableau_configure,
	.hurry = tableau_hurry,
	.leave = tableau_leave,
	.has_left = tableau_has_left,
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
static const struct edge_clock real_clock = { .now = clock_now };

struct dispatch *dispatch_new(struct config *config, bool dry_run, struct error *err)
{
	struct mailbox *notes = mailbox_new(SIZE_MAX, note_free, err);
	if (!notes)
		return NULL;
	struct dispatch *dispatch = mem_new(struct dispatch);
	dispatch->notes = notes;
	dispatch->heartbeat.thread = "dispatch";
	dispatch->status = dispatch_status_slot_new();
	dispatch->tableau = tableau_new();
	dispatch->edge = (struct edge){
		.ask = &real_tableau,
		.tableau = dispatch->tableau,
		.keep = &real_journal,
		.time = &real_clock,
		.written = written,
		.context = dispatch,
	};
	dispatch->core = core_new(&dispatch->edge, config, (uint64_t)clock_wall().us, dry_run);
	atomic_store(&dispatch->most_open, config->limits.waiting_refreshes);
	atomic_store(&dispatch->trusted_until, INT64_MAX);
	return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
	if (!dispatch)
		return;
	tableau_free(dispatch->tableau); /* its callbacks may still use the schedule */
	core_free(dispatch->core);
	mailbox_free(dispatch->notes);
	dispatch_status_slot_free(dispatch->status);
	free(dispatch);
}

bool dispatch_load(struct dispatch *dispatch, struct store *store, struct error *err)
{
	return core_load(dispatch->core, store, err);
}

bool dispatch_load_nothing(struct dispatch *dispatch, struct store *store,
	const struct dispatch_sharing *sharing, struct error *err)
{
	dispatch->sharing = *sharing;
	dispatch->edge.lost = lost;
	return core_start(dispatch->core, store, err);
}

bool dispatch_start(struct dispatch *dispatch, struct journal *journal, struct error *err)
{
	dispatch->edge.journal = journal;
	heartbeat_beat(&dispatch->heartbeat);
	dispatch->is_started =
		thread_start(&dispatch->thread, THREAD_DISPATCH, "dispatch", run, dispatch, err);
	return dispatch->is_started;
}

const struct heartbeat *dispatch_heartbeat(const struct dispatch *dispatch)
{
	return &dispatch->heartbeat;
}

void dispatch_stop(struct dispatch *dispatch, int64_t us)
{
	if (!dispatch->is_started)
		return;
	notify(dispatch, (struct note){ .type = NOTE_STOP, .us = us });
	thread_join(dispatch->thread);
	dispatch->is_started = false;
}
