/*
 * dispatch/core.c - inputs, batches and the start. Actions are carried out in perform.c.
 */
#include "dispatch/core.h"
#include "base/log/log.h"
#include "base/text.h"
#include "dispatch/perform.h"
#include <assert.h>

#define WRITE_AGAIN_AFTER (1 * US_PER_SECOND)

struct site_names {
	char **at;
	size_t count, capacity;
};

struct core {
	const struct edge *edge;
	struct config *config;
	struct schedule *schedule;
	uint64_t seed;
	struct performer performer;
	struct batch *writing;      /* at the journal, or waiting to be written again */
	struct mono write_again_at; /* {0}: not waiting */
	/* The sites that it has: all but these, or these only. */
	bool has_others;
	struct site_names exceptions;
	struct site_names lost; /* sites that were lost while the journal had `writing` */
	bool is_dry, is_stopping;
};

static struct instant core_now(const struct core *core)
{
	return edge_now(core->edge);
}

/* Makes one step of the schedule and carries out its actions. Returns the reply to a person, or
 * NULL. */
static const struct asked *feed(struct core *core, const struct input *input)
{
	struct actions actions = schedule_step(core->schedule, core_now(core), input);
	if (core->edge->saw)
		core->edge->saw(input, &actions, core->edge->context);
	performer_all(&core->performer, &actions);
	return actions.asked;
}

static void take_answer(const struct input *input, void *context)
{
	feed(context, input);
}

/* ---- names of sites ---- */

static size_t names_find(const struct site_names *names, const char *name)
{
	size_t i = 0;
	while (i < names->count && strcmp(names->at[i], name) != 0)
		i++;
	return i;
}

static void names_add(struct site_names *names, const char *name)
{
	if (names_find(names, name) < names->count)
		return;
	mem_grow(&names->at, &names->capacity, names->count);
	names->at[names->count++] = mem_copy_text(name);
}

static void names_drop(struct site_names *names, const char *name)
{
	size_t i = names_find(names, name);
	if (i == names->count)
		return;
	free(names->at[i]);
	names->at[i] = names->at[--names->count];
}

static void names_clear(struct site_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->at[i]);
	free(names->at);
	*names = (struct site_names){ 0 };
}

bool core_has(const struct core *core, const char *site)
{
	bool is_exception = names_find(&core->exceptions, site) < core->exceptions.count;
	return is_exception != core->has_others;
}

static void set_has(struct core *core, const char *site, bool has)
{
	if (has == core->has_others)
		names_drop(&core->exceptions, site);
	else
		names_add(&core->exceptions, site);
}

/* ---- batches ---- */

void core_refuse(struct dispatch_command *command)
{
	dispatch_command_refuse(command, "the daemon is stopping");
}

static void write_batch(struct core *core)
{
	core->write_again_at = (struct mono){ 0 };
	if (!batch_write(core->writing, core->edge))
		core->write_again_at = mono_plus(core_now(core).mono, WRITE_AGAIN_AFTER);
}

static void flush(struct core *core)
{
	if (core->writing || batch_is_empty(core->performer.open))
		return;
	core->writing = core->performer.open;
	core->performer.open = batch_new();
	write_batch(core);
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
			core_refuse(command);
	}
}

static void tell_lost(const struct core *core, const struct batch *batch)
{
	size_t count;
	const char *const *lost = batch_lost(batch, &count);
	for (size_t i = 0; i < count; i++) {
		log_warning("a site belongs to another node now", KV("site", lost[i]));
		if (core->edge->lost)
			core->edge->lost(lost[i], core->edge->context);
	}
}

void core_written(struct core *core, bool committed)
{
	for (size_t i = 0; !committed && i < core->lost.count; i++)
		batch_drop(core->writing, core->lost.at[i]);
	names_clear(&core->lost);
	if (!committed) {
		/* The disk is full or failing. Nothing is lost: the same batch is written until it
		 * is durable, and its requests wait. */
		core->write_again_at = mono_plus(core_now(core).mono, WRITE_AGAIN_AFTER);
		return;
	}
	size_t count;
	const struct batch_sending *sends = batch_sends(core->writing, &count);
	for (size_t i = 0; i < count && !core->is_stopping; i++) {
		const struct refresh_row *row = schedule_find(core->schedule, sends[i].refresh);
		if (row && row->state == REFRESH_SENDING &&
			!batch_has_lost(core->writing, row->site))
			effects_send(core->performer.effects, row, sends[i].life);
	}
	tell_lost(core, core->writing);
	tell_waiting(core->writing, true);
	batch_free(core->writing);
	core->writing = NULL;
}

