/*
 * tests/sim/lively.c - what can be done is done (src/README.md, Nothing lost): a wish that waits
 * has an excuse. Excuses are: a failed call delays the next ones, a budget is spent, a person
 * paused the site, its places are taken, a job of the content goes on, a rule holds it. Without
 * one, nothing waits for longer than BOUND.
 */
#include "tests/sim/oracle.h"

#define BOUND (10 * SECOND)
/* What is durable of a budget lags behind, and it counts in parts of an hour. */
#define BUDGET_LAG (2 * MINUTE + 2 * SLOWEST_DISK)
/* Cancelling a job is paid for as a query. */
#define QUERIES_LAG 16
#define QUERIES_LATE (HOUR + BUDGET_LAG) /* two parts of the day */

/* Since when it is without an excuse: the last one ends at `excused_until`. */
static bool waits_too_long(struct world *world, int64_t *free_from, int64_t excused_until,
	int64_t until, int64_t bound)
{
	if (excused_until > world->now)
		*free_from = 0;
	if (excused_until >= until)
		return false;
	if (!*free_from)
		*free_from = later_of(excused_until, world->now);
	return until - *free_from > bound;
}

/* What is asked, and not answered. */
struct out {
	bool refresh[ROWS], selection[EVENTS][SELECTIONS];
	bool list[SITES], greeting[SITES], any[SITES];
};

static void find_selection(const struct world *world, int64_t selection, struct out *out)
{
	for (int i = 0; i < world->run_count; i++)
		for (int j = 0; j < SELECTIONS; j++)
			if (world->runs[i].id && world->runs[i].selection_ids[j] == selection)
				out->selection[i][j] = true;
}

static void find_out(const struct world *world, struct out *out)
{
	*out = (struct out){ 0 };
	/* Or waits for the disk. */
	for (int i = 0; i < world->watched_end; i++)
		if (world->watched[i].created_at && world->watched[i].content >= 0 &&
			world->watched[i].state == REFRESH_SENDING)
			out->any[world->contents[world->watched[i].content].site] = true;
	FOR_EACH_OUT(world, effect)
	{
		const struct sim_call *call = &effect->call;
		out->any[call->site] = true;
		if (call->type == CALL_RESOLVE)
			find_selection(world, call->id, out);
		else if (call->type == CALL_LIST)
			out->list[call->site] = true;
		else if (call->type == CALL_GREET)
			out->greeting[call->site] = true;
		else
			out->refresh[call->id / 2] = true;
	}
}

/* After a call that failed, or a start, the next try waits for a while. */
/* Failures before `hurried_at` cause no wait; 0: nobody is in a hurry. */
static int64_t trouble_ends(
	const struct world *world, const struct out *out, int site, int64_t hurried_at)
{
	const struct sim_calls *calls = &world->calls[site];
	int64_t last = later_of(calls->failed_at, world->started_at);
	if (world->sites[site].is_gone)
		return INT64_MAX;
	bool is_hurried = hurried_at > last;
	/* A list may tell, or a site is greeted, or nobody may call before a probe's answer. */
	if (out->list[site] || out->greeting[site] ||
		(out->any[site] && (calls->is_failing ||
					   (!is_hurried && calls->failed_at + HOUR > world->now))))
		return INT64_MAX;
	return is_hurried ? hurried_at : last + world->schedule_options.retry_max;
}

/* ---- selections ---- */

static void check_selection(
	struct world *world, const struct out *out, int run, int number, int64_t until)
{
	struct wish *wish = &world->runs[run].wishes[number];
	bool is_done = !world->store.open[run][number] || wish->ended_in;
	int64_t excused =
		is_done || out->selection[run][number]
			? INT64_MAX
			: later_of(trouble_ends(world, out, wish->site, 0), wish->tries_until);
	if (waits_too_long(world, &wish->free_from, excused, until, BOUND))
		wrong(world, "event %lld: nobody asks what its selection names",
			(long long)world->runs[run].id);
}

/* ---- refreshes that wait ---- */

