/*
 * cli/diff/event_source.h - recorded events, one after another: JSON Lines as `events --export`
 * writes them, folders of bodies, or the daemon.
 */
#pragma once
#include "cli/command.h"
#include "event/event.h"

struct sourced_event { /* lasts for the call */
	/* One that was recorded as a test or as ignored stands as such. */
	const struct event *event;
	const char *example; /* names it for people: "events.jsonl:12", "event 17" */
	uint32_t replaced;   /* bit n: `events --redact` replaced the value of field n */
};
typedef void event_visit(const struct sourced_event *event, void *context);

/*
 * Visits the events of a path: a file of JSON Lines, of which each is an event as /api/v1/events
 * has it, a body of dbt's, or a flat object of event fields; or a folder, whose *.json files hold
 * one such event each. "-" is standard input. ERROR_INPUT names file and line; what came before
 * has been visited.
 */
bool event_source_visit_path(
	const char *path, event_visit *visit, void *context, struct error *err) MUST_USE;
/* An event that the daemon has recorded: with its standing, the outcome, and the revision of the
 * rules that decided it. */
struct recorded_event {
	const struct event *event;
	const char *outcome, *ruleset;
};
/* The one of this number, in `arena`. False: *status says why, after a message. */
bool event_source_recorded(const struct command_line *line, const char *id, struct arena *arena,
	struct recorded_event *recorded, int *status) MUST_USE;
/* Visits the events of the daemon that --url names. False: *status says why, after a message. */
bool event_source_visit_daemon(
	const struct command_line *line, event_visit *visit, void *context, int *status) MUST_USE;