void core_refuse_waiting(struct core *core)
{
	tell_waiting(core->performer.open, false);
	tell_waiting(core->writing, false);
}

/* ---- inputs ---- */

/* `wish` has everything but what the selection says. */
static void select_one(struct core *core, struct schedule_selection *wish,
	const struct selection *selection, const char *refusal)
{
	OWNED_TEXT struct text label = TEXT(1000);
	if (selection->selector)
		text_add(&label, selection->selector);
	else
		selection_describe(selection, &label);
	wish->site = selection->site;
	wish->incremental = selection->incremental;
	wish->priority = selection->priority;
	wish->delay = selection->delay;
	wish->quiet = selection->quiet;
	wish->label = label.at;
	wish->kind = selection->kind;
	wish->rule_count = selection->rule_count;
	wish->rules = selection->rules;
	wish->named = selection;
	feed(core, &(struct input){ INPUT_SELECT, .select = { wish, refusal } });
}

void core_event(struct core *core, const struct dispatch_event *event)
{
	feed(core, &(struct input){ INPUT_EVENT, .event = { event->stamp } });
	for (size_t i = 0; i < event->count; i++) {
		struct schedule_selection wish = {
			.id = event->selection_ids[i],
			.event = event->event,
			.stamp = event->stamp,
			.arrived_at = event->received_at,
			.fresh_from = event->finished_at,
			.uncached = event->is_replay,
		};
		if (core_has(core, event->selections[i]->site))
			select_one(core, &wish, event->selections[i], NULL);
	}
}

static struct schedule_site options_of(const struct config_site *site)
{
	return (struct schedule_site){
		.name = site->name,
		.max_requests = site->max_requests,
		.max_running = site->max_running,
		.poll_interval = site->poll_interval,
		.refreshes_per_hour = site->refreshes_per_hour,
		.job_queries_per_day = site->job_queries_per_day,
	};
}

static void keep_dry(struct core *core, const char *site)
{
	if (core->is_dry)
		feed(core, &(struct input){
				   INPUT_RESTORE_PAUSE, .restore_pause = { site, "--dry-run" } });
}

static void configure_sites(struct core *core)
{
	const struct config *config = core->config;
	struct schedule_options options = {
		.give_up_after = config->give_up_after,
		.clock_skew = config->clock_skew,
		.retry_initial = config->retry.initial,
		.retry_max = config->retry.max,
	};
	size_t count = 0;
	struct schedule_site *sites = mem_alloc(sizeof *sites * (config_site_count(config) + 1));
	for (size_t i = 0; i < config_site_count(config); i++) {
		const struct config_site *site = config_site_at(config, i);
		if (!core_has(core, site->name))
			continue;
		keep_dry(core, site->name);
		sites[count++] = options_of(site);
	}
	feed(core, &(struct input){ INPUT_CONFIGURE, .configure = { &options, sites, count } });
	free(sites);
}

void core_configure(struct core *core, struct config *config)
{
	struct error err;
	if (!core->edge->ask->configure(core->edge->tableau, config, &err))
		log_error("a site cannot be used until its secret is there",
			KV("reason", err.message));
	config_ref(config);
	config_free(core->config);
	core->config = config;
	core->performer.has_receivers = config_receiver_count(config);
	configure_sites(core);
}

static const struct asked *retry(struct core *core, const struct dispatch_command *command)
{
	const struct refresh_row *row = schedule_find(core->schedule, command->refresh);
	if (!row)
		row = command->ended;
	for (size_t i = 0; row && i < command->naming_count; i++)
		effects_name(core->performer.effects, &command->namings[i], row->site,
			&row->content, core_now(core).mono);
	if (row) {
		effects_doubt(core->performer.effects, row->site, &row->content);
		IGNORE(core->edge->ask->hurry(core->edge->tableau, row->site));
	}
	const struct asked *asked =
		feed(core, &(struct input){ INPUT_RETRY, .retry = { command->refresh } });
	if (asked->consent != CONSENT_NONE || !command->ended)
		return asked;
	return feed(core, &(struct input){ INPUT_AGAIN, .again = { command->ended, command->causes,
								command->cause_count } });
}