static int64_t held_until(const struct world *world, const struct watched *of)
{
	int64_t until = 0;
	for (int i = 0; i < of->cause_count; i++) {
		const struct sim_rule *rule = &world->rules[of->causes[i].rule];
		int64_t from = world->runs[of->causes[i].run].heard_at;
		for (int j = 0; rule->quiet && j < world->run_count; j++)
			for (int k = 0; k < world->runs[j].wish_count; k++)
				if (world->runs[j].wishes[k].rules[0] == of->causes[i].rule)
					from = later_of(from, world->runs[j].heard_at);
		if (!times_are_true(world))
			from = later_of(from, world->started_at);
		if ((rule->quiet || rule->delay) && !of->is_released)
			until = later_of(until, from + later_of(rule->quiet, rule->delay));
	}
	return until;
}

/* What a rule held until while nobody ran is let go shortly after the start, when all events are
 * known. */
bool lively_is_held(const struct world *world, const struct watched *of)
{
	int64_t until = held_until(world, of);
	return until >= world->now || (until && world->started_at == world->now);
}

static int64_t starts_free_at(const struct world *world, int site)
{
	const struct sim_calls *calls = &world->calls[site];
	int64_t limit = world->sites[site].options.refreshes_per_hour;
	if (!limit || calls->decided_count < limit)
		return 0;
	/* Once this one of them has left the window, there is room. */
	int64_t last = calls->decided[calls->decided_count - limit];
	return (times_are_true(world) ? last : later_of(last, world->started_at)) + HOUR +
	       BUDGET_LAG;
}

static int64_t queries_free_at(const struct world *world, int site)
{
	const struct sim_calls *calls = &world->calls[site];
	int64_t limit = world->sites[site].options.job_queries_per_day;
	if (!limit || calls->queries + QUERIES_LAG < limit)
		return calls->told_until[KIND_QUERY];
	int64_t last = calls->queried_at[(calls->queries + QUERIES_LAG - limit) % MOST_QUERIES];
	return later_of(times_are_true(world) ? last : later_of(last, world->started_at), 0) +
	       24 * HOUR + QUERIES_LATE;
}

/* When the site could take one more start. */
static int64_t site_free_at(struct world *world, int site)
{
	const struct schedule_site *options = &world->sites[site].options;
	int64_t sending = 0, running = 0;
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *of = &world->watched[i];
		if (!of->created_at || of->content < 0 || world->contents[of->content].site != site)
			continue;
		sending += of->state == REFRESH_SENDING;
		running += of->state == REFRESH_SENDING || of->state == REFRESH_UNKNOWN ||
			   of->state == REFRESH_QUEUED || of->state == REFRESH_RUNNING;
	}
	bool is_full = sending >= options->max_requests ||
		       (options->max_running && running >= options->max_running);
	if (is_full)
		meet(world, MET_PLACES_TAKEN);
	if (starts_free_at(world, site) > world->now)
		meet(world, MET_BUDGET_SPENT);
	if (queries_free_at(world, site) > world->now + HOUR)
		meet(world, MET_QUERIES_SPENT);
	if (world->sites[site].is_paused || is_full)
		return INT64_MAX;
	return starts_free_at(world, site);
}

static void check_content(struct world *world, const struct out *out, int number,
	const int64_t *site_free, int64_t until)
{
	struct sim_content *content = &world->contents[number];
	const struct sim_calls *calls = &world->calls[content->site];
	int64_t excused = INT64_MAX, hurried_at = 0, trouble = 0;
	int waiting = 0;
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *of = &world->watched[i];
		if (!of->created_at || of->content != number || !refresh_state_is_open(of->state))
			continue;
		if (of->state != REFRESH_WAITING || out->refresh[i]) {
			excused = INT64_MAX;
			break;
		}
		int64_t held = held_until(world, of);
		hurried_at = later_of(hurried_at, of->hurried_at);
		trouble = later_of(trouble, of->own_trouble_until);
		if (held < excused) {
			excused = held;
			waiting = 2 * i;
		}
	}
	/* Tableau's Retry-After; but a person may not want to wait for that. */
	int64_t told_until = (hurried_at ? calls->not_before : calls->told_until)[KIND_START];
	if (waiting && excused != INT64_MAX) {
		excused = later_of(later_of(excused, told_until), site_free[content->site]);
		excused = later_of(excused, trouble);
		excused = later_of(excused, trouble_ends(world, out, content->site, hurried_at));
	}
	if (waits_too_long(world, &content->free_from, excused, until, BOUND))
		wrong(world, "refresh %d waits for nothing from %.3f to %.3f", waiting,
			(double)content->free_from / 1e6, (double)until / 1e6);
}

