/* intake/complaint.c - counts faults of requests, and limits how often each kind is logged. */
#include "intake/complaint.h"
#include "base/clock.h"

static const enum metric metrics[] = {
	[COMPLAINT_SIGNATURE] = METRIC_requests_unauthorized_total,
	[COMPLAINT_NO_PATH] = METRIC_requests_not_found_total,
	[COMPLAINT_ASTRAY] = METRIC_requests_astray_total,
	[COMPLAINT_ENCODING] = METRIC_requests_encoded_total,
	[COMPLAINT_NO_ID] = METRIC_events_without_id_total,
	[COMPLAINT_SHED] = METRIC_requests_shed_total,
};

bool complaint_is_due(struct complaints *complaints, enum complaint kind)
{
	atomic_llong *told_at = &complaints->told_at[kind];
	long long now = clock_mono().us,
		  before = atomic_load_explicit(told_at, memory_order_relaxed);
	metric_add(metrics[kind], 1);
	return (!before || now - before >= US_PER_SECOND) &&
	       atomic_compare_exchange_strong(told_at, &before, now);
}
