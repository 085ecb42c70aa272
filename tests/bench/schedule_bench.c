/*
 * tests/bench/schedule_bench.c - the cost of one event for the scheduler, at a number of sites that
 * each have a refresh waiting for its job.
 *
 *   schedule_bench SITES [EVENTS]
 *
 * An event takes its whole way: a selection, its content, a request, its job, the job's end; with a
 * tick between any two. It prints one JSON object.
 */
#include "base/mem.h"
#include "schedule/schedule.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define HOUR (3600 * US_PER_SECOND)
#define WALL (1800000000 * US_PER_SECOND)

static struct {
	struct schedule *schedule;
	int64_t time, events, sent;
	char (*names)[16];
} bench;

static struct instant now(void)
{
	return (struct instant){ { WALL + bench.time }, { HOUR + bench.time } };
}

static void step(const struct input *input)
{
	struct actions actions = schedule_step(bench.schedule, now(), input);
	for (size_t i = 0; i < actions.count; i++)
		if (actions.items[i].type == ACTION_SEND)
			bench.sent = actions.items[i].refresh->id;
}

static struct answer fine(int64_t site)
{
	return (struct answer){ .site = bench.names[site],
		.verdict = VERDICT_OK,
		.told = { { now().wall.us / US_PER_SECOND * US_PER_SECOND },
			{ now().mono.us - 1000 }, now().mono } };
}

static void tick(void)
{
	bench.time += 1000;
	step(&(struct input){ .type = INPUT_TICK });
}

/* An event, up to the job of its refresh. */
static void send(int64_t site, const char *luid)
{
	static const char *const rule[] = { "rule" };
	int64_t event = bench.events++ * 2 + 1;
	const struct content content = { CONTENT_WORKBOOK, luid, luid, "" };
	struct schedule_selection selection = { .id = event,
		.event = event,
		.stamp = event << STAMP_BITS,
		.site = bench.names[site],
		.priority = 50,
		.arrived_at = now().wall,
		.label = "",
		.rule_count = 1,
		.rules = rule };
	step(&(struct input){ INPUT_EVENT, .event = { selection.stamp } });
	step(&(struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	tick();
	step(&(struct input){ INPUT_RESOLVED, .resolved = { event, fine(site), &content, 1 } });
	tick();
	step(&(struct input){ INPUT_GREETED, .greeted = { fine(site) } });
	char job[32];
	snprintf(job, sizeof job, "job-%lld", (long long)bench.sent);
	struct job_seen seen = { .id = job, .phase = PHASE_QUEUED, .created_at = now().wall };
	step(&(struct input){ INPUT_SENT, .sent = { bench.sent, fine(site), &seen, now().wall } });
	tick();
}

static void end(int64_t site)
{
	char job[32];
	snprintf(job, sizeof job, "job-%lld", (long long)bench.sent);
	struct job_seen seen = { .id = job,
		.phase = PHASE_SUCCEEDED,
		.notes = "",
		.created_at = now().wall,
		.started_at = now().wall,
		.completed_at = now().wall };
	step(&(struct input){ INPUT_POLLED, .polled = { bench.sent, fine(site), &seen, 0 } });
	tick();
}

static double seconds(void)
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void set_up(int64_t sites)
{
	struct schedule_options options = { 6 * HOUR, 60 * US_PER_SECOND, US_PER_SECOND,
		300 * US_PER_SECOND };
	struct schedule_site *configured = mem_alloc(sizeof *configured * (size_t)sites);
	bench.names = mem_alloc(sizeof *bench.names * (size_t)sites);
	bench.schedule = schedule_new(&options, (struct refresh_ids){ 2, INT64_MAX }, 1);
	for (int64_t i = 0; i < sites; i++) {
		snprintf(bench.names[i], sizeof bench.names[i], "site%d", (int)i);
		configured[i] = (struct schedule_site){ .name = bench.names[i],
			.max_requests = 8,
			.poll_interval = 3600 * US_PER_SECOND,
			.refreshes_per_hour = 1000000,
			.job_queries_per_day = 100000000 };
	}
	step(&(struct input){
		INPUT_CONFIGURE, .configure = { &options, configured, (size_t)sites } });
	for (int64_t i = 0; i < sites; i++)
		send(i, "waits");
	free(configured);
}

int main(int argc, char **argv)
{
	int64_t sites = argc > 1 ? strtoll(argv[1], NULL, 10) : 0;
	int64_t events = argc > 2 ? strtoll(argv[2], NULL, 10) : 20000;
	if (sites < 1 || sites > 1000000 || events < 1) {
		fputs("usage: schedule_bench SITES [EVENTS]\n", stderr);
		return 2;
	}
	set_up(sites);
	double begun = seconds();
	for (int64_t i = 0; i < events; i++) {
		send(i % sites, "content");
		end(i % sites);
	}
	double took = seconds() - begun;
	printf("{\"sites\": %lld, \"events\": %lld, \"open\": %lld, \"us_per_event\": %.3f}\n",
		(long long)sites, (long long)events, (long long)schedule_count(bench.schedule).open,
		took / (double)events * 1e6);
	schedule_free(bench.schedule);
	free(bench.names);
	return 0;
}
