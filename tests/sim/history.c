/*
 * tests/sim/history.c - draws a history from a seed, and lets its time pass.
 */
#include "tests/sim/sim.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MONO_BEGIN (100000 * SECOND) /* our struct mono at true time 0 */
#define WALL_BEGIN (1800000000 * SECOND)

/* ---- chance ---- */

/* splitmix64, Sebastiano Vigna, public domain. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t draw(struct world *world)
{
	return next_random(&world->random);
}

int64_t between(struct world *world, int64_t least, int64_t most)
{
	return most <= least ? least
			     : least + (int64_t)(draw(world) % (uint64_t)(most - least + 1));
}

static bool is_allowed(const struct world *world, enum fault fault)
{
	return world->options.faults >> fault & 1;
}

bool chance(struct world *world, enum fault fault, int percent)
{
	bool is_so = between(world, 0, 99) < percent && is_allowed(world, fault) &&
		     world->now < world->calm_from;
	if (is_so)
		meet(world, (int)fault);
	return is_so;
}

void meet(struct world *world, int what)
{
	world->met |= UINT64_C(1) << what;
}

/* ---- time ---- */

struct instant instant_of(const struct world *world)
{
	return (struct instant){ { WALL_BEGIN + world->now + world->wall_error },
		{ MONO_BEGIN + world->now } };
}

struct pending *later(struct world *world, int64_t at, enum pending_type type)
{
	struct pending *pending = &world->pending[world->pending_count];
	if (world->pending_count == PENDING) {
		wrong(world, "more than %d things are pending", PENDING);
		pending = &world->pending[0];
	} else {
		world->pending_count++;
	}
	*pending = (struct pending){ .at = at, .order = world->order++, .type = type };
	return pending;
}

static size_t first_pending(const struct world *world)
{
	size_t first = 0;
	for (size_t i = 1; i < world->pending_count; i++) {
		const struct pending *a = &world->pending[i], *b = &world->pending[first];
		if (a->at < b->at || (a->at == b->at && a->order < b->order))
			first = i;
	}
	return first;
}

void note(const struct world *world, const char *format, ...)
{
	va_list arguments;
	if (!world->options.trace)
		return;
	va_start(arguments, format);
	fprintf(world->options.trace, "%10.3f ", (double)world->now / 1e6);
	vfprintf(world->options.trace, format, arguments);
	fputc('\n', world->options.trace);
	va_end(arguments);
}

/* ---- drawing ---- */

static void draw_sites(struct world *world)
{
	static const char *const names[SITES] = { "a", "b" };
	for (int i = 0; i < SITES; i++) {
		struct sim_site *site = &world->sites[i];
		bool is_tight = is_allowed(world, FAULT_BUDGET) && between(world, 0, 4) == 0;
		site->options = (struct schedule_site){ .name = names[i],
			.max_requests = between(world, 1, 4),
			.max_running = between(world, 0, 2),
			.poll_interval = 10 * SECOND,
			.refreshes_per_hour = is_tight ? between(world, 2, 6) : 0,
			.job_queries_per_day = is_tight ? between(world, 100, 400) : 0 };
		site->skew = between(world, -29 * SECOND, 29 * SECOND);
		site->may_list = !(is_allowed(world, FAULT_NO_LIST) && between(world, 0, 4) == 0);
		site->may_poll = !(is_allowed(world, FAULT_NO_POLL) && between(world, 0, 11) == 0);
		site->starts_per_hour =
			is_allowed(world, FAULT_BUDGET) && between(world, 0, 9) == 0 ? 3 : 0;
	}
	for (int i = 0; i < CONTENTS; i++) {
		struct sim_content *content = &world->contents[i];
		snprintf(content->luid, sizeof content->luid, "luid-%d", i);
		snprintf(content->name, sizeof content->name, "content-%d", i % NAMED);
		content->site = i % NAMED >= 3;
		content->content =
			(struct content){ CONTENT_WORKBOOK, content->luid, content->name, "" };
		content->usual = between(world, 0, 2) ? between(world, SECOND, 2 * MINUTE)
						      : between(world, MINUTE, 40 * MINUTE);
		content->queue = between(world, 0, 2) ? between(world, 0, 20 * SECOND)
						      : between(world, 0, 10 * MINUTE);
		content->longest = content->queue + 3 * content->usual / 2;
	}
	for (int i = 0; i < RULES; i++)
		world->rules[i] = (struct sim_rule){ .priority = (int)between(world, 0, 100) };
	world->rules[4].delay = between(world, 10 * SECOND, 20 * MINUTE);
	world->rules[5].quiet = between(world, 10 * SECOND, 5 * MINUTE);
	world->rules[5].delay = between(world, 0, 1) ? between(world, SECOND, 10 * MINUTE) : 0;
}

