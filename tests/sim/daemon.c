/*
 * tests/sim/daemon.c - our own side around the scheduler, as dispatch/loop.c and store/journal.c
 * have it: what is recorded becomes durable in batches, a request leaves only after the batch that
 * records it, and a crash forgets what is not durable.
 */
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

static const char *const rule_names[RULES] = { "rule-0", "rule-1", "rule-2", "rule-3", "rule-4",
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

/* ---- batches ---- */

static struct sim_batch *batch_new(void)
{
	return calloc(1, sizeof(struct sim_batch));
}

static void batch_free(struct sim_batch *batch)
{
	if (batch)
		free(batch->ops);
	free(batch);
}

static struct op *add(struct sim_batch *batch, enum operation type)
{
	if (batch->count == batch->capacity) {
		batch->capacity = batch->capacity ? batch->capacity * 2 : 8;
		batch->ops = realloc(batch->ops, batch->capacity * sizeof *batch->ops);
	}
	struct op *op = &batch->ops[batch->count++];
	memset(op, 0, sizeof *op);
	op->type = type;
	return op;
}

static void copy_row(struct world *world, struct sim_row *to, const struct refresh_row *row)
{
	to->row = *row;
	snprintf(to->reason, sizeof to->reason, "%s", row->reason);
	snprintf(to->job_id, sizeof to->job_id, "%s", row->job_id);
	int content = content_of(world, &row->content);
	static const struct content none = { .luid = "", .name = "nothing", .project = "" };
	to->row.content = content >= 0 ? world->contents[content].content : none;
	to->row.site = world->sites[site_number(row->site)].options.name;
	to->is_there = true;
}

static struct sim_row *row_of(struct world *world, int64_t refresh)
{
	if (refresh / 2 >= ROWS) {
		wrong(world, "more than %d refreshes", ROWS);
		return &world->store.rows[0];
	}
	return &world->store.rows[refresh / 2];
}

static void put_cause(struct world *world, const struct cause_row *cause)
{
	struct sim_row *row = row_of(world, cause->refresh);
	for (size_t i = 0; i < row->cause_count; i++)
		if (row->causes[i].event == cause->event &&
			!strcmp(row->causes[i].rule, cause->rule)) {
			row->causes[i] = *cause;
			return;
		}
	if (row->cause_count == CAUSES)
		wrong(world, "more than %d causes", CAUSES);
	else
		row->causes[row->cause_count++] = *cause;
}

static void put_spent(struct store *store, const struct spent *spent)
{
	for (size_t i = 0; i < store->spent_count; i++)
		if (!strcmp(store->spent[i].site, spent->site) &&
			store->spent[i].kind == spent->kind &&
			store->spent[i].at.us == spent->at.us) {
			store->spent[i] = *spent;
			return;
		}
	if (store->spent_count == SPENT)
		memmove(store->spent, store->spent + 1, --store->spent_count * sizeof *spent);
	store->spent[store->spent_count++] = *spent;
}

static void apply(struct world *world, const struct sim_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct op *op = &batch->ops[i];
		struct sim_row *row;
		switch (op->type) {
		case OP_RECORD:
			row = row_of(world, op->row.row.id);
			row->row = op->row.row;
			memcpy(row->reason, op->row.reason, sizeof row->reason);
			memcpy(row->job_id, op->row.job_id, sizeof row->job_id);
			row->row.reason = row->reason;
			row->row.job_id = row->job_id;
			row->is_there = true;
			if (world->store.last_refresh < row->row.id)
				world->store.last_refresh = row->row.id;
			break;
		case OP_CAUSE:
			put_cause(world, &op->cause);
			break;
		case OP_END_SELECTION:
			world->store.open[op->selection >> 8][op->selection & 255] = false;
			break;
		case OP_SPENT:
			put_spent(&world->store, &op->spent);
			break;
		}
	}
	oracle_committed(world, batch->generation);
}

