/* content/refresh.c - the tables of a refresh's and a cause's members, and the words for states. */
#include "content/refresh.h"
#include "content/command.h"
#include <string.h>

static const char *const names[] = {
	[REFRESH_WAITING] = "waiting",
	[REFRESH_SENDING] = "sending",
	[REFRESH_UNKNOWN] = "unknown",
	[REFRESH_QUEUED] = "queued",
	[REFRESH_RUNNING] = "running",
	[REFRESH_SUCCEEDED] = "succeeded",
	[REFRESH_FAILED] = "failed",
	[REFRESH_CANCELLED] = "cancelled",
	[REFRESH_EXPIRED] = "expired",
};

const char *refresh_state_name(enum refresh_state state)
{
	return names[state];
}

bool refresh_state_of(const char *name, enum refresh_state *state)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], name)) {
			*state = (enum refresh_state)i;
			return true;
		}
	return false;
}

/* ---- tables of members ---- */

static const char *state_word(int state)
{
	return refresh_state_name((enum refresh_state)state);
}

/* clang-format off */
static const struct member content_members[] = {
	MEMBER_TEXT(refresh_row, content.luid, .column = "luid", .key = "id", .help = "LUID"),
	MEMBER_TEXT(refresh_row, content.name, .column = "name", .key = "name", .required = true, .help = "Name"),
	MEMBER_TEXT(refresh_row, content.project, .column = "project", .key = "project", .help = "Path of its project"),
	{ 0 },
};

static const struct member job_members[] = {
	MEMBER_TEXT(refresh_row, job_id, .column = "job_id", .key = "id", .required = true, .decides = true,
		.help = "LUID of Tableau's job"),
	MEMBER_TIME(refresh_row, job_created_at, .column = "job_created_at", .key = "created_at", .help = "By Tableau's clock"),
	MEMBER_TIME(refresh_row, job_started_at, .column = "job_started_at", .key = "started_at", .help = "By Tableau's clock"),
	MEMBER_TIME(refresh_row, job_completed_at, .column = "job_completed_at", .key = "completed_at",
		.help = "By Tableau's clock"),
	{ 0 },
};

const struct member refresh_members[] = {
	MEMBER_COUNT(refresh_row, id, .column = "id", .most = RECORD_MOST_COUNT, .key = "id", .required = true,
		.help = "Even number"),
	MEMBER_TEXT(refresh_row, site, .column = "site", .key = "site", .required = true, .help = "Name of the site"),
	MEMBER_WORD(refresh_row, content.kind, content_kind, .column = "kind", .most = CONTENT_KIND_COUNT - 1,
		.word = kind_word, .key = "kind", .required = true, .help = "workbook, datasource, flow or task"),
	MEMBER_GROUP(.members = content_members, .key = "content", .required = true,
		.help = "What is refreshed; without id when the selection named nothing"),
	MEMBER_FLAG(refresh_row, incremental, .column = "incremental", .key = "incremental", .always = true,
		.help = "Incremental instead of full"),
	MEMBER_WORD(refresh_row, state, refresh_state, .column = "state", .most = REFRESH_EXPIRED,
		.word = state_word, .key = "state", .required = true,
		.help = "waiting, sending, unknown, queued, running, succeeded, failed, cancelled or expired"),
	MEMBER_TEXT(refresh_row, reason, .column = "reason", .key = "reason", .help = "Why it waits, or how it ended"),
	MEMBER_INT(refresh_row, priority, .column = "priority", .most = PRIORITY_MOST, .key = "priority", .always = true,
		.help = "0 to 100"),
	MEMBER_TIME(refresh_row, created_at, .column = "created_at", .key = "created_at", .required = true,
		.help = "When it was created"),
	MEMBER_ELSEWHERE("waiting_since", TIME,
		.help = "Since when it waits for its site (a pause, a budget, a failure, a place)"),
	MEMBER_TIME(refresh_row, not_before, .column = "not_before", .key = "not_before", .help = "When it is tried next"),
	MEMBER_DURATION(refresh_row, patience, .column = "patience"),
	MEMBER_DURATION(refresh_row, quiet, .column = "quiet", .most = RECORD_MOST_TIME),
	MEMBER_FLAG(refresh_row, is_cancelling, .column = "is_cancelling"),
	MEMBER_FLAG(refresh_row, is_from_copy, .column = "is_from_copy"),
	MEMBER_TIME(refresh_row, sent_at, .column = "sent_at", .key = "sent_at", .help = "When its last request was sent"),
	MEMBER_TIME(refresh_row, sent_at_tableau, .column = "sent_at_tableau"),
	MEMBER_COUNT(refresh_row, sent_after, .column = "sent_after", .most = STAMP_MOST),
	MEMBER_COUNT(refresh_row, seen_waiting_after, .column = "seen_waiting_after", .most = STAMP_MOST),
	MEMBER_TIME(refresh_row, ended_at, .column = "ended_at", .key = "ended_at", .help = "When it ended"),
	MEMBER_COUNT(refresh_row, attempts, .column = "attempts", .most = RECORD_MOST_COUNT, .key = "attempts",
		.required = true, .help = "Requests sent"),
	MEMBER_GROUP(.members = job_members, .key = "job", .help = "Tableau's job"),
	MEMBER_ELSEWHERE("causes", LIST, .members = cause_members, .required = true,
		.help = "Events and rules that want it"),
	MEMBER_ELSEWHERE("commands", LIST, .members = command_members,
		.help = "What people asked for (of one refresh only)"),
	{ 0 },
};

const struct member cause_members[] = {
	MEMBER_COUNT(cause_row, refresh, .column = "refresh"),
	MEMBER_COUNT(cause_row, event, .column = "event", .most = STAMP_MOST >> STAMP_BITS, .key = "event", .required = true,
		.help = "Id of the event"),
	MEMBER_TEXT(cause_row, rule, .column = "rule", .key = "rule", .required = true, .help = "Name of the rule"),
	MEMBER_COUNT(cause_row, selection, .column = "selection"),
	MEMBER_TIME(cause_row, arrived_at, .column = "arrived_at"),
	MEMBER_TIME(cause_row, fresh_from, .column = "fresh_from"),
	MEMBER_COUNT(cause_row, after, .column = "after", .most = STAMP_MOST, .also = STAMP_NEVER),
	{ 0 },
};
/* clang-format on */

struct refresh_row refresh_row_copy(const struct refresh_row *row, struct arena *arena)
{
	struct refresh_row copy;
	record_copy(refresh_members, row, &copy, sizeof copy, arena);
	return copy;
}

struct cause_row cause_row_copy(const struct cause_row *row, struct arena *arena)
{
	struct cause_row copy;
	record_copy(cause_members, row, &copy, sizeof copy, arena);
	return copy;
}