/* A selection that two rules share has no `quiet` (schedule/schedule.h). */
static void draw_wish(struct world *world, struct wish *wish, int rule)
{
	bool is_shared = rule < 3 && between(world, 0, 4) == 0;
	*wish = (struct wish){ .site = (int)between(world, 0, 1),
		.rules = { rule, 3 },
		.rule_count = is_shared ? 2 : 1,
		.selected_count = (int)between(world, 1, 2),
		.incremental = between(world, 0, 4) == 0,
		.names_nothing = between(world, 0, 40) == 0 };
	int first = wish->site ? 3 : 0, count = wish->site ? 2 : 3;
	int offset = (int)between(world, 0, count - 1);
	for (int i = 0; i < wish->selected_count; i++)
		wish->contents[i] = wish->selected[i] = first + (offset + i) % count;
	wish->count = wish->selected_count;
	wish->is_by_luid = wish->count == 1 && !wish->names_nothing && between(world, 0, 2) == 0;
	/* One by its name or LUID, two by a pattern. */
	if (wish->names_nothing)
		snprintf(wish->selector, sizeof wish->selector, "no content");
	else if (wish->is_by_luid)
		snprintf(wish->selector, sizeof wish->selector, "%s",
			world->contents[wish->selected[0]].luid);
	else if (wish->count == 1)
		snprintf(wish->selector, sizeof wish->selector, "content-%d", wish->selected[0]);
	else
		snprintf(wish->selector, sizeof wish->selector, "/content-[%d%d]/",
			wish->selected[0], wish->selected[1]);
}

static struct wall dbt_tells(struct world *world, int64_t finished)
{
	int64_t us = WALL_BEGIN + finished + world->dbt_skew;
	if (between(world, 0, 9) == 0)
		us = 0;
	return (struct wall){ between(world, 0, 1) ? us : us / SECOND * SECOND };
}

/* A webhook may come within a second of its run's end, or much later. */
static int64_t dbt_takes(struct world *world)
{
	static const int64_t most[] = { SECOND, 4 * SECOND, 10 * SECOND, 20 * MINUTE };
	return between(world, 0, most[between(world, 0, 3)]);
}

static void draw_runs(struct world *world, int64_t window)
{
	world->run_count = (int)between(world, 1, EVENTS);
	for (int i = 0; i < world->run_count; i++) {
		struct run *run = &world->runs[i];
		/* Two subscriptions deliver the same run. */
		if (i && between(world, 0, 3) == 0) {
			*run = world->runs[i - 1];
			run->arrives = run->finished + dbt_takes(world);
			continue;
		}
		run->finished = between(world, SECOND, window);
		run->arrives = run->finished + dbt_takes(world);
		run->told = dbt_tells(world, run->finished);
		run->has_no_event_id = between(world, 0, 3) == 0;
		run->wish_count = (int)between(world, 1, SELECTIONS);
		int rule = (int)between(world, 0, RULES - 1);
		for (int j = 0; j < run->wish_count; j++)
			draw_wish(world, &run->wishes[j], (rule + j) % RULES);
	}
	for (int i = 0; i < world->run_count; i++)
		if (world->options.events >> i & 1)
			later(world, world->runs[i].arrives, PENDING_ARRIVAL)->number = i;
}