static void write_batch(struct world *world)
{
	if (world->writing || (!world->open->count && !world->open->send_count))
		return;
	int64_t takes = chance(world, FAULT_SLOW_DISK, 10) ? between(world, SECOND, SLOWEST_DISK)
							   : between(world, 1000, 20000);
	world->writing = world->open;
	world->writing->generation = world->generation++;
	world->open = batch_new();
	later(world, world->now + takes, PENDING_COMMIT)->life = world->life;
}

/* ---- calls ---- */

static void call(struct world *world, struct sim_call call)
{
	int64_t takes = chance(world, FAULT_SLOW, 8) ? between(world, SECOND, 100 * SECOND)
						     : between(world, 5000, 400000);
	call.asked_at = world->now;
	oracle_call(world, &call);
	struct pending *pending = later(world, world->now + takes, PENDING_REQUEST);
	pending->life = world->life;
	pending->call = call;
}

static struct sim_call call_about(
	struct world *world, enum call_type type, const struct action *action)
{
	const struct refresh_row *row = action->refresh;
	struct sim_call call = { .type = type,
		.site = site_number(action->site),
		.id = row->id,
		.content = content_of(world, &row->content),
		.job = *row->job_id ? job_named(world, row->job_id) : -1,
		.since = action->since,
		.asked_after = action->asked_after };
	for (size_t i = 0; type == CALL_LOOK && i < sizeof call.known / sizeof *call.known &&
			   action->known_jobs[i];
		i++)
		snprintf(call.known[i], sizeof call.known[i], "%s", action->known_jobs[i]);
	return call;
}

static void send_durable(struct world *world, int64_t refresh)
{
	const struct refresh_row *row = schedule_find(world->schedule, refresh);
	if (!row || row->state != REFRESH_SENDING)
		return;
	if (chance(world, FAULT_PEOPLE, 5))
		later(world, world->now + between(world, 0, SECOND), PENDING_HASTE)->number =
			(int)refresh / 2;
	if (chance(world, FAULT_CRASH, 1)) /* while its result is not known */
		later(world, world->now + between(world, 0, SECOND), PENDING_CRASH);
	call(world, (struct sim_call){ .type = CALL_SEND,
			    .site = site_number(row->site),
			    .id = refresh,
			    .content = content_of(world, &row->content),
			    .is_incremental = row->incremental,
			    .sent_at = world->now });
}

static void resolve(struct world *world, int64_t selection)
{
	const struct wish *wish = &world->runs[selection >> 8].wishes[selection & 255];
	call(world, (struct sim_call){ .type = CALL_RESOLVE, .site = wish->site, .id = selection });
}

static void perform(struct world *world, const struct action *action)
{
	struct op *op;
	switch (action->type) {
	case ACTION_RECORD:
		note(world, "  refresh %lld %s: %s%s%s", (long long)action->refresh->id,
			action->refresh->content.name, refresh_state_name(action->refresh->state),
			*action->refresh->reason ? ": " : "", action->refresh->reason);
		copy_row(world, &add(world->open, OP_RECORD)->row, action->refresh);
		break;
	case ACTION_CAUSE:
		note(world, "  refresh %lld: because of event %lld",
			(long long)action->cause->refresh, (long long)action->cause->event);
		oracle_cause(world, action->cause);
		op = add(world->open, OP_CAUSE);
		op->cause = *action->cause;
		for (int i = 0; i < RULES; i++)
			if (!strcmp(rule_names[i], op->cause.rule))
				op->cause.rule = rule_names[i];
		break;
	case ACTION_END_SELECTION:
		add(world->open, OP_END_SELECTION)->selection = action->selection;
		break;
	case ACTION_SPENT:
		op = add(world->open, OP_SPENT);
		op->spent = action->spent;
		op->spent.site = world->sites[site_number(action->spent.site)].options.name;
		break;
	case ACTION_RESOLVE:
		resolve(world, action->selection);
		break;
	case ACTION_GREET:
		call(world,
			(struct sim_call){
				.type = CALL_GREET, .site = site_number(action->site), .job = -1 });
		break;
	case ACTION_SEND:
		oracle_send(world, action->refresh);
		world->open->sends[world->open->send_count++] = action->refresh->id;
		break;
	case ACTION_POLL:
		call(world, call_about(world, CALL_POLL, action));
		break;
	case ACTION_LOOK:
		call(world, call_about(world, CALL_LOOK, action));
		break;
	case ACTION_CANCEL:
		call(world, call_about(world, CALL_CANCEL, action));
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
	case ACTION_LIST:
		call(world, (struct sim_call){ .type = CALL_LIST,
				    .site = site_number(action->site),
				    .since = action->since,
				    .asked_after = action->asked_after });
		break;
	}
}