static const struct asked *ask(struct core *core, const struct dispatch_command *command)
{
	static const struct asked dry_run = { CONSENT_NO, "this is a dry run", 0 };
	bool signs_in = false;
	if (core->is_dry && command->verb == DISPATCH_RESUME)
		return &dry_run;
	switch (command->verb) {
	case DISPATCH_RETRY:
		return retry(core, command);
	case DISPATCH_CANCEL:
		return feed(core, &(struct input){ INPUT_CANCEL,
					  .cancel = { command->refresh, command->who } });
	case DISPATCH_RESUME:
		signs_in = core->edge->ask->hurry(core->edge->tableau, command->site);
		break;
	case DISPATCH_PAUSE:
		break;
	}
	return feed(core, &(struct input){ INPUT_PAUSE,
				  .pause = { command->site, command->verb == DISPATCH_PAUSE,
					  command->who, signs_in } });
}

static const struct config_site *configured(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config_site_count(config); i++)
		if (!strcmp(config_site_at(config, i)->name, name))
			return config_site_at(config, i);
	return NULL;
}

/* The site that the command is about; NULL: not known. */
static const char *site_of(const struct core *core, const struct dispatch_command *command)
{
	const struct refresh_row *row = schedule_find(core->schedule, command->refresh);
	return command->site ? command->site : (row ? row->site : command->refresh_site);
}

bool core_is_elsewhere(const struct core *core, const struct dispatch_command *command)
{
	const char *site = site_of(core, command);
	return site && !core_has(core, site) && configured(core->config, site);
}

/* What the schedule is not asked. False: it is. */
static bool is_refused(
	const struct core *core, const struct dispatch_command *command, struct asked *asked)
{
	const char *site = site_of(core, command);
	*asked = (struct asked){ .consent = CONSENT_NO };
	if (site && !core_has(core, site)) {
		if (command->site && !configured(core->config, site))
			asked->consent = CONSENT_NONE;
		snprintf(asked->words, sizeof asked->words, "another node has its site now");
		return true;
	}
	if (command->verb != DISPATCH_CANCEL || !command->ended ||
		schedule_find(core->schedule, command->refresh))
		return false;
	snprintf(asked->words, sizeof asked->words, "it has ended: %s",
		refresh_state_name(command->ended->state));
	return true;
}

/* The command and its effects become durable together, before it is answered. */
void core_command(struct core *core, struct dispatch_command *command)
{
	struct asked asked;
	command->asked = is_refused(core, command, &asked) ? asked : *ask(core, command);
	if (command->asked.consent != CONSENT_YES) {
		command->done(command);
		return;
	}
	struct command_row row = {
		.at = core_now(core).wall,
		.who = command->who,
		.verb = dispatch_verbs[command->verb],
		.subject = command->refresh,
		.site = command->site ? command->site : "",
		.result = command->asked.refresh,
	};
	log_each(LOG_LEVEL_INFO, "asked", KV("who", row.who), KV("what", row.verb),
		KV_ID("refresh", row.subject), KV("site", row.site));
	batch_command(core->performer.open, &row);
	batch_tell(core->performer.open, &command->message);
}

void core_stop(struct core *core)
{
	core->is_stopping = true;
	if (core->write_again_at.us) /* a last try, see core_is_quiet() */
		write_batch(core);
}

/* ---- turns ---- */

void core_step(struct core *core)
{
	if (!core->is_stopping)
		feed(core, &(struct input){ .type = INPUT_TICK });
	if (core->write_again_at.us && core_now(core).mono.us >= core->write_again_at.us)
		write_batch(core);
	flush(core);
}

struct mono core_next(const struct core *core)
{
	struct mono due =
		core->is_stopping ? (struct mono){ INT64_MAX } : schedule_next(core->schedule);
	return core->write_again_at.us && core->write_again_at.us < due.us ? core->write_again_at
									   : due;
}