/* Some of a kind, at times drawn over the window. */
static void strew(
	struct world *world, enum fault fault, enum pending_type type, int most, int64_t window)
{
	int count = (int)between(world, 0, most);
	for (int i = 0; i < count; i++) {
		int64_t at = between(world, 0, window);
		uint64_t number = draw(world) & 0xffff;
		int64_t step = between(world, -2 * HOUR, 2 * HOUR);
		if (!is_allowed(world, fault))
			continue;
		struct pending *pending = later(world, at, type);
		pending->number = (int)number;
		pending->step = step;
	}
}

/* Another schedule refreshes the same content when the run is about to end. */
static void draw_close_jobs(struct world *world)
{
	for (int i = 0; i < world->run_count; i++) {
		const struct run *run = &world->runs[i];
		int64_t at = run->finished - between(world, 0, SECOND);
		bool is_close = between(world, 0, 2) == 0;
		if (is_close && is_allowed(world, FAULT_FOREIGN_JOB))
			later(world, at > 0 ? at : 0, PENDING_FOREIGN)->number =
				run->wishes[0].contents[0];
	}
}

/* A copy of the disk, and when it is put back. */
static void draw_copies(struct world *world, int64_t window)
{
	int count = between(world, 0, 3) ? 0 : (int)between(world, 1, 2);
	for (int i = 0; i < count; i++) {
		int64_t taken = between(world, 0, window), put_back = between(world, taken, window);
		if (!is_allowed(world, FAULT_OLDER_DISK))
			continue;
		later(world, taken, PENDING_COPY);
		later(world, put_back, PENDING_PUT_BACK);
	}
}

static void draw_history(struct world *world)
{
	static const int64_t windows[] = { 10 * SECOND, 5 * MINUTE, 30 * MINUTE, 3 * HOUR };
	int64_t window = windows[between(world, 0, 3)], trouble = window + 20 * MINUTE;
	world->random = world->options.seed;
	world->calm_from = trouble;
	later(world, trouble, PENDING_CALM);
	world->dbt_skew = between(world, -29 * SECOND, 29 * SECOND);
	static const int64_t patience[] = { 6 * HOUR, 6 * HOUR, HOUR, 15 * MINUTE };
	int64_t give_up_after = patience[between(world, 0, 3)];
	if (give_up_after < trouble)
		meet(world, MET_GIVEN_UP_SOON);
	world->schedule_options = (struct schedule_options){ .give_up_after = give_up_after,
		.clock_skew = 60 * SECOND,
		.retry_initial = SECOND,
		.retry_max = 5 * MINUTE };
	draw_sites(world);
	draw_runs(world, window);
	strew(world, FAULT_CRASH, PENDING_CRASH, between(world, 0, 1) ? 5 : 0, trouble);
	strew(world, FAULT_CLOCK_STEP, PENDING_STEP, between(world, 0, 2) ? 0 : 3, trouble);
	strew(world, FAULT_FOREIGN_JOB, PENDING_FOREIGN, 6, trouble);
	draw_close_jobs(world);
	strew(world, FAULT_OUTAGE, PENDING_OUTAGE, between(world, 0, 3) ? 0 : 2, trouble);
	strew(world, FAULT_RELOAD, PENDING_RELOAD, between(world, 0, 3) ? 0 : 4, trouble);
	strew(world, FAULT_UNREAD, PENDING_UNREAD, between(world, 0, 3) ? 0 : 2, trouble);
	strew(world, FAULT_RENAME, PENDING_RENAME, between(world, 0, 3) ? 0 : 3, trouble);
	strew(world, FAULT_MOVE, PENDING_MOVE, between(world, 0, 3) ? 0 : 3, trouble);
	strew(world, FAULT_PEOPLE, PENDING_PEOPLE, between(world, 0, 2) ? 0 : 6, trouble);
	strew(world, FAULT_HAND_OVER, PENDING_HAND_OVER, between(world, 0, 1) ? 0 : 5, trouble);
	draw_copies(world, trouble);
}

/* ---- what happens ---- */

static void arrival(struct world *world, int number)
{
	const struct run *run = &world->runs[number];
	if (run->id) /* dbt sent it again though it was acknowledged: a duplicate, no effect */
		return;
	if (!world->is_up) {
		later(world, world->now + between(world, 20 * SECOND, 3 * MINUTE), PENDING_ARRIVAL)
			->number = number;
		return;
	}
	struct pending *pending =
		later(world, world->now + between(world, 1000, 20000), PENDING_DURABLE);
	pending->number = number;
	pending->life = world->life;
}