void daemon_perform(struct world *world, struct actions actions)
{
	/* The actions of one call are one change: its rows, then what is said of them. */
	for (size_t i = 0; i < actions.count; i++)
		if (actions.items[i].type == ACTION_RECORD)
			oracle_record(world, actions.items[i].refresh);
	for (size_t i = 0; i < actions.count; i++)
		perform(world, &actions.items[i]);
	for (size_t i = 0; i < actions.count; i++)
		if (actions.items[i].type == ACTION_RECORD)
			oracle_recorded(world, actions.items[i].refresh);
	write_batch(world);
}

static void step(struct world *world, const struct input *input)
{
	daemon_perform(world, schedule_step(world->schedule, instant_of(world), input));
}

/* ---- answers ---- */

static void resolved(struct world *world, const struct sim_call *call, struct answer answer)
{
	struct wish *wish = &world->runs[call->id >> 8].wishes[call->id & 255];
	struct content contents[2];
	for (int i = 0; i < wish->count; i++) {
		int content = wish->contents[i];
		const struct sim_content *named = &world->contents[content];
		content += named->is_gone || named->named == NAMED_OTHER ? NAMED : 0;
		contents[i] = world->contents[content].content;
		wish->names_nothing |= answer.verdict == VERDICT_OK && named->named == NAMED_NONE;
	}
	if (answer.verdict == VERDICT_OK && wish->names_nothing)
		answer = (struct answer){ .site = answer.site,
			.verdict = VERDICT_FAIL,
			.reason = "names nothing",
			.told = answer.told };
	step(world, &(struct input){ INPUT_RESOLVED,
			    .resolved = { call->id, answer, contents, (size_t)wish->count } });
}

/* The id is gone, or has another name; its name leads to another one (dispatch/confirm.h). */
static void moved(struct world *world, const struct sim_call *call, struct answer answer)
{
	answer.verdict = VERDICT_OK;
	oracle_moved(world, call->id);
	step(world, &(struct input){ INPUT_MOVED,
			    .moved = { call->id, answer,
				    &world->contents[call->content + NAMED].content } });
}

