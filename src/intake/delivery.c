/* intake/delivery.c - makes the record of an event, writes it by the journal, and then answers
 * and passes the selections on. */
#include "intake/delivery.h"
#include "base/fault.h"
#include "base/log/log.h"
#include "base/metric.h"
#include "base/text.h"
#include "intake/answer.h"

#define NO_MARK "it bears no event id: if it is sent again, it is decided again"
#define TAKEN_MARK "another event has its event id: if it is sent again, it is decided again"

#define TREES_BYTES ((size_t)2 << 10) /* the JSON of one selection, as most events have */

struct delivery {
	struct journal_entry entry; /* first member; the journal returns it */
	struct arena *arena;        /* holds everything, also this struct */
	struct ruleset *ruleset;    /* a reference, because the decision borrows from it; or NULL */
	const struct decision *decision; /* or NULL */
	struct web_request *request;
	struct dispatch *dispatch;
	struct event_row row;
	enum added added;
	bool has_taken_mark;                 /* another event has its event id */
	const struct selection **selections; /* those that are acted upon */
	int64_t *selection_ids;              /* of these */
	int64_t replayed;                    /* the event that this one replays; 0: not a replay */
	const char *leads_to;                /* delivery_leads_to(); NULL: the answer is JSON */
	const char *asker;                   /* the person who asked for the replay */
};

static void delivery_free(struct delivery *delivery)
{
	ruleset_free(delivery->ruleset);
	arena_free(delivery->arena); /* frees the delivery too */
}

static const char *printed_rules(const struct decision *decision, struct arena *arena)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add_char(&text, '[');
	for (size_t i = 0; decision && i < decision->match_count; i++) {
		text_add(&text, i ? "," : "");
		json_quote(decision->matches[i].rule, &text);
	}
	text_add_char(&text, ']');
	return arena_str(arena, text_str(&text));
}

static void set_outcome(
	struct delivery *delivery, const struct event *event, const struct decision *decision)
{
	static const char *const outcomes[] = {
		[EVENT_REAL] = "routed",
		[EVENT_TEST] = "test",
		[EVENT_IGNORED] = "ignored",
	};
	bool is_unmatched = event->standing == EVENT_REAL && !decision->match_count;
	delivery->row.outcome = is_unmatched ? "unmatched" : outcomes[event->standing];
}

static void set_selections(struct delivery *delivery, const struct decision *decision, bool dry_run)
{
	struct arena *arena = delivery->arena;
	size_t count = decision ? decision->selection_count : 0, open_count = 0;
	int64_t *open = arena_array(arena, int64_t, count + 1);
	delivery->selection_ids = arena_array(arena, int64_t, count + 1);
	delivery->selections = arena_array(arena, const struct selection *, count + 1);
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	text_add_char(&list, '[');
	for (size_t i = 0; i < count; i++) {
		const struct selection *selection = &decision->selections[i];
		text_add(&list, i ? "," : "");
		text_add(&list, json_print(selection_json(selection)));
		if (dry_run || selection->shadow)
			continue;
		delivery->selections[open_count] = selection;
		open[open_count++] = (int64_t)i;
	}
	text_add_char(&list, ']');
	delivery->row.selections = arena_str(arena, text_str(&list));
	delivery->row.open_count = open_count;
	delivery->row.open = open;
}

struct delivery *delivery_new(const struct event *event, const struct decision *decision,
	struct ruleset *ruleset, struct str body, bool dry_run, struct arena *arena)
{
	struct delivery *delivery = arena_new_of(arena, struct delivery);
	/* All test deliveries have the same event id (src/event/README.md, Test deliveries), so a
	 * second one is not a duplicate; neither is a delivery without an id. */
	bool is_test = event->standing == EVENT_TEST, has_mark = !is_test && event_has_id(event);
	OWNED(arena) trees = arena_new_for(TREES_BYTES);
	json_use(trees);
	delivery->arena = arena;
	delivery->ruleset = ruleset;
	delivery->decision = decision;
	delivery->row = (struct event_row){
		.source = event_text(event, EVENT_SOURCE),
		.webhook_id = has_mark ? event_text(event, EVENT_WEBHOOK_ID) : "",
		.event_id = has_mark ? event_text(event, EVENT_EVENT_ID) : "",
		.received_at = clock_wall(),
		.finished_at = event->finished,
		.reason = event->why || is_test || has_mark ? event->why : NO_MARK,
		.type = event_text(event, EVENT_EVENT),
		.job_id = event_text(event, EVENT_JOB_ID),
		.run_id = event_text(event, EVENT_RUN_ID),
		.matched = printed_rules(decision, arena),
		.ruleset = decision ? decision->revision : NULL,
		.body = { arena_str(arena, body), body.length },
	};
	set_outcome(delivery, event, decision);
	set_selections(delivery, decision, dry_run);
	json_use(NULL);
	return delivery;
}

void delivery_is_replay(struct delivery *delivery, int64_t event, const char *who)
{
	delivery->replayed = event;
	delivery->asker = who;
	delivery->row.webhook_id = delivery->row.event_id = "";
	delivery->row.finished_at = (struct wall){ 0 };
	delivery->row.outcome = "replay";
	delivery->row.reason =
		arena_printf(delivery->arena, "replay of event %lld", (long long)event);
}

void delivery_leads_to(struct delivery *delivery, const char *path)
{
	delivery->leads_to = path;
}