/* dbt did not get our answer and delivers again. Without an event id, that is another event. */
static void tell_again(struct world *world, int number)
{
	int again = number;
	if (world->runs[number].has_no_event_id) {
		if (world->run_count == EVENTS)
			return;
		again = world->run_count++;
		world->runs[again] = world->runs[number];
		world->runs[again].id = 0;
		world->runs[again].durable_at = world->runs[again].heard_at = 0;
		for (int i = 0; i < world->runs[again].wish_count; i++) {
			world->runs[again].wishes[i].is_answered = false;
			world->runs[again].wishes[i].free_from = 0;
		}
	}
	later(world, world->now + between(world, 0, MINUTE), PENDING_ARRIVAL)->number = again;
}

/* As the rules' decision has it (src/rules/expand.c). */
static void select_wish(struct world *world, struct run *run, int number)
{
	const struct wish *wish = &run->wishes[number];
	struct selection *selection = &run->selections[number];
	*selection = (struct selection){ .site = world->sites[wish->site].options.name,
		.kind = CONTENT_WORKBOOK,
		.by = wish->is_by_luid         ? SELECT_LUID
		      : *wish->selector == '/' ? SELECT_PATTERN
					       : SELECT_NAME,
		.selector = wish->selector,
		.incremental = wish->incremental,
		.rule_count = (size_t)wish->rule_count,
		.rules = run->rules[number] };
	for (int i = 0; i < wish->rule_count; i++) {
		const struct sim_rule *rule = &world->rules[wish->rules[i]];
		run->rules[number][i] = rule_names[wish->rules[i]];
		if (selection->priority < rule->priority)
			selection->priority = rule->priority;
		selection->delay = rule->delay;
		selection->quiet = rule->quiet;
	}
	OWNED_JSON json = selection_json(selection);
	if (!cJSON_PrintPreallocated(json, run->kept[number], sizeof run->kept[number], false))
		wrong(world, "a selection does not fit");
}

static void durable(struct world *world, const struct pending *pending)
{
	struct run *run = &world->runs[pending->number];
	if (run->id) /* it was told twice at once */
		return;
	if (pending->life != world->life) { /* not acknowledged: dbt sends it again */
		later(world, world->now + MINUTE, PENDING_ARRIVAL)->number = pending->number;
		return;
	}
	for (int i = 0; i < run->wish_count; i++)
		select_wish(world, run, i);
	run->received_at = instant_of(world).wall;
	run->durable_at = world->now;
	disk_add_event(world, pending->number);
	note(world, "event %lld is durable; the run finished %.1f s ago", (long long)run->id,
		(double)(world->now - run->finished) / 1e6);
	for (int i = 0; i < run->wish_count; i++)
		note(world, "  it wants %d of site %s by rule-%d%s%s, from %s",
			run->wishes[i].count, world->sites[run->wishes[i].site].options.name,
			run->wishes[i].rules[0], run->wishes[i].incremental ? ", incremental" : "",
			run->wishes[i].names_nothing ? ", nothing of that name" : "",
			world->contents[run->wishes[i].contents[0]].name);
	if (chance(world, FAULT_NO_EVENT_ID, 15))
		tell_again(world, pending->number);
	struct pending *heard = later(world, world->now + 500, PENDING_HEARD);
	heard->number = pending->number;
	heard->life = world->life;
}

static void crash(struct world *world)
{
	if (!world->is_up && !world->is_away)
		return;
	meet(world, FAULT_CRASH);
	daemon_kill(world);
	int64_t down = between(world, 0, 3) ? between(world, 100000, 5 * SECOND)
					    : between(world, SECOND, 30 * MINUTE);
	later(world, world->now + down, PENDING_START);
}

