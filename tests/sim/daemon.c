/*
 * tests/sim/daemon.c - the life of the dispatcher's core in the world: it is started over what is
 * durable, stepped, killed. What its schedule hears and decides is shown to the oracle.
 */
#include "tests/sim/oracle.h"
#include <stdlib.h>
#include <string.h>

const char *const rule_names[RULES] = { "rule-0", "rule-1", "rule-2", "rule-3", "rule-4",
	"rule-5" };

/* ---- names ---- */

int site_number(const char *name)
{
	return name[0] == 'b';
}

int content_of(const struct world *world, const struct content *content)
{
	for (int i = 0; i < CONTENTS; i++)
		if (!strcmp(world->contents[i].luid, content->luid))
			return i;
	return -1;
}

/* ---- what the schedule hears ---- */

static const char *const types[] = { "resolve", "greet", "send", "poll", "list", "look", "cancel" };

static void hear_selection(struct world *world, const struct schedule_selection *selection)
{
	const struct wish *wish = wish_of(world, selection->id);
	int priority = 0;
	int64_t delay = 0, quiet = 0;
	for (int i = 0; i < wish->rule_count; i++) {
		const struct sim_rule *rule = &world->rules[wish->rules[i]];
		priority = rule->priority > priority ? rule->priority : priority;
		delay = rule->delay > delay ? rule->delay : delay;
		quiet = rule->quiet > quiet ? rule->quiet : quiet;
	}
	if (selection->priority != priority || selection->delay != delay ||
		selection->quiet != quiet || selection->incremental != wish->incremental ||
		selection->rule_count != (size_t)wish->rule_count ||
		site_number(selection->site) != wish->site ||
		selection->stamp != run_of(world, selection->id)->stamp ||
		selection->fresh_from.us != run_of(world, selection->id)->told.us)
		wrong(world, "selection %lld is not what its rules want", (long long)selection->id);
	if (wish->rule_count > 1)
		meet(world, MET_TWO_RULES);
}

/* What a selection names can be another thing than at the last time. */
static void hear_names(struct world *world, const struct sim_call *call)
{
	struct wish *wish = wish_of(world, call->id);
	if (call->verdict == VERDICT_FAIL)
		wish->names_nothing = true;
	if (call->verdict != VERDICT_OK)
		return;
	wish->names_nothing = false;
	wish->count = call->named_count;
	for (int i = 0; i < call->named_count; i++)
		wish->contents[i] = call->named[i] % NAMED;
}

static void hear_answer(struct world *world, const struct input *input)
{
	if (world->answering < 0) {
		wrong(world, "the schedule is told an answer that nobody gave");
		return;
	}
	struct effect *effect = &world->effects[world->answering];
	meant_check(world, effect, input);
	note(world, "%s %lld: %s", types[effect->call.type], (long long)effect->call.id,
		effect->call.has_moved ? "moved" : verdict_words[effect->call.verdict]);
	if (effect->call.type == CALL_RESOLVE)
		hear_names(world, &effect->call);
	oracle_answer(world, &effect->call);
	if (input->type == INPUT_MOVED)
		oracle_moved(world, effect->call.id);
	effect->is_there = false;
	world->told = effect->call; /* with its rows */
	effect->call.rows = NULL;
	effect->call.row_ids = NULL;
	world->is_told = true;
	world->answering = -1;
}

static void hear_person(struct world *world, const struct input *input)
{
	if (input->type == INPUT_CANCEL)
		watched(world, input->cancel.refresh)->may_cancel = true;
	else if (input->type == INPUT_RETRY)
		watched(world, input->retry.refresh)->is_released = true;
	else if (input->type == INPUT_AGAIN)
		world->is_asked_again[content_of(world, &input->again.row->content)] = true;
}

static void hear(struct world *world, const struct input *input)
{
	if (input->type == INPUT_SELECT)
		hear_selection(world, input->select.selection);
	else if (input->type >= INPUT_RESOLVED && input->type <= INPUT_JOB_CANCELLED)
		hear_answer(world, input);
	else
		hear_person(world, input);
}

/* They were told so, once that is durable. */
static void hear_consent(struct world *world, const struct input *input, const struct asked *asked)
{
	if (!asked || asked->consent != CONSENT_YES)
		return;
	if (input->type == INPUT_CANCEL) {
		oracle_cancelled(world, input->cancel.refresh);
	} else if (input->type == INPUT_RETRY) {
		oracle_retried(world, input->retry.refresh);
	} else if (input->type == INPUT_AGAIN) {
		oracle_again(world, asked->refresh);
	} else if (input->type == INPUT_PAUSE) {
		oracle_paused(world, site_number(input->pause.site), input->pause.is_paused);
	}
}

