/*
 * notify/notify.c - the thread: outcomes and states of sites go into the book, what is due becomes
 * letters, all of that is made durable, and then the letters are delivered.
 *
 * One transaction at a time is at the journal (keep.h). Until it is durable nothing more is read
 * and nothing new is told, while deliveries go on.
 */
#include "notify/notify.h"
#include "base/log/log.h"
#include "base/mailbox.h"
#include "base/metric.h"
#include "base/thread.h"
#include "notify/keep.h"
#include "notify/letter.h"
#include "notify/post.h"
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>

#define LOOK_EVERY (1 * US_PER_SECOND)
#define OUTCOMES_AT_ONCE 500
#define ID_BYTES 16
#define ID_TEXT_SIZE (4 + 2 * ID_BYTES + 1) /* "ntf_", the digits and NUL */

enum notify_note_type { NOTE_WRITTEN, NOTE_LEAD, NOTE_REST, NOTE_STOP };
struct notify_note {
	struct message message; /* first member */
	enum notify_note_type type;
	bool committed;              /* NOTE_WRITTEN */
	void (*done)(void *context); /* NOTE_REST */
	void *context;
};

struct notify {
	struct notify_options options;
	struct mailbox *notes;
	pthread_t thread;
	struct notify_status_slot *status;
	/* Used by the thread only: */
	struct store *reader;
	struct config *config;
	bool is_to_lead, leads; /* it is the one that tells; else it has neither book nor courier */
	void (*rested)(void *context); /* told when nothing more is written; NULL: nobody is */
	void *rested_context;
	struct book *book;
	struct courier *courier;
	struct keep *writing; /* at the journal, or to be written again; NULL: nothing is */
	struct keep *open;    /* collects */
	struct keep *last;    /* what was open at the end */
	bool is_at_journal, is_stopping;
	bool reads; /* the store was read the last time */
	struct mono look_at;
};

static void note_free(struct message *message)
{
	free(message);
}

static void tell(struct notify *notify, struct notify_note note)
{
	struct notify_note *copy = mem_new(struct notify_note);
	*copy = note;
	if (!mailbox_send_answer(notify->notes, &copy->message))
		free(copy);
}

static void written(bool committed, void *context)
{
	tell(context, (struct notify_note){ .type = NOTE_WRITTEN, .committed = committed });
}

/* ---- what happened ---- */

static void end_of(const struct refresh_row *row, struct ended *ended)
{
	*ended = (struct ended){
		.is_good = row->state == REFRESH_SUCCEEDED,
		.event = row->state == REFRESH_EXPIRED ? NOTICE_EXPIRED : NOTICE_FAILED,
		.site = row->site,
		.kind = kind_name(row->content.kind),
		.content_id = row->content.luid,
		.content = row->content.name,
		.project = row->content.project,
		.reason = row->reason,
		.refresh = row->id,
		.at = row->ended_at,
	};
}

static bool take_outcome(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct notify *notify = context;
	struct ended ended;
	keep_end_outcome(notify->open, row->id);
	bool is_told = row->state == REFRESH_SUCCEEDED || row->state == REFRESH_FAILED ||
		       row->state == REFRESH_EXPIRED;
	if (!is_told || !config_receiver_count(notify->config))
		return true;
	OWNED(arena) arena = arena_new();
	const char **rules = arena_array(arena, const char *, cause_count + 1);
	const char **owners = arena_array(arena, const char *, cause_count + 1);
	end_of(row, &ended);
	for (size_t i = 0; i < cause_count && !ended.is_good; i++) {
		size_t before = ended.rule_count;
		if (before && text_is(rules[before - 1], causes[i].rule))
			continue; /* several events by one rule */
		rules[before] = causes[i].rule;
		owners[before] =
			notify->options.owner(notify->options.context, causes[i].rule, arena);
		ended.rule_count++;
	}
	ended.rules = rules;
	ended.owners = owners;
	book_ended(notify->book, clock_wall(), &ended);
	return true;
}

