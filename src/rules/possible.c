/*
 * rules/possible.c - reports conditions that never hold together, because dbt does not send such
 * events.
 */
#include "rules/possible.h"

enum { QUEUED = 1, STARTING = 2, RUNNING = 4, SUCCESS = 8, ERROR = 16, CANCELLED = 32, ANY = 63 };

/* src/event/README.md, Event types. No source says that a failed run cannot have been cancelled. */
static const struct {
	const char *event, *statuses;
	unsigned mask;
} events[] = {
	{ "job.run.started", "queued, starting or running", QUEUED | STARTING | RUNNING },
	{ "job.run.completed", "success, error or cancelled", SUCCESS | ERROR | CANCELLED },
	{ "job.run.errored", "error", ERROR | CANCELLED },
};

static const struct {
	const char *status;
	unsigned mask;
} statuses[] = {
	{ "queued", QUEUED },
	{ "starting", STARTING },
	{ "running", RUNNING },
	{ "success", SUCCESS },
	{ "error", ERROR },
	{ "cancelled", CANCELLED },
};

/* Statuses that may come with the value. A pattern, or a value that dbt is not known to send, may
 * come with any. */
static unsigned mask_of(enum event_field field, const struct rule_value *value)
{
	if (value->probe != PROBE_NONE)
		return ANY;
	for (size_t i = 0; field == EVENT_EVENT && i < sizeof events / sizeof *events; i++)
		if (str_is(value->text, events[i].event))
			return events[i].mask;
	for (size_t i = 0; field == EVENT_STATUS && i < sizeof statuses / sizeof *statuses; i++)
		if (str_is(value->text, statuses[i].status))
			return statuses[i].mask;
	return ANY;
}

static unsigned mask_of_all(const struct rule_condition *condition)
{
	unsigned mask = 0;
	for (size_t i = 0; i < condition->value_count; i++)
		mask |= mask_of(condition->field, &condition->values[i]);
	return mask;
}

/* Explains it by the first type: "'job.run.errored' comes with the status error, and ...". */
static void report_never(struct loading *loading, struct place place,
	const struct rule_condition *event, bool is_event_said, bool is_status_said)
{
	const char *name = "", *with = "";
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (str_is(event->values[0].text, events[i].event)) {
			name = events[i].event;
			with = events[i].statuses;
		}
	loading_problem(loading, PROBLEM_NEVER_MATCHES, place,
		"this never matches: %s'%s' comes with the status %s%s",
		is_event_said ? "" : "without 'event' job.run.completed is meant, and ", name, with,
		is_status_said ? "" : ", and without 'status' success is meant");
}

static void report_useless(struct loading *loading, const struct yaml_node *node,
	const struct rule_condition *condition, unsigned other)
{
	for (size_t i = 0; node && i < condition->value_count; i++)
		if (!(mask_of(condition->field, &condition->values[i]) & other))
			loading_problem(loading, PROBLEM_USELESS_VALUE,
				node->type == YAML_LIST ? node->items[i]->place : node->place,
				"'%s' never comes together with this %s%s",
				loading_quote(loading, condition->values[i].text),
				condition->field == EVENT_EVENT ? "status" : "event",
				condition->field == EVENT_EVENT
					? "; without 'status' success is meant"
					: "; without 'event' job.run.completed is meant");
}

void possible_check(struct loading *loading, const struct yaml_node *when,
	const struct rule_condition *event, const struct rule_condition *status)
{
	const struct yaml_node *event_node = yaml_get(when, "event"),
			       *status_node = yaml_get(when, "status");
	unsigned by_event = mask_of_all(event), by_status = mask_of_all(status);
	if (!event->value_count || !status->value_count)
		return; /* an empty list, which is reported elsewhere */
	if (!(by_event & by_status)) {
		report_never(loading, (event_node ? event_node : status_node)->place, event,
			event_node, status_node);
		return;
	}
	report_useless(loading, event_node, event, by_status);
	report_useless(loading, status_node, status, by_event);
}

bool possible_together(struct str event, struct str status)
{
	const struct rule_value of_event = { .text = event, .probe = PROBE_NONE },
				of_status = { .text = status, .probe = PROBE_NONE };
	return mask_of(EVENT_EVENT, &of_event) & mask_of(EVENT_STATUS, &of_status);
}