/* People take their time; the daemon may be down already. */
static void put_back(struct world *world)
{
	if (!world->copy)
		return;
	meet(world, FAULT_OLDER_DISK);
	note(world, "somebody stops the daemon, to put the copy back");
	if (world->is_up || world->is_away)
		daemon_kill(world);
	for (size_t i = world->pending_count; i-- > 0;)
		if (world->pending[i].type == PENDING_START ||
			world->pending[i].type == PENDING_OLDER)
			world->pending[i] = world->pending[--world->pending_count];
	world->stopped_at = world->now;
	int64_t down = between(world, 0, 7) ? between(world, SECOND, 20 * MINUTE)
					    : between(world, HOUR, 30 * HOUR);
	later(world, world->now + down, PENDING_OLDER);
}

/* All sites, so that the oracle takes it for a crash in which nothing is lost but what was given up
 * with the lease. */
static void hand_over(struct world *world, int number)
{
	bool is_lost = number % 2 && !world->errands;
	if (!world->is_up)
		return;
	meet(world, FAULT_HAND_OVER);
	if (is_lost)
		meet(world, MET_LEASE_LOST);
	daemon_leave(world, is_lost);
	later(world, world->now + number % 8 * SECOND / 4, PENDING_ADOPT);
}

static void adopt(struct world *world)
{
	if (world->is_away && !daemon_adopt(world))
		later(world, world->now + SECOND / 10, PENDING_ADOPT);
}

static void step_clock(struct world *world, int64_t step)
{
	meet(world, FAULT_CLOCK_STEP);
	note(world, "our clock steps by %+.0f s", (double)step / 1e6);
	world->wall_error += step;
	world->has_stepped = true;
}

static void outage(struct world *world, const struct pending *pending)
{
	int site = pending->number % SITES;
	meet(world, FAULT_OUTAGE);
	int64_t longest = between(world, 0, 3) ? 20 * MINUTE : 2 * HOUR;
	world->sites[site].down_until = world->now + between(world, 10 * SECOND, longest);
	world->sites[site].is_behind_gateway =
		pending->number / SITES % 3 == 0 && is_allowed(world, FAULT_NOT_TABLEAU);
	if (world->sites[site].is_behind_gateway)
		meet(world, FAULT_NOT_TABLEAU);
	world->calls[site].outage_began = world->now;
	world->calls[site].in_outage = 0;
	note(world, "site %s is down for %.0f s", world->sites[site].options.name,
		(double)(world->sites[site].down_until - world->now) / 1e6);
}

static void pause_site(struct world *world, int number)
{
	struct sim_site *site = &world->sites[number];
	bool was_paused = site->is_paused;
	struct asked asked =
		daemon_command(world, was_paused ? DISPATCH_RESUME : DISPATCH_PAUSE, number, NULL);
	if (asked.consent == CONSENT_NONE) /* the configuration has no such site */
		return;
	meet(world, FAULT_PEOPLE);
	note(world, "somebody %s site %s", was_paused ? "resumes" : "pauses", site->options.name);
}

static void reload(struct world *world, int64_t number)
{
	struct sim_site *site = &world->sites[number % SITES];
	if (!world->is_up)
		return;
	meet(world, FAULT_RELOAD);
	if (number / 2 % 3)
		site->is_gone = !site->is_gone;
	site->options.max_requests = 1 + number / 8 % 4;
	site->options.max_running = number / 32 % 3;
	note(world, "a reload: site %s %s", site->options.name,
		site->is_gone ? "is gone" : "is there");
	daemon_reload(world);
}

/* Publishes content again: the old id leads nowhere any more. */
static void move(struct world *world, int number)
{
	struct sim_content *from = &world->contents[number % NAMED];
	if (from->is_gone || from->named != NAMED_STILL)
		return;
	meet(world, FAULT_MOVE);
	from->is_gone = true;
	note(world, "%s is published again", from->name);
}

/* Something on the site has an unreadable name. */
static void unread(struct world *world, int number)
{
	struct sim_site *site = &world->sites[number % SITES];
	meet(world, FAULT_UNREAD);
	site->unread_until = world->now + (number / SITES % 600 + 1) * 2 * SECOND;
	note(world, "the lists of site %s cannot be read for a while", site->options.name);
}