static bool add_command(const struct delivery *delivery, struct store *store, struct error *err)
{
	struct command_row command = {
		.at = delivery->row.received_at,
		.who = delivery->asker,
		.verb = "replay",
		.subject = delivery->replayed,
		.site = "",
		.result = delivery->row.id,
	};
	return store_add_command(store, &command, err);
}

static bool apply(struct journal_entry *entry, struct store *store, struct error *err)
{
	struct delivery *delivery = (struct delivery *)(void *)entry;
	if (FAULT("intake.record"))
		return error_fail(err, ERROR_SYSTEM, "a fault point failed");
	struct event_row *row = &delivery->row;
	delivery->added = store_add_event(store, row, delivery->selection_ids, err);
	if (delivery->added == ADDED_MARK_TAKEN) {
		row->webhook_id = row->event_id = "";
		row->reason = row->reason ? row->reason : TAKEN_MARK;
		delivery->has_taken_mark = true;
		delivery->added = store_add_event(store, row, delivery->selection_ids, err);
	}
	return delivery->added != ADDED_FAILED &&
	       (!delivery->replayed || add_command(delivery, store, err));
}

static void answer_durable(struct delivery *delivery)
{
	OWNED_TEXT struct text body = TEXT(TEXT_UNBOUNDED);
	text_printf(&body,
		"{\"event\":%lld,\"outcome\":\"%s\",\"matched\":", (long long)delivery->row.id,
		delivery->added == ADDED_DUPLICATE ? "duplicate" : delivery->row.outcome);
	text_add(&body, delivery->row.matched);
	text_add_char(&body, '}');
	if (delivery->leads_to)
		web_reply_header(delivery->request, "Location",
			arena_printf(delivery->arena, "%s%lld", delivery->leads_to,
				(long long)delivery->row.id));
	web_reply_unwoken(delivery->request, delivery->leads_to ? 303 : 200, NULL, text_str(&body));
}

/* Passes the selections on to the dispatcher, with arena and ruleset. */
static void pass_on(struct delivery *delivery)
{
	struct dispatch_event *event = arena_new_of(delivery->arena, struct dispatch_event);
	*event = (struct dispatch_event){
		.event = delivery->row.id,
		.stamp = delivery->row.stamp,
		.received_at = delivery->row.received_at,
		.finished_at = delivery->row.finished_at,
		.is_replay = delivery->replayed,
		.count = delivery->row.open_count,
		.selections = delivery->selections,
		.selection_ids = delivery->selection_ids,
		.arena = delivery->arena,
		.rules = ruleset_shared(delivery->ruleset),
	};
	dispatch_take_event(delivery->dispatch, event);
}

static void complain_of_mark(const struct delivery *delivery)
{
	metric_add(METRIC_events_without_id_total, 1, delivery->row.source);
	log_warning("event without an id of its own", KV("event", delivery->row.id),
		KV("source", delivery->row.source),
		KV("reason", "an event of another run bears the same id, so that a repeat of it is "
			     "decided again: does a gateway rebuild the bodies?"));
}

/* The one line of a delivery. */
static void log_event(const struct delivery *delivery, bool is_new)
{
	const struct event_row *row = &delivery->row;
	const struct decision *decision = delivery->decision;
	size_t count = decision && is_new ? decision->match_count : 0;
	OWNED_MEMORY const char **rules = mem_alloc(sizeof *rules * (count + 1));
	for (size_t i = 0; i < count; i++)
		rules[i] = decision->matches[i].rule;
	log_each(LOG_LEVEL_INFO, "event received", KV("event", row->id),
		KV("outcome", is_new ? row->outcome : "duplicate"), KV("source", row->source),
		KV("event_id", row->event_id), KV("job_id", row->job_id), KV("run_id", row->run_id),
		KV("rule", count ? rules[0] : NULL),
		KV("rules", ((struct log_list){ .count = count > 1 ? count : 0, .texts = rules })),
		KV("selections", (int64_t)(is_new ? row->open_count : 0)),
		KV("reason", is_new ? row->reason : NULL));
}

static void journalled(struct journal_entry *entry, bool committed, const struct error *err)
{
	struct delivery *delivery = (struct delivery *)(void *)entry;
	if (!committed) {
		log_debug("event not durable", KV("source", delivery->row.source),
			KV("event_id", delivery->row.event_id), KV("reason", err->message));
		intake_answer_unavailable(delivery->request, COMPLAINT_NOT_DURABLE,
			"the event could not be made durable; send it again");
		delivery_free(delivery);
		return;
	}
	bool is_new = delivery->added == ADDED_NEW;
	metric_add(METRIC_events_total, 1, delivery->row.source,
		is_new ? delivery->row.outcome : "duplicate");
	log_event(delivery, is_new);
	if (delivery->has_taken_mark)
		complain_of_mark(delivery);
	answer_durable(delivery);
	if (is_new && delivery->row.open_count)
		pass_on(delivery);
	else
		delivery_free(delivery);
}

static void wake(void *web)
{
	web_wake(web);
}

void delivery_post(struct delivery *delivery, struct web_request *request, struct journal *journal,
	struct dispatch *dispatch)
{
	delivery->request = request;
	delivery->dispatch = dispatch;
	delivery->entry.apply = apply;
	delivery->entry.done = journalled;
	delivery->entry.after = wake; /* those that share a commit are answered together */
	delivery->entry.of_all = web_of(request);
	web_keep(request);
	if (!journal_add(journal, &delivery->entry)) {
		intake_answer_unavailable(request, COMPLAINT_QUEUE_FULL,
			"too many events wait to be made durable; send it again");
		delivery_free(delivery);
	}
}
