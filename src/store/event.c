/*
 * store/event.c - the table of an event's members: where each is stored and shown.
 */
#include "store/store.h"

const char *const event_outcomes[] = { "routed", "unmatched", "ignored", "test", "replay", NULL };

/* clang-format off */
const struct member event_members[] = {
	MEMBER_COUNT(event_row, id, .column = "id", .key = "id", .required = true, .help = "Odd number"),
	MEMBER_TEXT(event_row, source, .column = "source", .key = "source", .required = true, .help = "Name of the source"),
	MEMBER_TEXT(event_row, webhook_id, .column = "webhook_id"),
	MEMBER_TEXT(event_row, event_id, .column = "event_id", .key = "event_id", .always = true, .help = "dbt's id of the event"),
	MEMBER_TIME(event_row, received_at, .column = "received_at", .key = "received_at", .required = true,
		.help = "When it was received"),
	MEMBER_TIME(event_row, finished_at, .column = "finished_at", .key = "finished_at", .help = "When the dbt run finished"),
	MEMBER_TEXT(event_row, outcome, .column = "outcome", .key = "outcome", .required = true,
		.help = "routed, unmatched, ignored, test or replay"),
	MEMBER_OPTIONAL(event_row, reason, .column = "reason", .key = "reason",
		.help = "Why it was ignored or taken for a test, or which event it replays"),
	MEMBER_TEXT(event_row, type, .column = "type"),
	MEMBER_TEXT(event_row, job_id, .column = "job_id"),
	MEMBER_TEXT(event_row, run_id, .column = "run_id"),
	MEMBER_ELSEWHERE("fields", MAP, .required = true, .help = "Fields of the event"),
	MEMBER_JSON(event_row, matched, .column = "matched", .otherwise = "[]", .key = "matched", .shape = SHAPE_TEXTS,
		.required = true, .help = "Names of the rules that matched"),
	MEMBER_JSON(event_row, selections, .column = "selections", .key = "selections", .shape = SHAPE_LIST,
		.members = selection_members, .help = "Selections of the decision"),
	MEMBER_OPTIONAL(event_row, ruleset, .column = "ruleset", .select = "ruleset.revision", .key = "ruleset",
		.help = "Revision of the ruleset that decided"),
	MEMBER_ELSEWHERE("refreshes", COUNTS, .required = true,
		.help = "Ids of the refreshes that it caused"),
	MEMBER_ELSEWHERE("open_selections", COUNT, .help = "Selections that are not resolved yet"),
	MEMBER_BYTES(event_row, body, .column = "body", .key = "body", .help = "The body as received (of one event, or with=body)"),
	MEMBER_ELSEWHERE("redacted", TEXTS, .help = "Fields whose value was replaced (of `events --export --redact` only)"),
	MEMBER_ELSEWHERE("commands", LIST, .members = command_members,
		.help = "What people asked for (of one event only)"),
	{ 0 },
};
/* clang-format on */