/* Its id still works, but its name belongs to other content now, or to none. */
static void rename_content(struct world *world, int number)
{
	static const char *const words[] = { "", "is called otherwise, which the list lags behind",
		"is called otherwise, and another one by its name",
		"is called otherwise, and no other one by its name" };
	struct sim_content *content = &world->contents[number % NAMED];
	if (content->is_gone || content->named != NAMED_STILL)
		return;
	meet(world, FAULT_RENAME);
	content->named = NAMED_LATER + (enum naming)(number / NAMED % 3);
	content->renamed_at = world->now;
	content->lags_until = world->now + (number / NAMED % 60 + 1) * SECOND;
	note(world, "%s %s", content->name, words[content->named]);
}

static void calm(struct world *world)
{
	if (!world->is_up) {
		later(world, world->now + MINUTE, PENDING_CALM);
		return;
	}
	for (int i = 0; i < SITES; i++)
		world->sites[i].is_gone = false;
	daemon_reload(world);
	for (int i = 0; i < SITES; i++)
		if (world->sites[i].is_paused)
			pause_site(world, i);
}

static void ask_about(struct world *world, int number, int64_t what)
{
	struct sim_row *row = &world->store.rows[number];
	struct watched *of = &world->watched[number];
	if (!row->is_there || of->content < 0)
		return;
	meet(world, FAULT_PEOPLE);
	note(world, "somebody asks to %s refresh %lld", what == 0 ? "cancel" : "retry",
		(long long)row->row.id);
	daemon_command(world, what == 0 ? DISPATCH_CANCEL : DISPATCH_RETRY, 0, row);
}

static void people(struct world *world, const struct pending *pending)
{
	int64_t rows = world->store.last_refresh / 2;
	if (!world->is_up)
		return;
	if (pending->number % 3 == 0)
		pause_site(world, pending->number / 3 % SITES);
	else if (rows)
		ask_about(world, 1 + (int)(pending->number % rows), pending->number % 3 - 1);
}

static void haste(struct world *world, const struct pending *pending)
{
	if (!world->is_up)
		return;
	ask_about(world, pending->number, pending->step);
	if (pending->step)
		return;
	struct pending *again =
		later(world, world->now + between(world, 0, 2 * SECOND), PENDING_HASTE);
	again->number = pending->number;
	again->step = 1;
	if (chance(world, FAULT_CRASH, 40))
		later(world, again->at + between(world, 0, SECOND), PENDING_CRASH);
}

static void answer(struct world *world, struct pending *pending)
{
	if (pending->life == world->life)
		edge_answer(world, &pending->request);
	edge_clear(&pending->request);
}

static int64_t reply_takes(struct world *world)
{
	if (!chance(world, FAULT_SLOW_REPLY, 6))
		return between(world, 1000, 300000);
	return between(world, SECOND, 55 * SECOND);
}

static void request(struct world *world, struct pending *pending)
{
	struct request *request = &pending->request;
	site_request(world, request);
	struct pending *back = later(world,
		world->now + (request->call.is_reply_lost ? 60 * SECOND : reply_takes(world)),
		PENDING_ANSWER);
	back->life = pending->life;
	back->request = *request;
}

static void happen(struct world *world, struct pending *pending)
{
	bool is_ours = pending->life == world->life;
	switch (pending->type) {
	case PENDING_ARRIVAL:
		arrival(world, pending->number);
		break;
	case PENDING_DURABLE:
		durable(world, pending);
		break;
	case PENDING_HEARD:
		if (is_ours)
			daemon_event(world, pending->number);
		break;
	case PENDING_COMMIT:
		if (is_ours)
			disk_commit(world);
		break;
	case PENDING_REQUEST: /* it is on its way, whatever has become of the daemon */
		request(world, pending);
		break;
	case PENDING_ANSWER:
		answer(world, pending);
		break;
	case PENDING_CRASH:
		crash(world);
		break;
	case PENDING_START:
		daemon_start(world);
		break;
	case PENDING_COPY:
		older_copy(world);
		break;
	case PENDING_PUT_BACK:
		put_back(world);
		break;
	case PENDING_OLDER:
		older_put_back(world);
		daemon_start(world);
		break;
	case PENDING_HAND_OVER:
		hand_over(world, pending->number);
		break;
	case PENDING_ADOPT:
		adopt(world);
		break;
	case PENDING_FOREIGN:
		meet(world, FAULT_FOREIGN_JOB);
		site_foreign_job(world, pending->number % CONTENTS);
		break;
	case PENDING_STEP:
		step_clock(world, pending->step);
		break;
	case PENDING_OUTAGE:
		outage(world, pending);
		break;
	case PENDING_PEOPLE:
		people(world, pending);
		break;
	case PENDING_HASTE:
		haste(world, pending);
		break;
	case PENDING_RELOAD:
		reload(world, pending->number);
		break;
	case PENDING_MOVE:
		move(world, pending->number);
		break;
	case PENDING_RENAME:
		rename_content(world, pending->number);
		break;
	case PENDING_UNREAD:
		unread(world, pending->number);
		break;
	case PENDING_CALM:
		calm(world);
		break;
	}
}

