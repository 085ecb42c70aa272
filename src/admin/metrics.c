/*
 * admin/metrics.c - /metrics: what is counted elsewhere (base/metric.h), and gauges of how things
 * stand, which are set when somebody looks.
 */
#include "admin/handler.h"
#include "base/metric.h"
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* 0 when `since` is no time, or by a clock that was set back. */
static int64_t time_since(struct wall since, struct wall now)
{
	return wall_is_set(since) && since.us < now.us ? now.us - since.us : 0;
}

/* Of a site without this budget, there is nothing to tell. */
static void set_budget(const char *site, const char *budget, int64_t limit, int64_t spent)
{
	int64_t left = spent < limit ? limit - spent : 0;
	metric_set(METRIC_budget_used, limit ? spent : METRIC_UNSET, site, budget);
	metric_set(METRIC_budget_left, limit ? left : METRIC_UNSET, site, budget);
}

static void set_refreshes(const char *site, const struct schedule_site_status *queue)
{
	int64_t later = queue->open - queue->ready - queue->sending - queue->in_flight;
	metric_set(METRIC_refreshes, later, site, "later");
	metric_set(METRIC_refreshes, queue->ready, site, "ready");
	metric_set(METRIC_refreshes, queue->sending, site, "sending");
	metric_set(METRIC_refreshes, queue->in_flight, site, "in_flight");
	metric_set(METRIC_selections, queue->selections, site);
}

static void set_site(
	const struct site_status *status, const struct config_site *config, struct wall now)
{
	const struct schedule_site_status *queue = &status->queue;
	const struct tableau_site_status *client = &status->client;
	const char *site = client->name;
	set_refreshes(site, queue);
	metric_set(
		METRIC_work_wait_seconds, time_since(queue->lookups.since, now), site, "lookups");
	metric_set(
		METRIC_work_wait_seconds, time_since(queue->starts.since, now), site, "refreshes");
	metric_set(METRIC_work_wait_seconds, time_since(queue->queries.since, now), site, "jobs");
	metric_set(METRIC_oldest_waiting_seconds, time_since(queue->oldest, now), site);
	metric_set(METRIC_backlog_seconds, queue->backlog, site);
	metric_set(METRIC_backlog_overdue, queue->overdue != NULL, site);
	metric_set(METRIC_signed_in, client->is_signed_in, site);
	metric_set(METRIC_pat_end_timestamp_seconds,
		wall_is_set(client->pat_ends_at) ? client->pat_ends_at.us : METRIC_UNSET, site);
	metric_set(METRIC_site_paused, queue->paused_by != NULL, site);
	metric_set(METRIC_site_left_alone, wall_is_set(queue->paused_until), site);
	set_budget(site, "refreshes_per_hour", config->refreshes_per_hour, queue->starts_spent);
	set_budget(site, "job_queries_per_day", config->job_queries_per_day, queue->queries_spent);
}

/* By the clock and not by the time of the status, which is older while nothing happens. */
static void set_sites(const struct dispatch_status *status)
{
	struct wall now = clock_wall();
	int64_t dropped = 0;
	for (size_t i = 0; status && i < status->site_count; i++) {
		const struct site_status *site = &status->sites[i];
		const struct config_site *config =
			config_site_named(status->config, site->client.name);
		if (config)
			set_site(site, config, now);
		else
			dropped += site->queue.open + site->queue.selections;
	}
	metric_set(METRIC_dropped_work, dropped);
}

/* ---- of the process, under the names that Prometheus' own libraries give ---- */

/* Descriptors in use; METRIC_UNSET when /proc cannot be read. */
static int64_t open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int64_t count = 0;
	if (!folder)
		return METRIC_UNSET;
	for (const struct dirent *entry; (entry = readdir(folder));)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count - 1; /* without the one that reads */
}

static int64_t resident_bytes(void)
{
	long pages;
	FILE *file = fopen("/proc/self/statm", "re");
	bool is_read = file && fscanf(file, "%*s %ld", &pages) == 1;
	if (file)
		fclose(file);
	return is_read ? pages * sysconf(_SC_PAGESIZE) : METRIC_UNSET;
}

static int64_t us_of(struct timeval time)
{
	return time.tv_sec * US_PER_SECOND + time.tv_usec;
}

static void set_process(void)
{
	struct rusage usage;
	struct rlimit descriptors;
	if (!getrusage(RUSAGE_SELF, &usage))
		metric_set(METRIC_process_cpu_seconds_total,
			us_of(usage.ru_utime) + us_of(usage.ru_stime));
	if (!getrlimit(RLIMIT_NOFILE, &descriptors))
		metric_set(METRIC_process_max_fds, (int64_t)descriptors.rlim_cur);
	metric_set(METRIC_process_open_fds, open_descriptors());
	metric_set(METRIC_process_resident_memory_bytes, resident_bytes());
}

void handle_metrics(struct admin *admin, struct web_request *request, int64_t id)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	(void)id;
	metric_set(METRIC_journal_queue_entries, (int64_t)journal_waiting(admin->options.journal));
	OWNED(dispatch_status) status = dispatch_latest_status(admin->options.dispatch);
	set_sites(status);
	set_process();
	metric_print(&out);
	web_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", text_str(&out));
}