/* ---- what it decides ---- */

static struct sim_call call_about(
	struct world *world, enum call_type type, const struct action *action)
{
	const struct refresh_row *row = action->refresh;
	return (struct sim_call){ .type = type,
		.site = site_number(action->site),
		.id = row->id,
		.content = content_of(world, &row->content),
		.job = *row->job_id ? job_named(world, row->job_id) : -1,
		.since = action->since,
		.asked_after = action->asked_after };
}

static void want_look(struct world *world, const struct action *action)
{
	struct effect *look = edge_want(world, call_about(world, CALL_LOOK, action));
	for (int i = 0; i < KNOWN && action->known_jobs[i]; i++)
		snprintf(look->known[i], sizeof look->known[i], "%s", action->known_jobs[i]);
	told_check_known(world, look);
}

static void want_send(struct world *world, const struct refresh_row *row)
{
	oracle_send(world, row);
	if (world->send_count == EFFECTS) {
		wrong(world, "more than %d requests wait for the disk", EFFECTS);
		return;
	}
	world->send_generations[world->send_count] = world->generation;
	world->sends[world->send_count++] = row->id;
}

static void decide(struct world *world, const struct action *action)
{
	switch (action->type) {
	case ACTION_RECORD:
		note(world, "  refresh %lld %s: %s%s%s", (long long)action->refresh->id,
			action->refresh->content.name, refresh_state_name(action->refresh->state),
			*action->refresh->reason ? ": " : "", action->refresh->reason);
		break;
	case ACTION_CAUSE:
		note(world, "  refresh %lld: because of event %lld",
			(long long)action->cause->refresh, (long long)action->cause->event);
		oracle_cause(world, action->cause);
		break;
	case ACTION_END_SELECTION:
		wish_of(world, action->selection)->ended_in = world->generation;
		break;
	case ACTION_SPENT:
		break;
	case ACTION_RESOLVE:
		edge_want(world, (struct sim_call){ .type = CALL_RESOLVE,
					 .site = wish_of(world, action->selection)->site,
					 .id = action->selection,
					 .content = -1,
					 .job = -1 });
		break;
	case ACTION_GREET:
		edge_want(world, (struct sim_call){ .type = CALL_GREET,
					 .site = site_number(action->site),
					 .content = -1,
					 .job = -1 });
		break;
	case ACTION_SEND:
		want_send(world, action->refresh);
		break;
	case ACTION_POLL:
		edge_want(world, call_about(world, CALL_POLL, action));
		break;
	case ACTION_LIST:
		edge_want(world, (struct sim_call){ .type = CALL_LIST,
					 .site = site_number(action->site),
					 .content = -1,
					 .job = -1,
					 .since = action->since,
					 .asked_after = action->asked_after });
		break;
	case ACTION_LOOK:
		want_look(world, action);
		break;
	case ACTION_CANCEL:
		edge_want(world, call_about(world, CALL_CANCEL, action));
		break;
	case ACTION_TELL:
		meet(world, MET_LEFT_ALONE);
		note(world, "  site %s %s", action->site,
			action->trouble ? "is left alone" : "answers again");
		break;
	case ACTION_BACKLOG:
		note(world, "  site %s: %s", action->site,
			action->trouble ? action->trouble : "the budget will do");
		break;
	}
}

/* The actions of one step are one change: its rows, then what is said of them. */
static void saw(const struct input *input, const struct actions *actions, void *context)
{
	struct world *world = context;
	if (world->is_dying)
		return;
	if (world->is_leaving) { /* what is told of a site that was left means nothing */
		if (actions->count)
			wrong(world, "something is done about a site that was left");
		return;
	}
	hear(world, input);
	hear_consent(world, input, actions->asked);
	for (size_t i = 0; i < actions->count; i++)
		if (actions->items[i].type == ACTION_RECORD)
			oracle_record(world, actions->items[i].refresh);
	for (size_t i = 0; i < actions->count; i++)
		decide(world, &actions->items[i]);
	for (size_t i = 0; i < actions->count; i++)
		if (actions->items[i].type == ACTION_RECORD)
			oracle_recorded(world, actions->items[i].refresh);
}

/* ---- what is durable ---- */

static void send_durable(struct world *world, int64_t refresh)
{
	const struct watched *of = watched(world, refresh);
	if (of->state != REFRESH_SENDING)
		return;
	if (chance(world, FAULT_PEOPLE, 5))
		later(world, world->now + between(world, 0, SECOND), PENDING_HASTE)->number =
			(int)refresh / 2;
	if (chance(world, FAULT_CRASH, 1)) /* while nobody knows what becomes of it */
		later(world, world->now + between(world, 0, SECOND), PENDING_CRASH);
	edge_want(world, (struct sim_call){ .type = CALL_SEND,
				 .site = world->contents[of->content].site,
				 .id = refresh,
				 .content = of->content,
				 .job = -1,
				 .is_incremental = of->is_incremental });
}