/* ---- a whole history ---- */

static bool is_over(const struct world *world)
{
	struct schedule_counts counts;
	if (!world->is_up || world->pending_count)
		return false;
	counts = schedule_count(core_schedule(world->core));
	return !counts.open && !counts.selections && core_is_written(world->core);
}

/* Checks the counts that limits.waiting_refreshes bounds. */
static void check_counts(struct world *world)
{
	struct schedule_counts counts = schedule_count(core_schedule(world->core));
	if (counts.waiting || counts.in_flight || counts.causes)
		wrong(world, "all is over, and %lld wait, %lld are in flight, for %lld causes",
			(long long)counts.waiting, (long long)counts.in_flight,
			(long long)counts.causes);
}

static void pass(struct world *world)
{
	int64_t due = world->is_up || world->is_away ? daemon_next(world) : INT64_MAX;
	size_t first = first_pending(world);
	int64_t at = world->pending_count ? world->pending[first].at : INT64_MAX;
	int64_t next = due != INT64_MAX && due - MONO_BEGIN <= at ? due - MONO_BEGIN : at;
	if (next != INT64_MAX && next > world->now)
		oracle_pass(world, next);
	if (due != INT64_MAX && due - MONO_BEGIN <= at) {
		if (due - MONO_BEGIN > world->now)
			world->now = due - MONO_BEGIN;
		daemon_step(world);
		return;
	}
	if (at == INT64_MAX) {
		wrong(world, "nothing will ever happen again, and something is still open");
		return;
	}
	struct pending pending = world->pending[first];
	world->pending[first] = world->pending[--world->pending_count];
	if (pending.at > world->now)
		world->now = pending.at;
	happen(world, &pending);
}

static void clear(struct world *world, struct tally *tally)
{
	if (world->is_up || world->is_away)
		daemon_kill(world);
	for (size_t i = 0; i < world->pending_count; i++)
		if (world->pending[i].type == PENDING_ANSWER)
			edge_clear(&world->pending[i].request);
	older_free(world->copy);
	disk_forget();
	for (int from = 0; from < LIFE_STATES; from++)
		for (int to = 0; to < LIFE_STATES; to++)
			tally->lived[from][to] += world->lived[from][to];
	free(world);
}

void history_run(const struct options *options, char out[400], struct tally *tally)
{
	struct world *world = calloc(1, sizeof *world);
	world->options = *options;
	world->generation = 1;
	for (int i = 0; i < JOBS; i++)
		world->jobs[i].content = -1;
	draw_history(world);
	daemon_start(world);
	for (int64_t steps = 0; !is_over(world) && !*world->wrong; steps++) {
		if (steps > 300000)
			wrong(world, "it goes on and on");
		pass(world);
	}
	if (!*world->wrong)
		check_counts(world);
	if (!*world->wrong)
		oracle_judge(world);
	memcpy(out, world->wrong, sizeof world->wrong);
	for (int i = 0; i < MET_COUNT; i++)
		tally->met[i] += (world->met >> i & 1) != 0;
	for (int i = 0; i < world->job_count; i++)
		tally->jobs += world->jobs[i].is_ours;
	for (int i = 0; i < SITES; i++) {
		tally->starts += world->calls[i].start_count;
		tally->queries += world->calls[i].queries;
	}
	world->options.trace = NULL;
	clear(world, tally);
}
