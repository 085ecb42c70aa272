/*
 * rules/lint/possible.c - reports conditions that never hold together, because dbt does not send
 * such events.
 */
#include "rules/lint/possible.h"

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

struct possible { /* the two conditions of one map, and where they stand; a node may be NULL */
	struct loading *loading;
	const struct rule_condition *event, *status;
	const struct yaml_node *event_node, *status_node;
};

/* Names the place of the other condition, unless it is the default. */
static void relate(const struct possible *possible, const struct yaml_node *other)
{
	if (other)
		problem_relate(possible->loading->problems, other->place,
			possible->loading->file->source, "'%s' is here",
			other == possible->event_node ? "event" : "status");
}

/* Explains it by the first type: "'job.run.errored' comes with the status error, and ...". */
static void report_never(const struct possible *possible)
{
	const char *name = "", *with = "";
	const struct yaml_node *node =
		possible->event_node ? possible->event_node : possible->status_node;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (str_is(possible->event->values[0].text, events[i].event)) {
			name = events[i].event;
			with = events[i].statuses;
		}
	loading_problem(possible->loading, PROBLEM_NEVER_MATCHES, node->place,
		"this never matches: %s'%s' comes with the status %s%s",
		possible->event_node ? "" : "without 'event' job.run.completed is meant, and ",
		name, with, possible->status_node ? "" : ", and without 'status' success is meant");
	if (node == possible->event_node)
		relate(possible, possible->status_node);
}

static void report_useless(
	const struct possible *possible, const struct rule_condition *condition, unsigned by_other)
{
	struct loading *loading = possible->loading;
	bool is_event = condition == possible->event;
	const struct yaml_node *node = is_event ? possible->event_node : possible->status_node,
			       *other = is_event ? possible->status_node : possible->event_node;
	const char *meant = is_event ? "; without 'status' success is meant"
				     : "; without 'event' job.run.completed is meant";
	for (size_t i = 0; node && i < condition->value_count; i++) {
		if (mask_of(condition->field, &condition->values[i]) & by_other)
			continue;
		loading_problem(loading, PROBLEM_USELESS_VALUE,
			node->type == YAML_LIST ? node->items[i]->place : node->place,
			"'%s' never comes together with this %s%s",
			loading_quote(loading, condition->values[i].text),
			is_event ? "status" : "event", other ? "" : meant);
		relate(possible, other);
	}
}

void possible_check(struct loading *loading, const struct yaml_node *when,
	const struct rule_condition *event, const struct rule_condition *status)
{
	const struct possible possible = { loading, event, status, yaml_get(when, "event"),
		yaml_get(when, "status") };
	unsigned by_event = mask_of_all(event), by_status = mask_of_all(status);
	if (!event->value_count || !status->value_count)
		return; /* an empty list, which is reported elsewhere */
	if (!(by_event & by_status)) {
		report_never(&possible);
		return;
	}
	report_useless(&possible, event, by_status);
	report_useless(&possible, status, by_event);
}

bool possible_together(struct str event, struct str status)
{
	const struct rule_value of_event = { .text = event, .probe = PROBE_NONE },
				of_status = { .text = status, .probe = PROBE_NONE };
	return mask_of(EVENT_EVENT, &of_event) & mask_of(EVENT_STATUS, &of_status);
}
