/*
 * tests/sim/kind.c - kind to Tableau (src/README.md, Kind to Tableau): budgets, the spacing of
 * looks, few calls to a site that is down, and ends that are told in time all the same.
 */
#include "tests/sim/oracle.h"

/* After this many unreadable lists, jobs are queried one by one (src/schedule/README.md). */
#define UNREAD_LISTS 3

/* Starts in the window that ends with `end`, which is one of them. */
static int64_t starts_until(const struct sim_calls *calls, int64_t end, int64_t window)
{
	int64_t count = 0;
	for (int i = 0; i < calls->start_count; i++)
		count += calls->starts[i] > end - window && calls->starts[i] <= end;
	return count;
}

/* `at` is when the request could have left, had its naming not been confirmed first. Others that
 * were decided later may have left before it, so each window that it is in is counted again. */
static void check_budget(struct world *world, int site, int64_t at)
{
	struct sim_calls *calls = &world->calls[site];
	int64_t limit = world->sites[site].options.refreshes_per_hour, most = 0;
	/* A slow disk keeps a request back for two batches after it was counted. */
	int64_t window =
		HOUR - (world->options.faults >> FAULT_SLOW_DISK & 1 ? 2 * SLOWEST_DISK : 0);
	if (calls->start_count == STARTS) {
		wrong(world, "more than %d starts", STARTS);
		return;
	}
	calls->starts[calls->start_count++] = at;
	for (int i = 0; i < calls->start_count; i++) {
		int64_t end = calls->starts[i];
		int64_t count =
			end >= at && end < at + window ? starts_until(calls, end, window) : 0;
		most = most > count ? most : count;
	}
	if (limit && most > limit && times_are_true(world))
		wrong(world, "the %lldth start within an hour; %lld are allowed", (long long)most,
			(long long)limit);
}

void kind_check_send(struct world *world, const struct watched *of)
{
	int number = world->contents[of->content].site;
	struct sim_calls *calls = &world->calls[number];
	/* Otherwise a kill before its answer is durable would cost a second job. */
	if (calls->told_time_in != world->life && calls->greeted_in != world->life)
		wrong(world, "a request to a site that has not told its time");
	calls->greeted_in = 0;
	const struct schedule_site *options = &world->sites[number].options;
	int64_t sending = 0, running = 0;
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *other = &world->watched[i];
		if (!other->created_at || other == of || other->content < 0 ||
			world->contents[other->content].site != number)
			continue;
		sending += other->state == REFRESH_SENDING;
		running += other->state == REFRESH_SENDING || other->state == REFRESH_QUEUED ||
			   other->state == REFRESH_RUNNING;
	}
	if (sending >= options->max_requests)
		wrong(world, "%lld requests are out at once; %lld are allowed",
			(long long)sending + 1, (long long)options->max_requests);
	if (options->max_running && running >= options->max_running)
		wrong(world, "%lld jobs at once; %lld are allowed", (long long)running + 1,
			(long long)options->max_running);
	if (world->now < world->calls[number].not_before[KIND_START])
		wrong(world, "a start %.0f s before Tableau wants to be asked again",
			(double)(world->calls[number].not_before[KIND_START] - world->now) / 1e6);
}

bool kind_may_query(const struct world *world, int site)
{
	const struct sim_calls *calls = &world->calls[site];
	int64_t limit = world->sites[site].options.job_queries_per_day;
	return !limit && !world->sites[site].is_gone &&
	       calls->told_until[KIND_QUERY] <= world->now && calls->failed_at + HOUR < world->now;
}

/* Before the last ones, which a slow disk may not have taken. */
static int64_t queried_before(const struct sim_calls *calls, int64_t before)
{
	for (int64_t i = 1; i <= calls->queries && i <= MOST_QUERIES; i++)
		if (calls->queried_at[(calls->queries - i) % MOST_QUERIES] < before)
			return calls->queried_at[(calls->queries - i) % MOST_QUERIES];
	return before;
}

/* What was spent is kept with the first query after a minute, so that those of a minute may be
 * forgotten, however long ago. */
void kind_crashed(struct world *world)
{
	for (int i = 0; i < SITES; i++) {
		struct sim_calls *calls = &world->calls[i];
		int64_t last =
			calls->queried_at[(calls->queries + MOST_QUERIES - 1) % MOST_QUERIES];
		int64_t since = queried_before(calls, last - 2 * SLOWEST_DISK) - MINUTE;
		for (int64_t j = calls->queries;
			j-- > 0 && calls->queried_at[j % MOST_QUERIES] > since;)
			calls->forgiven++;
	}
}

/* What was spent since is forgotten. */
void kind_put_back(struct world *world, int site, int64_t at)
{
	struct sim_calls *calls = &world->calls[site];
	int64_t since = queried_before(calls, at - 2 * SLOWEST_DISK) - MINUTE;
	int left = 0;
	for (int i = 0; i < calls->start_count; i++)
		if (calls->starts[i] <= at)
			calls->starts[left++] = calls->starts[i];
	calls->start_count = left;
	for (int64_t i = calls->queries; i-- > 0 && calls->queried_at[i % MOST_QUERIES] > since;)
		calls->forgiven++;
}

