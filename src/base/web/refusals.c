/* base/web/refusals.c - counts refusals, and sums them up in at most one line of the log every ten
 * seconds. */
#include "base/web/refusals.h"
#include "base/log/log.h"
#include "base/metric.h"
#include <pthread.h>

#define LOG_EVERY (10 * US_PER_SECOND)

/* `is_bound`: a configured bound was reached, which an operator may want to raise. */
static const struct {
	const char *key;
	const char *reason; /* in the metric */
	bool is_bound;
} kinds[] = {
	[REFUSAL_ROOM] = { "closed_for_room", "made_room", true },
	[REFUSAL_FULL] = { "no_room", "no_room", true },
	[REFUSAL_ACCEPT] = { "accept_failures", "no_descriptor", true },
	[REFUSAL_BODIES] = { "bodies_dropped", "bodies", true },
	[REFUSAL_SLOW] = { "too_slow", "too_slow", false },
	[REFUSAL_TOO_LARGE] = { "too_large", "too_large", false },
	[REFUSAL_MALFORMED] = { "malformed", "malformed", false },
};

struct refusals {
	const char *listener;
	pthread_mutex_t lock;
	int64_t unlogged[REFUSAL_COUNT];
	struct mono logged_at;
	bool is_first, is_pending;
};

struct refusals *refusals_new(const char *listener)
{
	struct refusals *refusals = mem_new(struct refusals);
	refusals->listener = listener;
	refusals->is_first = true;
	pthread_mutex_init(&refusals->lock, NULL);
	return refusals;
}

void refusals_free(struct refusals *refusals)
{
	if (!refusals)
		return;
	pthread_mutex_destroy(&refusals->lock);
	free(refusals);
}

const char *refusals_listener(const struct refusals *refusals)
{
	return refusals->listener;
}

static void log_line(struct refusals *refusals)
{
	struct kv fields[REFUSAL_COUNT + 2] = { kv_text("listener", refusals->listener) };
	size_t count = 1;
	bool is_bound = false;
	for (size_t i = 0; i < REFUSAL_COUNT; i++) {
		if (!refusals->unlogged[i])
			continue;
		fields[count++] = kv_number(kinds[i].key, refusals->unlogged[i]);
		is_bound = is_bound || kinds[i].is_bound;
		refusals->unlogged[i] = 0;
	}
	log_each_of(is_bound ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "clients turned away", fields);
}

/* Call with the lock held. */
static void log_when_due(struct refusals *refusals)
{
	struct mono now = clock_mono();
	if (!refusals->is_first && now.us - refusals->logged_at.us < LOG_EVERY)
		return;
	log_line(refusals);
	refusals->logged_at = now;
	refusals->is_first = refusals->is_pending = false;
}

void refusals_add(struct refusals *refusals, enum refusal what)
{
	metric_add(METRIC_refusals_total, 1, refusals->listener, kinds[what].reason);
	if (!refusals->listener)
		return;
	pthread_mutex_lock(&refusals->lock);
	refusals->unlogged[what]++;
	refusals->is_pending = true;
	log_when_due(refusals);
	pthread_mutex_unlock(&refusals->lock);
}

bool refusals_report(struct refusals *refusals)
{
	pthread_mutex_lock(&refusals->lock);
	if (refusals->is_pending)
		log_when_due(refusals);
	bool is_pending = refusals->is_pending;
	pthread_mutex_unlock(&refusals->lock);
	return is_pending;
}