bool core_is_written(const struct core *core)
{
	return !core->write_again_at.us && !core->writing && batch_is_empty(core->performer.open);
}

/* What the journal cannot write is not waited for: that may last for ever, and the next start finds
 * out from Tableau what became of it. */
bool core_is_quiet(const struct core *core)
{
	return core->write_again_at.us || core_is_written(core);
}

const struct schedule *core_schedule(const struct core *core)
{
	return core->schedule;
}

/* ---- life ---- */

struct core *core_new(const struct edge *edge, struct config *config, uint64_t seed, bool is_dry)
{
	struct core *core = mem_new(struct core);
	config_ref(config);
	*core = (struct core){
		.edge = edge,
		.config = config,
		.seed = seed,
		.performer = { .open = batch_new(),
			.has_receivers = config_receiver_count(config) },
		.is_dry = is_dry,
	};
	return core;
}

void core_free(struct core *core)
{
	if (!core)
		return;
	effects_free(core->performer.effects);
	schedule_free(core->schedule);
	batch_free(core->performer.open);
	batch_free(core->writing);
	names_clear(&core->exceptions);
	names_clear(&core->lost);
	config_free(core->config);
	free(core);
}

static bool restore_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	struct core *core = context;
	feed(core, &(struct input){ INPUT_RESTORE, .restore = { row, causes, count } });
	return true;
}

static bool restore_spent(const struct spent *spent, void *context)
{
	struct core *core = context;
	feed(core, &(struct input){ INPUT_RESTORE_SPENT, .restore_spent = spent });
	return true;
}

static bool restore_pause(const char *site, const char *by, void *context)
{
	struct core *core = context;
	feed(core, &(struct input){ INPUT_RESTORE_PAUSE, .restore_pause = { site, by } });
	return true;
}

static void restore_selection(
	struct core *core, const cJSON *json, struct schedule_selection *wish, struct arena *arena)
{
	struct selection selection;
	const char *refusal = NULL;
	struct error err = { .message = "its event is damaged" };
	if (!json || !selection_parse(json, &selection, arena, &err)) {
		/* A newer version wrote it, or the store is damaged. */
		log_each(LOG_LEVEL_ERROR, "a stored selection cannot be read",
			KV("event", wish->event), KV("selection", wish->id),
			KV("reason", err.message));
		selection_salvage(json, &selection, arena);
		refusal = arena_printf(arena, "not acted upon: %s; replay its event", err.message);
	}
	if (core_has(core, selection.site))
		select_one(core, wish, &selection, refusal);
}

static bool restore_selections(const struct selected_row *row, void *context)
{
	struct core *core = context;
	OWNED(arena) arena = arena_new();
	const cJSON *const *items = selected_row_items(row, arena);
	feed(core, &(struct input){ INPUT_EVENT, .event = { row->stamp } });
	for (size_t i = 0; i < row->count; i++) {
		struct schedule_selection wish = {
			.id = row->ids[i],
			.event = row->event,
			.stamp = row->stamp,
			.arrived_at = row->received_at,
			.fresh_from = row->finished_at,
			.is_from_copy = row->is_from_copy,
			.uncached = row->is_replay,
		};
		restore_selection(core, items[i], &wish, arena);
	}
	return true;
}

/* As if the content had been named when the event arrived. */
static bool restore_namings(const struct selected_row *row, void *context)
{
	struct core *core = context;
	OWNED(arena) arena = arena_new();
	const cJSON *const *items = selected_row_items(row, arena);
	int64_t age = core_now(core).wall.us - row->received_at.us;
	struct mono at = mono_plus(core_now(core).mono, age > 0 ? -age : 0);
	for (size_t i = 0; i < row->count; i++) {
		const struct refresh_row *refresh = schedule_find(core->schedule, row->ids[i]);
		struct selection selection;
		struct error ignored; /* then its name and project are what is known */
		if (refresh && items[i] && selection_parse(items[i], &selection, arena, &ignored))
			effects_name(core->performer.effects, &selection, refresh->site,
				&refresh->content, at);
	}
	return true;
}

/* ---- sites ---- */