void daemon_answer(struct world *world, const struct sim_call *call)
{
	struct instant now = instant_of(world);
	struct answer answer = { .site = world->sites[call->site].options.name,
		.verdict = call->verdict,
		.is_alive = call->is_alive,
		.reason = call->reason,
		.retry_after = call->retry_after,
		.told = { .at = call->told_at,
			.after = { now.mono.us - (world->now - call->asked_at) },
			.before = now.mono },
		.calls = call->calls };
	struct job_seen seen = call->seen;
	seen.id = call->seen_id;
	/* A failed poll or list has no result (dispatch/effects.c). */
	if (call->type == CALL_POLL && answer.verdict == VERDICT_UNKNOWN)
		answer.verdict = VERDICT_RETRY;
	oracle_answer(world, call);
	switch (call->type) {
	case CALL_RESOLVE:
		resolved(world, call, answer);
		break;
	case CALL_GREET:
		step(world, &(struct input){ INPUT_GREETED, .greeted = { answer } });
		break;
	case CALL_SEND:
		if (call->has_moved) {
			moved(world, call, answer);
			break;
		}
		step(world, &(struct input){ INPUT_SENT,
				    .sent = { call->id, answer, &seen,
					    (struct wall){ now.wall.us -
							   (world->now - call->sent_at) } } });
		break;
	case CALL_POLL:
		if (call->has_moved) {
			moved(world, call, answer);
			break;
		}
		step(world, &(struct input){ INPUT_POLLED,
				    .polled = { call->id, answer, &seen, call->asked_after } });
		break;
	case CALL_LIST:
		for (size_t i = 0; i < call->row_count; i++)
			call->rows[i].id = call->row_ids[i];
		step(world, &(struct input){
				    INPUT_LISTED, .listed = { answer, call->rows, call->row_count,
							  call->asked_after } });
		break;
	case CALL_LOOK:
		step(world, &(struct input){ INPUT_LOOKED,
				    .looked = { call->id, answer, &seen, call->asked_after } });
		break;
	case CALL_CANCEL:
		step(world, &(struct input){
				    INPUT_JOB_CANCELLED, .job_cancelled = { call->id, answer } });
		break;
	}
	oracle_answered(world, call);
}

/* ---- events ---- */

/* Ids are given in the order in which events become durable. */
static int64_t event_stamp(int64_t event)
{
	return event << STAMP_BITS;
}

static void select_one(struct world *world, int run, int number)
{
	const struct run *of = &world->runs[run];
	const struct wish *wish = &of->wishes[number];
	const struct sim_rule *rule = &world->rules[wish->rules[0]];
	int priority = rule->priority;
	const char *rules[2];
	if (wish->rule_count > 1)
		meet(world, MET_TWO_RULES);
	for (int i = 0; i < wish->rule_count; i++) {
		int other = world->rules[wish->rules[i]].priority;
		rules[i] = rule_names[wish->rules[i]];
		priority = priority < other ? other : priority;
	}
	struct instant now = instant_of(world);
	struct schedule_selection selection = {
		.id = ((int64_t)run << 8) + number,
		.event = of->id,
		.stamp = event_stamp(of->id),
		.site = world->sites[wish->site].options.name,
		.incremental = wish->incremental,
		.priority = priority,
		.delay = rule->delay,
		.quiet = rule->quiet,
		.arrived_at = { now.wall.us - (world->now - of->durable_at) },
		.fresh_from = of->told,
		.label = "a name",
		.rule_count = (size_t)wish->rule_count,
		.rules = rules,
	};
	step(world, &(struct input){ INPUT_SELECT, .select = { &selection, NULL } });
}

void daemon_event(struct world *world, int run)
{
	struct run *of = &world->runs[run];
	if (!of->heard_at)
		of->heard_at = world->now;
	step(world, &(struct input){ INPUT_EVENT, .event = { event_stamp(of->id) } });
	for (int i = 0; i < of->wish_count; i++)
		select_one(world, run, i);
}

/* ---- life ---- */

static void configure(struct world *world)
{
	struct schedule_site sites[SITES];
	size_t count = 0;
	for (int i = 0; i < SITES; i++)
		if (!world->sites[i].is_gone)
			sites[count++] = world->sites[i].options;
	step(world, &(struct input){ INPUT_CONFIGURE,
			    .configure = { &world->schedule_options, sites, count } });
}

void daemon_reload(struct world *world)
{
	for (int i = 0; i < SITES; i++) {
		/* A site that comes back was not asked meanwhile, and its trouble may be over. */
		world->calls[i].trouble_at = world->now;
		world->calls[i].unread_lists = 0;
	}
	configure(world);
}

static int64_t stamp_of(const struct refresh_row *row)
{
	return row->sent_after + row->seen_waiting_after + row->job_started_at.us;
}

