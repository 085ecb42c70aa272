/* intake/complaint.c - counts faults of requests, and limits how often each kind is logged. */
#include "intake/complaint.h"
#include "base/clock.h"
#include "base/metric.h"

/* As the metric names them; NULL: it is no refusal. */
static const char *const reasons[] = {
	[COMPLAINT_SIGNATURE] = "signature",
	[COMPLAINT_NO_PATH] = "unknown_path",
	[COMPLAINT_ASTRAY] = "astray",
	[COMPLAINT_ENCODING] = "encoding",
	[COMPLAINT_NO_ID] = NULL,
	[COMPLAINT_NOT_DURABLE] = "not_durable",
	[COMPLAINT_QUEUE_FULL] = "queue_full",
	[COMPLAINT_BACKLOG] = "backlog",
};

bool complaint_is_due(
	struct complaints *complaints, const struct web_request *request, enum complaint kind)
{
	atomic_llong *told_at = &complaints->told_at[kind];
	long long now = clock_mono().us,
		  before = atomic_load_explicit(told_at, memory_order_relaxed);
	metric_add(METRIC_refusals_total, 1, web_listener(request), reasons[kind]);
	return (!before || now - before >= US_PER_SECOND) &&
	       atomic_compare_exchange_strong(told_at, &before, now);
}