void daemon_durable(struct world *world)
{
	size_t left = 0;
	for (size_t i = 0; i < world->send_count; i++) {
		if (world->send_generations[i] <= world->committed) {
			send_durable(world, world->sends[i]);
			continue;
		}
		world->sends[left] = world->sends[i];
		world->send_generations[left++] = world->send_generations[i];
	}
	world->send_count = left;
}

static void written(bool committed, void *context)
{
	struct world *world = context;
	if (!world->is_dying)
		core_written(world->core, committed);
}

/* ---- inputs ---- */

void daemon_event(struct world *world, int number)
{
	struct run *run = &world->runs[number];
	const struct selection *selections[SELECTIONS];
	for (int i = 0; i < run->wish_count; i++)
		selections[i] = &run->selections[i];
	struct dispatch_event event = { .event = run->id,
		.stamp = run->stamp,
		.received_at = run->received_at,
		.finished_at = run->told,
		.count = (size_t)run->wish_count,
		.selections = selections,
		.selection_ids = run->selection_ids };
	if (!run->heard_at)
		run->heard_at = world->now;
	core_event(world->core, &event);
	daemon_step(world);
}

static void set_config(struct world *world)
{
	struct config *config = &world->config;
	config->sites.count = 0;
	config->sites.items = world->config_sites;
	for (int i = 0; i < SITES; i++) {
		const struct schedule_site *site = &world->sites[i].options;
		if (world->sites[i].is_gone)
			continue;
		world->config_sites[config->sites.count++] = (struct config_site){
			.name = site->name,
			.max_requests = site->max_requests,
			.max_running = site->max_running,
			.refreshes_per_hour = site->refreshes_per_hour,
			.job_queries_per_day = site->job_queries_per_day,
			.poll_interval = site->poll_interval,
		};
	}
}

void daemon_reload(struct world *world)
{
	for (int i = 0; i < SITES; i++) {
		/* A site that comes back was not asked meanwhile, and its trouble may be over. */
		world->calls[i].trouble_at = world->now;
		world->calls[i].unread_lists = 0;
	}
	set_config(world);
	core_configure(world->core, &world->config);
	daemon_step(world);
}

/* ---- people ---- */

struct errand { /* what somebody asked for, until it is answered and read */
	struct dispatch_command command;
	struct selection namings[CAUSES];
	struct world *world;
	int64_t generation;
	bool is_done, is_read;
};

static void errand_done(struct dispatch_command *command)
{
	struct errand *errand = command->context;
	struct world *world = errand->world;
	errand->is_done = true;
	world->errands--;
	if (errand->is_read && !world->is_dying && command->asked.consent == CONSENT_YES &&
		errand->generation > world->committed)
		wrong(world, "somebody is told that it is done, and it is not durable");
	if (errand->is_read)
		free(errand);
}

/* The selections that named the content of a refresh. */
static size_t find_namings(
	struct world *world, const struct sim_row *row, struct selection namings[static CAUSES])
{
	size_t count = 0;
	for (size_t i = 0; i < row->cause_count; i++) {
		const struct run *run = run_of(world, row->causes[i].selection);
		for (int j = 0; j < run->wish_count; j++)
			if (run->selection_ids[j] == row->causes[i].selection)
				namings[count++] = run->selections[j];
	}
	return count;
}

struct asked daemon_command(
	struct world *world, enum dispatch_verb verb, int site, const struct sim_row *row)
{
	struct errand *errand = calloc(1, sizeof *errand);
	bool has_ended = row && !refresh_state_is_open(row->row.state);
	size_t cause_count = row ? row->cause_count : 0;
	errand->world = world;
	world->errands++;
	errand->generation = world->generation;
	size_t naming_count = has_ended ? find_namings(world, row, errand->namings) : 0;
	errand->command = (struct dispatch_command){ .verb = verb,
		.who = "somebody",
		.refresh = row ? row->row.id : 0,
		.site = row ? NULL : world->sites[site].options.name,
		.ended = has_ended ? &row->row : NULL,
		.causes = row ? row->causes : NULL,
		.cause_count = cause_count,
		.namings = errand->namings,
		.naming_count = naming_count,
		.done = errand_done,
		.context = errand };
	core_command(world->core, &errand->command);
	struct asked asked = errand->command.asked;
	errand->is_read = true;
	if (errand->is_done && asked.consent == CONSENT_YES)
		wrong(world, "somebody is told that it is done, and it is not durable");
	if (errand->is_done)
		free(errand);
	daemon_step(world);
	return asked;
}