/* ---- refreshes that are out ---- */

/* Another refresh stands behind it. */
static bool is_awaited(const struct world *world, const struct watched *of)
{
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *other = &world->watched[i];
		if (other != of && other->created_at && other->content == of->content &&
			other->state == REFRESH_WAITING && !lively_is_held(world, other))
			return true;
	}
	return false;
}

/* A job that nobody waits for may end early and be asked for at its usual end only. */
static int64_t end_excused_until(
	const struct world *world, const struct watched *of, int64_t usual, int64_t late)
{
	const struct sim_job *job = &world->jobs[of->job];
	int64_t ends = job->ends < job->gone ? job->ends : job->gone;
	return is_awaited(world, of) ? ends : later_of(ends, job->created + usual + late);
}

static void check_out(struct world *world, const struct out *out, int number, int64_t until)
{
	struct watched *of = &world->watched[number];
	const struct sim_content *content = &world->contents[of->content];
	int64_t usual = content->longest;
	int64_t bound = BOUND, excused = later_of(trouble_ends(world, out, content->site, 0),
				       queries_free_at(world, content->site));
	if (of->state == REFRESH_QUEUED || of->state == REFRESH_RUNNING) {
		int64_t late = later_of(usual / 10, MINUTE);
		bound += late + world->sites[content->site].options.poll_interval;
		excused = later_of(excused, end_excused_until(world, of, usual, late));
		if (of->unread)
			excused = later_of(excused, of->rare_until);
	} else if (of->state != REFRESH_UNKNOWN) {
		excused = INT64_MAX;
	} else {
		excused = later_of(excused, of->own_trouble_until);
	}
	if (out->refresh[number])
		excused = INT64_MAX;
	if (waits_too_long(world, &of->free_from, excused, until, bound))
		wrong(world,
			"nobody asks after the job of refresh %d, which is %s, from %.3f to %.3f",
			2 * number, refresh_state_name(of->state), (double)of->free_from / 1e6,
			(double)until / 1e6);
}

/* After a cancel was confirmed to a person, Tableau must be asked, again after each failure. */
static void check_cancel(struct world *world, const struct out *out, int number, int64_t until)
{
	struct watched *of = &world->watched[number];
	const struct sim_job *job = of->job >= 0 ? &world->jobs[of->job] : NULL;
	int site = world->contents[of->content].site;
	int64_t bound = BOUND + world->sites[site].options.poll_interval, excused = INT64_MAX;
	bool is_followed = of->state == REFRESH_QUEUED || of->state == REFRESH_RUNNING;
	if (of->is_cancelled && is_followed && job->ends > world->now && !out->refresh[number])
		excused = later_of(trouble_ends(world, out, site, 0), queries_free_at(world, site));
	if (waits_too_long(world, &of->unasked_from, excused, until, bound))
		wrong(world, "nobody cancels %s of refresh %d, as was asked, from %.3f to %.3f",
			job->id, 2 * number, (double)of->unasked_from / 1e6, (double)until / 1e6);
}

void lively_pass(struct world *world, int64_t until)
{
	struct out out;
	int64_t site_free[SITES];
	if (!world->is_up)
		return;
	find_out(world, &out);
	patience_pass(world, until);
	for (int i = 0; i < SITES; i++)
		site_free[i] = site_free_at(world, i);
	for (int i = 0; i < world->run_count; i++)
		for (int j = 0; j < SELECTIONS; j++)
			if (world->runs[i].heard_at && world->store.open[i][j])
				check_selection(world, &out, i, j, until);
	for (int i = 0; i < CONTENTS; i++)
		check_content(world, &out, i, site_free, until);
	for (int i = 0; i < world->watched_end; i++)
		if (refresh_state_is_open(world->watched[i].state) &&
			world->watched[i].content >= 0) {
			check_out(world, &out, i, until);
			check_cancel(world, &out, i, until);
		}
}
