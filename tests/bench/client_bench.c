/*
 * tests/bench/client_bench.c - the cost of one refresh for the client of Tableau, at a number of
 * signed-in sites.
 *
 *   client_bench SITES [EVENTS]
 *
 * For one site after another it asks for a refresh, and then for its job. The server answers at
 * once in a thread of its own; only the client's thread is counted. It prints one JSON object.
 */
#include "base/json.h"
#include "base/log/log.h"
#include "base/web/web.h"
#include "config/config.h"
#include "tableau/tableau.h"
#include <stdio.h>
#include <time.h>

#define LUID "4a861507-1003-4528-9ea6-9f9b7370ae32"
#define CREDENTIALS "{\"credentials\":{\"site\":{\"id\":\"" LUID "\"},\"token\":\"token\"}}"
#define JOB "{\"job\":{\"id\":\"" LUID "\",\"createdAt\":\"2026-10-12T05:02:11Z\"}}"

static struct {
	struct tableau *tableau;
	char (*names)[16];
	int64_t steps, answers, failures;
} bench;

static void handle(struct web_request *request, void *context)
{
	const char *path = web_path(request);
	(void)context;
	if (strstr(path, "/signin"))
		web_reply(request, 200, NULL, STR(CREDENTIALS));
	else if (strstr(path, "/signout"))
		web_reply(request, 204, NULL, STR(""));
	else
		web_reply(request, strstr(path, "/refresh") ? 202 : 200, NULL, STR(JOB));
}

static void job_came(const struct outcome *outcome, const struct job *job, void *context)
{
	(void)job;
	(void)context;
	bench.answers++;
	bench.failures += !outcome->ok;
}

static void wait_for(int64_t answers)
{
	while (bench.answers < answers) {
		tableau_step(bench.tableau, 1000, -1);
		bench.steps++;
	}
}

static void refresh(int64_t site)
{
	const struct content content = { CONTENT_WORKBOOK, LUID, "Revenue", "" };
	int64_t answers = bench.answers;
	tableau_refresh(bench.tableau, bench.names[site], &content, false, job_came, NULL);
	wait_for(answers + 1);
	tableau_job(bench.tableau, bench.names[site], LUID, job_came, NULL);
	wait_for(answers + 2);
}

static double seconds(void)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void config_gone(struct shared *shared)
{
	struct config *config = (struct config *)(void *)shared;
	arena_free(config->arena);
}

static bool configure(const char *address, size_t count, struct error *err)
{
	struct arena *arena = arena_new();
	struct config *config = arena_new_of(arena, struct config);
	struct config_site *sites = arena_array(arena, struct config_site, count);
	config->arena = arena;
	shared_init(&config->shared, config_gone);
	for (size_t i = 0; i < count; i++) {
		snprintf(bench.names[i], sizeof bench.names[i], "site%d", (int)i);
		sites[i] = (struct config_site){
			.name = bench.names[i],
			.server = arena_printf(arena, "http://%s", address),
			.content_url = bench.names[i],
			.pat = { .name = bench.names[i],
				.secret = { .from = SECRET_FROM_ENV, .name = "CLIENT_BENCH_PAT" } },
			.api_version = "3.25",
			.max_requests = 8,
		};
	}
	config->sites = (struct list){ count, sites };
	setenv("CLIENT_BENCH_PAT", "secret", 1);
	bool is_fine = tableau_configure(bench.tableau, config, err);
	config_free(config);
	return is_fine;
}

/* Each site signs in with its first refresh. */
static bool set_up(struct web *web, int64_t sites, struct error *err)
{
	bench.names = mem_alloc(sizeof *bench.names * (size_t)sites);
	bench.tableau = tableau_new();
	if (!configure(web_address(web), (size_t)sites, err))
		return false;
	for (int64_t i = 0; i < sites; i++)
		refresh(i);
	return true;
}

static void measure(int64_t sites, int64_t events)
{
	double begun = seconds();
	bench.steps = 0;
	for (int64_t i = 0; i < events; i++)
		refresh(i % sites);
	double took = seconds() - begun;
	printf("{\"sites\": %lld, \"events\": %lld, \"steps\": %lld, \"us_per_event\": %.3f}\n",
		(long long)sites, (long long)events, (long long)bench.steps,
		took / (double)events * 1e6);
}

int main(int argc, char **argv)
{
	int64_t sites = argc > 1 ? strtoll(argv[1], NULL, 10) : 0;
	int64_t events = argc > 2 ? strtoll(argv[2], NULL, 10) : 2000;
	struct error err;
	struct web_options options = { .listen = "127.0.0.1:0",
		.threads = 1,
		.body_limit = 1 << 16,
		.connection_limit = 100,
		.request_us = 60 * US_PER_SECOND };
	if (sites < 1 || sites > 100000 || events < 1) {
		fputs("usage: client_bench SITES [EVENTS]\n", stderr);
		return 2;
	}
	json_setup();
	log_set_level(LOG_LEVEL_ERROR);
	struct web *web = web_start(&options, handle, NULL, &err);
	if (!web || !set_up(web, sites, &err)) {
		fprintf(stderr, "client_bench: %s\n", err.message);
		return 2;
	}
	measure(sites, events);
	if (bench.failures)
		fprintf(stderr, "client_bench: %lld calls failed\n", (long long)bench.failures);
	tableau_free(bench.tableau);
	web_free(web);
	free(bench.names);
	return bench.failures != 0;
}