/* ---- life ---- */

static void keep_config(struct shared *shared)
{
	(void)shared; /* it is the world's */
}

static void start_core(struct world *world)
{
	struct error err;
	struct config *config = &world->config;
	*config = (struct config){ .history = INT64_C(1000) * 24 * HOUR,
		.give_up_after = world->schedule_options.give_up_after,
		.clock_skew = world->schedule_options.clock_skew,
		.retry = { world->schedule_options.retry_initial,
			world->schedule_options.retry_max } };
	shared_init(&config->shared, keep_config);
	set_config(world);
	world->tableau.world = world->journal.world = world;
	world->edge = (struct edge){ .ask = &sim_tableau,
		.tableau = &world->tableau,
		.keep = &sim_journal,
		.journal = &world->journal,
		.time = &sim_clock,
		.clock = world,
		.written = written,
		.saw = saw,
		.context = world };
	world->core = core_new(&world->edge, config, draw(world), false);
	if (!core_load(world->core, world->disk, &err))
		wrong(world, "%s", err.message);
}

/* It has the sites, from now on. */
static void begin_watch(struct world *world)
{
	world->answering = -1;
	world->started_at = world->now;
	for (int i = 0; i < SITES; i++) /* no look was made meanwhile */
		world->calls[i].trouble_at = world->now;
	for (int run = 0; run < world->run_count; run++)
		if (world->runs[run].id && !world->runs[run].heard_at)
			world->runs[run].heard_at = world->now;
	if (world->now >=
		world->calm_from) /* the reply to a person who resumed a site may be lost */
		later(world, world->now + MINUTE, PENDING_CALM);
}

void daemon_start(struct world *world)
{
	world->life++;
	world->is_up = true;
	note(world, "the daemon starts");
	begin_watch(world);
	disk_open(world);
	start_core(world);
	daemon_step(world);
}

void daemon_kill(struct world *world)
{
	note(world, "the daemon is killed");
	disk_tear(world);
	oracle_crashed(world);
	world->is_dying = true;
	core_stop(world->core);
	edge_drain(world);
	core_refuse_waiting(world->core);
	core_free(world->core);
	world->core = NULL;
	disk_close(world);
	world->send_count = 0;
	world->is_dying = world->is_up = false;
	world->is_away = world->is_lost = world->is_dropped = false;
	world->life++; /* what it waited for comes to nobody */
}

/* What is at the journal is written by the life that comes; what is on its way to Tableau, or told
 * by dbt and not taken in, is nobody's. */
static void begin_life(struct world *world)
{
	for (size_t i = 0; i < world->pending_count; i++)
		if (world->pending[i].type == PENDING_COMMIT)
			world->pending[i].life++;
	/* Of which content a job is never changes, so that is not forgotten. */
	for (int i = 0; i < world->job_count; i++)
		if (world->jobs[i].known_in == world->life)
			world->jobs[i].known_in++;
	world->life++;
}

void daemon_leave(struct world *world, bool is_lost)
{
	note(world, "the sites are %s", is_lost ? "lost" : "given away");
	world->is_lost = is_lost;
	world->is_leaving = true;
	for (int i = 0; i < SITES; i++)
		core_leave(world->core, world->sites[i].options.name, is_lost);
	world->is_leaving = false;
	edge_forget(world);
	world->send_count = 0;
	begin_life(world);
	world->is_up = false;
	world->is_away = true;
	daemon_step(world);
	struct schedule_counts counts = schedule_count(core_schedule(world->core));
	if (counts.open || counts.selections || counts.causes || counts.in_flight)
		wrong(world, "something is left of sites that were left");
}

static void adopt(struct world *world, const char *site)
{
	struct error err;
	OWNED(site_work) work = site_work_new(site);
	if (!site_work_load(work, world->disk, (struct wall){ 0 }, &err) ||
		!site_work_load_selections(work, world->disk, &err))
		wrong(world, "%s", err.message);
	core_adopt(world->core, work);
}

bool daemon_adopt(struct world *world)
{
	bool has_left = core_is_written(world->core);
	for (int i = 0; i < SITES; i++)
		has_left &= core_has_left(world->core, world->sites[i].options.name);
	if (!has_left)
		return false;
	note(world, "the sites are adopted");
	oracle_crashed(world);
	world->is_up = true;
	world->is_away = world->is_lost = world->is_dropped = false;
	begin_watch(world);
	for (int i = 0; i < SITES; i++)
		adopt(world, world->sites[i].options.name);
	daemon_step(world);
	return true;
}

void daemon_step(struct world *world)
{
	core_step(world->core);
	edge_check_begun(world);
}

int64_t daemon_next(const struct world *world)
{
	return core_next(world->core).us;
}