static void take_site(const struct site_news *site, void *context)
{
	struct notify *notify = context;
	book_site(notify->book, clock_wall(), site);
}

/* ---- what is told ---- */

static bool make_id(char out[ID_TEXT_SIZE])
{
	unsigned char bytes[ID_BYTES];
	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	snprintf(out, ID_TEXT_SIZE, "ntf_");
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(out + 4 + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

static void write_letter(struct notify *notify, const struct book_draft *draft, struct wall now)
{
	char id[ID_TEXT_SIZE];
	OWNED_TEXT struct text body = TEXT(TEXT_UNBOUNDED);
	if (!make_id(id))
		abort(); /* OpenSSL has no randomness: no signature would be one either */
	letter_print(draft, id, now, &body);
	struct letter *letter = mem_new(struct letter);
	*letter = (struct letter){
		.id = mem_copy_text(id),
		.receiver = mem_copy_text(draft->receiver->name),
		.body = text_take(&body),
		.group = { mem_copy_text(draft->group.site), mem_copy_text(draft->group.rule),
			mem_copy_text(draft->group.owner) },
		.made_at = now,
	};
	keep_letter(notify->open, letter);
}

static void keep_change(const char *key, const char *json, void *context)
{
	struct notify *notify = context;
	keep_note(notify->open, key, json);
}

static void write_changes(struct notify *notify)
{
	notify->is_at_journal =
		keep_write(notify->writing, notify->options.journal, written, notify);
}

/* Reads what happened, writes the letters that are due, and gives all of it to the journal. */
static void look(struct notify *notify)
{
	struct error err;
	struct wall now = clock_wall();
	const struct book_draft *draft;
	bool reads =
		store_load_outcomes(notify->reader, OUTCOMES_AT_ONCE, take_outcome, notify, &err);
	if (!reads && notify->reads)
		log_error("notifications wait: the store cannot be read",
			KV("reason", (const char *)err.message));
	notify->reads = reads;
	if (config_receiver_count(notify->config))
		notify->options.sites(notify->options.context, take_site, notify);
	while ((draft = book_due(notify->book, now)))
		write_letter(notify, draft, now);
	book_changes(notify->book, keep_change, notify);
	if (keep_is_empty(notify->open))
		return;
	notify->writing = notify->open;
	notify->open = keep_new();
	write_changes(notify);
}

/* What was at the journal is durable: its letters may leave. */
static void are_durable(struct notify *notify)
{
	struct letter *letter = keep_take_letters(notify->writing), *next;
	for (; letter; letter = next) {
		next = letter->next;
		courier_take(notify->courier, letter);
	}
	keep_free(TAKE(notify->writing));
}

static void letter_done(struct letter *letter, bool is_delivered, void *context)
{
	struct notify *notify = context;
	(void)is_delivered; /* given up: its news are told again after repeat_interval */
	book_close(notify->book, letter->receiver, &letter->group);
	keep_end_letter(notify->open, letter);
	letter_free(letter);
}

/* ---- status ---- */

static void measure(const struct receiver_status *receiver)
{
	metric_set(METRIC_notifications_waiting, receiver->waiting, receiver->name);
	metric_set(METRIC_notifications_active, receiver->active, receiver->name);
	/* the book, which is pure, has only the sum */
	int64_t counted = metric_get(METRIC_notifications_total, receiver->name, "shed");
	metric_add(METRIC_notifications_total, receiver->shed - counted, receiver->name, "shed");
}

static void publish(struct notify *notify)
{
	struct notify_status *status = notify_status_new();
	const struct config *config = notify->config;
	struct receiver_status *receivers = arena_array(
		status->arena, struct receiver_status, config_receiver_count(config) + 1);
	for (size_t i = 0; i < config_receiver_count(config); i++) {
		const struct config_receiver *receiver = config_receiver_at(config, i);
		struct receiver_status *one = &receivers[i];
		courier_describe(notify->courier, receiver->name, one);
		one->name = arena_text(status->arena, receiver->name);
		one->format = notice_formats[receiver->format];
		one->failure = arena_text(status->arena, one->failure ? one->failure : "");
		one->active = (int64_t)book_count(notify->book, receiver->name, &one->shed);
		measure(one);
	}
	status->count = config_receiver_count(config);
	status->receivers = receivers;
	notify_status_slot_put(notify->status, status);
}

struct notify_status *notify_latest_status(struct notify *notify)
{
	return notify_status_slot_get(notify->status);
}

/* ---- the thread ---- */

/* ---- one of several nodes ---- */

/* Takes over a configuration that a reload put into use. */
static void take_config(struct notify *notify)
{
	OWNED(config) config = config_slot_get(notify->options.configs);
	if (config == notify->config)
		return;
	config_free(notify->config);
	notify->config = TAKE(config);
	book_configure(notify->book, notify->config);
	courier_configure(notify->courier, notify->config);
}

static bool restore_news(const char *key, const char *json, void *context)
{
	struct notify *notify = context;
	struct news news;
	OWNED(arena) arena = arena_new();
	if (news_read(json, &news, arena))
		IGNORE(!book_restore(notify->book, &news)); /* the book ends what it forgets */
	else
		keep_note(notify->open, key, NULL);
	return true;
}

static bool restore_letter(const char *key, const char *json, void *context)
{
	struct notify *notify = context;
	struct letter *letter = keep_read_letter(key, json);
	if (letter && config_receiver_named(notify->config, letter->receiver)) {
		book_open(notify->book, letter->receiver, &letter->group);
		courier_take(notify->courier, letter);
		return true;
	}
	log_warning("a notification is given up: the configuration has no such receiver any more",
		KV("message", key));
	keep_note(notify->open, key, NULL);
	letter_free(letter);
	return true;
}

static bool restore(struct notify *notify, struct error *err)
{
	return store_load_notes(notify->reader, BOOK_KEYS, restore_news, notify, err) &&
	       store_load_notes(notify->reader, KEEP_LETTER_KEYS, restore_letter, notify, err);
}

static void forget(struct notify *notify)
{
	courier_free(TAKE(notify->courier));
	book_free(TAKE(notify->book));
}

static bool lead(struct notify *notify, struct error *err)
{
	notify->book = book_new();
	notify->courier = courier_new(letter_done, notify);
	config_free(TAKE(notify->config)); /* so that they are configured */
	take_config(notify);
	notify->is_to_lead = true;
	notify->leads = restore(notify, err);
	if (notify->leads)
		return true;
	forget(notify);
	keep_free(notify->open);
	notify->open = keep_new();
	return false;
}

/* What was delivered is written; what could not be written is told again by the next. */
static void finish_rest(struct notify *notify)
{
	if (notify->is_at_journal)
		return;
	keep_free(TAKE(notify->writing));
	if (!keep_is_empty(notify->open)) {
		notify->writing = notify->open;
		notify->open = keep_new();
		write_changes(notify);
	}
	if (notify->is_at_journal || !notify->rested)
		return;
	TAKE(notify->rested)(notify->rested_context);
}

static void rest(struct notify *notify, const struct notify_note *note)
{
	for (size_t i = 0; notify->leads && i < config_receiver_count(notify->config); i++) {
		const char *name = config_receiver_at(notify->config, i)->name;
		metric_set(METRIC_notifications_waiting, 0, name);
		metric_set(METRIC_notifications_active, 0, name);
	}
	notify->leads = notify->is_to_lead = false;
	notify->rested = note->done;
	notify->rested_context = note->context;
	forget(notify);
	notify_status_slot_put(notify->status, NULL);
	finish_rest(notify);
}

static void is_written(struct notify *notify, bool committed)
{
	notify->is_at_journal = false;
	if (!notify->leads)
		finish_rest(notify);
	else if (committed)
		are_durable(notify);
}

static void take_notes(struct notify *notify)
{
	struct message *message = mailbox_take_all(notify->notes), *next;
	for (; message; message = next) {
		struct notify_note *note = (struct notify_note *)(void *)message;
		next = message->next;
		switch (note->type) {
		case NOTE_WRITTEN:
			is_written(notify, note->committed);
			break;
		case NOTE_LEAD:
			notify->is_to_lead = true;
			notify->look_at = (struct mono){ 0 };
			break;
		case NOTE_REST:
			rest(notify, note);
			break;
		case NOTE_STOP:
			notify->is_stopping = true;
			break;
		}
		free(note);
	}
}

static int wait_ms(const struct notify *notify)
{
	int64_t now = clock_mono().us, at = notify->look_at.us;
	int64_t send_at = notify->leads ? courier_next(notify->courier).us : INT64_MAX;
	if (!notify->leads && !notify->is_to_lead)
		return -1;
	if (send_at < at)
		at = send_at;
	return at <= now ? 0 : (int)((at - now + US_PER_MS - 1) / US_PER_MS);
}

static void regularly(struct notify *notify)
{
	take_config(notify);
	if (!notify->writing)
		look(notify);
	else if (!notify->is_at_journal)
		write_changes(notify); /* the disk was full, or failed */
	publish(notify);
}

static void *run(void *context)
{
	struct notify *notify = context;
	struct pollfd fd = { .fd = mailbox_fd(notify->notes), .events = POLLIN };
	struct error err;
	while (!notify->is_stopping) {
		if (clock_mono().us >= notify->look_at.us) {
			notify->look_at = mono_plus(clock_mono(), LOOK_EVERY);
			if (notify->is_to_lead && !notify->leads && !lead(notify, &err))
				log_error("notifications wait: the store cannot be read",
					KV("reason", (const char *)err.message));
			if (notify->leads)
				regularly(notify);
		}
		if (notify->leads)
			courier_step(notify->courier, wait_ms(notify), fd.fd);
		else
			IGNORE(poll(&fd, 1, wait_ms(notify))); /* woken too early: nothing is due */
		take_notes(notify);
	}
	/* What was delivered meanwhile need not be delivered again at the next start. Nobody waits:
	 * the journal writes what it has before it ends. */
	if (notify->leads && !keep_is_empty(notify->open)) {
		notify->last = notify->open;
		notify->open = NULL;
		IGNORE(!keep_write(notify->last, notify->options.journal, written, notify));
	}
	return NULL;
}

/* ---- life ---- */

struct notify *notify_start(const struct notify_options *options, struct error *err)
{
	struct notify *notify = mem_new(struct notify);
	notify->options = *options;
	notify->notes = mailbox_new(SIZE_MAX, note_free, err);
	notify->status = notify_status_slot_new();
	notify->open = keep_new();
	notify->reads = true;
	notify->reader = notify->notes ? store_open(options->store, STORE_READ, err) : NULL;
	if (notify->reader && (options->waits || lead(notify, err)) &&
		thread_start(&notify->thread, THREAD_ANY, "notify", run, notify, err))
		return notify;
	notify_free(notify);
	return NULL;
}

void notify_stop(struct notify *notify)
{
	if (!notify)
		return;
	tell(notify, (struct notify_note){ .type = NOTE_STOP });
	thread_join(notify->thread);
}

void notify_lead(struct notify *notify)
{
	tell(notify, (struct notify_note){ .type = NOTE_LEAD });
}

void notify_rest(struct notify *notify, void (*done)(void *context), void *context)
{
	tell(notify, (struct notify_note){ .type = NOTE_REST, .done = done, .context = context });
}

void notify_free(struct notify *notify)
{
	if (!notify)
		return;
	courier_free(notify->courier);
	book_free(notify->book);
	keep_free(notify->writing);
	keep_free(notify->open);
	keep_free(notify->last);
	store_close(notify->reader);
	config_free(notify->config);
	mailbox_free(notify->notes);
	notify_status_slot_free(notify->status);
	free(notify);
}