static void adopt_site(struct core *core, const char *name)
{
	const struct config_site *site = configured(core->config, name);
	struct schedule_site options = site ? options_of(site) : (struct schedule_site){ 0 };
	keep_dry(core, name);
	feed(core, &(struct input){ INPUT_ADOPT, .adopt = { name, site ? &options : NULL } });
}

void core_adopt(struct core *core, const struct site_work *work)
{
	const char *site = site_work_site(work);
	assert(!site || (!core_has(core, site) && core_has_left(core, site)));
	if (site)
		set_has(core, site, true);
	else
		core->has_others = true;
	site_work_each_spent(work, restore_spent, core);
	site_work_each_pause(work, restore_pause, core);
	site_work_each_refresh(work, restore_refresh, core);
	site_work_each_naming(work, restore_namings, core);
	if (site)
		adopt_site(core, site);
	else
		core_configure(core, core->config);
	site_work_each_selected(work, restore_selections, core);
}

/* Nothing more is written of it; what the journal has is looked at when it comes back. */
static void lose(struct core *core, const char *site)
{
	batch_drop(core->performer.open, site);
	if (core->writing && core->write_again_at.us)
		batch_drop(core->writing, site);
	else if (core->writing)
		names_add(&core->lost, site);
}

void core_leave(struct core *core, const char *site, bool is_lost)
{
	if (core_has(core, site)) {
		set_has(core, site, false);
		/* First, so that it hears none of the answers that the client gives now. */
		feed(core, &(struct input){ INPUT_LEAVE, .leave = { site } });
		namings_forget(effects_namings(core->performer.effects), site);
		batch_unsend(core->performer.open, site);
		if (core->writing)
			batch_unsend(core->writing, site);
		core->edge->ask->leave(core->edge->tableau, site, !is_lost);
	} else if (is_lost) {
		core->edge->ask->leave(core->edge->tableau, site, false);
	}
	if (is_lost)
		lose(core, site);
}

void core_lose_all(struct core *core)
{
	assert(!core->has_others);
	while (core->exceptions.count) {
		OWNED_MEMORY char *site =
			mem_copy_text(core->exceptions.at[core->exceptions.count - 1]);
		core_leave(core, site, true);
		if (core->edge->lost)
			core->edge->lost(site, core->edge->context);
	}
}

void core_take(struct core *core, const struct site_work *work)
{
	site_work_each_selected(work, restore_selections, core);
}

bool core_has_left(const struct core *core, const char *site)
{
	bool is_written = !batch_is_about(core->performer.open, site) &&
			  !(core->writing && batch_is_about(core->writing, site));
	return is_written && core->edge->ask->has_left(core->edge->tableau, site);
}

/* ---- a start ---- */

static bool begin(struct core *core, struct store *store, struct error *err)
{
	const struct config *config = core->config;
	struct schedule_options options = { config->give_up_after, config->clock_skew,
		config->retry.initial, config->retry.max };
	struct refresh_ids ids;
	if (!store_take_refresh_ids(store, &ids, err))
		return false;
	core->performer.newest = ids.next - 1;
	core->performer.last = ids.last;
	core->schedule = schedule_new(&options, ids, core->seed);
	core->performer.effects = effects_new(core->edge, take_answer, core);
	/* All stored events arrived before any request from now on. */
	feed(core, &(struct input){ INPUT_EVENT, .event = { store_last_stamp(store) } });
	return true;
}

bool core_start(struct core *core, struct store *store, struct error *err)
{
	if (!begin(core, store, err))
		return false;
	core_configure(core, core->config);
	return true;
}

bool core_load(struct core *core, struct store *store, struct error *err)
{
	OWNED(site_work) work = site_work_new(NULL);
	struct wall since = wall_after(core_now(core).wall, -core->config->history);
	if (!begin(core, store, err) || !site_work_load(work, store, since, err) ||
		!site_work_load_selections(work, store, err))
		return false;
	core_adopt(core, work);
	struct schedule_counts counts = schedule_count(core->schedule);
	log_info("journal loaded", KV("open_selections", counts.selections),
		KV("open_refreshes", counts.open), KV("in_flight", counts.in_flight));
	return true;
}