static void check_spacing(struct world *world, const struct sim_call *call)
{
	const struct schedule_site *options = &world->sites[call->site].options;
	int64_t least = options->poll_interval;
	struct sim_calls *calls = &world->calls[call->site];
	struct sim_job *job = call->job >= 0 ? &world->jobs[call->job] : NULL;
	bool is_look = call->type == CALL_LIST || call->type == CALL_POLL;
	/* What a list, or a job that cannot be cancelled, leaves open is asked at once. */
	if (is_look && calls->answered_at != world->now && calls->round_at != world->now) {
		if (calls->round_at && world->now - calls->round_at < least)
			wrong(world, "two looks at a site within poll_interval");
		calls->round_at = world->now;
	}
	if (call->type == CALL_LIST) {
		if (calls->unread_lists >= UNREAD_LISTS)
			wrong(world, "one more list after %d that could not be read",
				calls->unread_lists);
		if (calls->listed_at && world->now - calls->listed_at < least)
			wrong(world, "two lists within poll_interval");
		calls->listed_at = world->now;
	} else if (call->type == CALL_POLL && job) {
		least <<= watched(world, call->id)->rarer;
		if (job->polled_at && world->now - job->polled_at < least &&
			calls->answered_at != world->now)
			wrong(world, "%s was polled twice within %.0f s", job->id,
				(double)least / 1e6);
		job->polled_at = world->now;
		job->polls++;
	}
}

void kind_queried(struct world *world, int site, int64_t count)
{
	struct sim_calls *calls = &world->calls[site];
	while (count-- > 0)
		calls->queried_at[calls->queries++ % MOST_QUERIES] = world->now;
}

static void check_queries(struct world *world, int site)
{
	struct sim_calls *calls = &world->calls[site];
	int64_t limit = world->sites[site].options.job_queries_per_day;
	int64_t before = calls->queries - limit - calls->forgiven;
	if (limit && before >= 0 && times_are_true(world) &&
		world->now - calls->queried_at[before % MOST_QUERIES] < 24 * HOUR)
		wrong(world, "%lld job queries within a day; %lld are allowed",
			(long long)limit + 1, (long long)limit);
	if (world->now < calls->not_before[KIND_QUERY])
		wrong(world, "a job query %.0f s before Tableau wants to be asked again",
			(double)(calls->not_before[KIND_QUERY] - world->now) / 1e6);
	kind_queried(world, site, 1);
}

/* Before a request, and once: if it fails, the request will show why. Or a person wants it. */
static void check_greeting(struct world *world, int site)
{
	const struct sim_calls *calls = &world->calls[site];
	if (calls->hurried_at == world->now)
		return;
	if (world->sites[site].is_paused)
		wrong(world, "a site is greeted that is paused");
	if (world->now < calls->not_before[KIND_START])
		wrong(world, "a site is greeted before Tableau wants to be asked again");
	if (calls->greeted_in == world->life)
		wrong(world, "a site is greeted twice, and sent nothing");
}

void kind_call(struct world *world, const struct sim_call *call)
{
	struct sim_calls *calls = &world->calls[call->site];
	int64_t down_for = world->now - calls->outage_began;
	if (call->type == CALL_GREET)
		check_greeting(world, call->site);
	bool is_query =
		call->type == CALL_POLL || call->type == CALL_LIST || call->type == CALL_LOOK;
	check_spacing(world, call);
	if (call->type == CALL_SEND)
		check_budget(world, call->site, call->wanted_at);
	if (call->type == CALL_RESOLVE && world->now < calls->not_before[KIND_NAME])
		wrong(world, "a look-up %.0f s before Tableau wants to be asked again",
			(double)(calls->not_before[KIND_NAME] - world->now) / 1e6);
	if (is_query)
		check_queries(world, call->site);
	if (world->sites[call->site].down_until <= world->now)
		return;
	calls->in_outage++;
	if (down_for > MINUTE && calls->in_outage > 60 + 2 * down_for / MINUTE)
		wrong(world, "%lld calls to a site that has been down for %.0f s",
			(long long)calls->in_outage, (double)down_for / 1e6);
}
static void check_late(struct world *world, const struct sim_job *job)
{
	const struct sim_content *content = &world->contents[job->content];
	const struct sim_calls *calls = &world->calls[content->site];
	int64_t usual = content->longest;
	int64_t most = usual / 10 > MINUTE ? usual / 10 : MINUTE;
	/* One that ends early, and that nobody waits for (lively.c), may be told as late as any. */
	int64_t expected = job->created + usual > job->ends ? job->created + usual : job->ends;
	if (expected < job->rare_until)
		expected = job->rare_until;
	if (calls->trouble_at + 5 * MINUTE < job->ends &&
		!world->sites[content->site].options.job_queries_per_day &&
		world->now - expected > most + 15 * SECOND)
		wrong(world, "the end of %s was told %.0f s late", job->id,
			(double)(world->now - job->ends) / 1e6);
}

/* The longer a job takes, the rarer it is looked at: each ten seconds at first, then each tenth of
 * its age, then each minute; ten more for what a restart or another content's list asked for. */
static void check_polls(struct world *world, const struct sim_job *job)
{
	int64_t took = job->ends - job->created, most = 10 + 10 + took / MINUTE;
	for (int64_t age = 100 * SECOND; age < took && age < 10 * MINUTE; age += age / 10)
		most++;
	if (world->calls[world->contents[job->content].site].trouble_at < job->created &&
		job->polls > most)
		wrong(world, "%s took %.0f s and was polled %lld times", job->id,
			(double)took / 1e6, (long long)job->polls);
}

void kind_told_end(struct world *world, const struct sim_job *job)
{
	check_late(world, job);
	check_polls(world, job);
}