static void keep_later(const struct sim_row **last, const struct sim_row *row)
{
	if (!*last || stamp_of(&(*last)->row) <= stamp_of(&row->row))
		*last = row;
}

/* As in store_load_refreshes(): every open refresh, the ended ones with a job, and for each content
 * the last full and the last incremental success. */
static void restore_recent(struct world *world)
{
	for (int i = 0; i < ROWS; i++) {
		struct sim_row *row = &world->store.rows[i];
		if (row->is_there && *row->job_id && !refresh_state_is_open(row->row.state))
			step(world, &(struct input){
					    INPUT_RESTORE, .restore = { &row->row, NULL, 0 } });
	}
}

static void restore(struct world *world)
{
	const struct sim_row *last[CONTENTS][2] = { { NULL } };
	for (int i = 0; i < ROWS; i++) {
		struct sim_row *row = &world->store.rows[i];
		if (!row->is_there)
			continue;
		int content = content_of(world, &row->row.content);
		if (refresh_state_is_open(row->row.state))
			step(world,
				&(struct input){ INPUT_RESTORE,
					.restore = { &row->row, row->causes, row->cause_count } });
		else if (row->row.state == REFRESH_SUCCEEDED && content >= 0)
			keep_later(&last[content][row->row.incremental], row);
	}
	restore_recent(world);
	for (int i = 0; i < CONTENTS; i++)
		for (int j = 0; j < 2; j++)
			if (last[i][j])
				step(world, &(struct input){ INPUT_RESTORE,
						    .restore = { &last[i][j]->row, NULL, 0 } });
}

void daemon_start(struct world *world)
{
	world->life++;
	world->is_up = true;
	world->started_at = world->now;
	world->open = batch_new();
	struct refresh_ids ids = { world->store.last_refresh + 2, INT64_MAX };
	world->schedule = schedule_new(&world->schedule_options, ids, draw(world));
	note(world, "the daemon starts");
	for (int i = 0; i < SITES; i++) /* no look was made meanwhile */
		world->calls[i].trouble_at = world->now;
	if (world->last_event > 0)
		step(world, &(struct input){
				    INPUT_EVENT, .event = { event_stamp(world->last_event) } });
	for (int run = 0; run < world->run_count; run++)
		if (world->runs[run].id && !world->runs[run].heard_at)
			world->runs[run].heard_at = world->now;
	for (size_t i = 0; i < world->store.spent_count; i++)
		step(world, &(struct input){
				    INPUT_RESTORE_SPENT, .restore_spent = &world->store.spent[i] });
	for (int i = 0; i < SITES; i++)
		if (world->store.is_paused[i])
			step(world, &(struct input){ INPUT_RESTORE_PAUSE,
					    .restore_pause = {
						    world->sites[i].options.name, "somebody" } });
	restore(world);
	configure(world);
	for (int run = 0; run < world->run_count; run++)
		for (int i = 0; i < SELECTIONS; i++)
			if (world->store.open[run][i])
				select_one(world, run, i);
}

void daemon_kill(struct world *world)
{
	note(world, "the daemon is killed");
	/* The batch at the disk may have arrived there. */
	if (world->writing && between(world, 0, 1))
		apply(world, world->writing);
	oracle_crashed(world);
	schedule_free(world->schedule);
	world->schedule = NULL;
	batch_free(world->open);
	batch_free(world->writing);
	world->open = world->writing = NULL;
	world->is_up = false;
	world->life++; /* the answers that it waited for are lost */
}

void daemon_step(struct world *world)
{
	step(world, &(struct input){ .type = INPUT_TICK });
}

int64_t daemon_next(const struct world *world)
{
	return schedule_next(world->schedule).us;
}

void daemon_commit(struct world *world)
{
	struct sim_batch *batch = world->writing;
	apply(world, batch);
	world->writing = NULL;
	for (size_t i = 0; i < batch->send_count; i++)
		send_durable(world, batch->sends[i]);
	batch_free(batch);
	write_batch(world);
}
