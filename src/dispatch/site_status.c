/*
 * dispatch/site_status.c - where the members of a site's status are shown.
 */
#include "dispatch/status.h"

/* clang-format off */
static const struct member wait_members[] = {
	MEMBER_TIME(schedule_wait, since, .key = "since", .required = true, .help = "Since when"),
	MEMBER_TIME(schedule_wait, until, .key = "until", .help = "Until when, if that is known"),
	MEMBER_OPTIONAL(schedule_wait, reason, .key = "reason", .required = true, .decides = true, .help = "Why"),
	{ 0 },
};

static const struct member queue_members[] = {
	MEMBER_COUNT(site_status, queue.open, .key = "open", .required = true, .help = "That have not ended"),
	MEMBER_COUNT(site_status, queue.ready, .key = "ready", .required = true, .help = "That could be sent, but for their site",
		.heading = "READY"),
	MEMBER_COUNT(site_status, queue.sending, .key = "sending", .required = true, .help = "Whose request is out",
		.heading = "SENDING"),
	MEMBER_COUNT(site_status, queue.in_flight, .key = "in_flight", .required = true,
		.help = "Whose job waits or runs on Tableau", .heading = "RUNNING"),
	{ 0 },
};

static const struct member start_members[] = {
	MEMBER_COUNT(site_status, refreshes_per_hour, .key = "limit", .required = true, .decides = true,
		.help = "So many in any hour, or day"),
	MEMBER_COUNT(site_status, queue.starts_spent, .key = "spent", .required = true, .help = "So many in the last one"),
	{ 0 },
};

static const struct member query_members[] = {
	MEMBER_COUNT(site_status, job_queries_per_day, .key = "limit", .required = true, .decides = true,
		.help = "So many in any hour, or day"),
	MEMBER_COUNT(site_status, queue.queries_spent, .key = "spent", .required = true, .help = "So many in the last one"),
	{ 0 },
};

const struct member site_members[] = {
	MEMBER_TEXT(site_status, client.name, .outlives = true, .key = "name", .required = true,
		.help = "What rules call it", .heading = "SITE", .heading_rank = -2),
	MEMBER_FLAG(site_status, queue.is_configured),
	MEMBER_ELSEWHERE("configured", FLAG, .help = "false: the configuration has it no longer, and its work waits"),
	MEMBER_OPTIONAL(site_status, owner, .key = "owner", .help = "The node that owns it, where several share the store"),
	MEMBER_TEXT(site_status, client.server, .outlives = true, .key = "server", .required = true, .help = "Scheme and host"),
	MEMBER_TEXT(site_status, client.content_url, .outlives = true, .key = "content_url", .required = true,
		.help = "Empty: the Default site"),
	MEMBER_TEXT(site_status, client.api_version, .key = "api_version", .help = "Of Tableau's REST API, once it is known"),
	MEMBER_FLAG(site_status, client.is_signed_in, .key = "signed_in", .required = true, .help = "Is there a session?"),
	MEMBER_OPTIONAL(site_status, client.sign_in_failed, .key = "sign_in_failed",
		.help = "Why there is no session: refused or unanswered; last_error says more"),
	MEMBER_FLAG(site_status, client.lacks_secret, .key = "secret_missing",
		.help = "The secret of its personal access token cannot be read"),
	MEMBER_TIME(site_status, client.signed_in_at, .key = "signed_in_at", .help = "Since when"),
	MEMBER_TIME(site_status, client.pat_ends_at, .key = "pat_ends_at", .help = "When its personal access token ends"),
	MEMBER_COUNT(site_status, client.sign_ins, .key = "sign_ins", .required = true, .help = "Since the start of the daemon"),
	MEMBER_COUNT(site_status, client.requests, .key = "requests", .required = true,
		.help = "HTTP requests since the start of the daemon"),
	MEMBER_COUNT(site_status, client.errors, .key = "errors", .required = true,
		.help = "Requests that failed, since the start of the daemon"),
	MEMBER_UNSIGNED(site_status, client.in_flight, .key = "in_flight", .required = true, .help = "HTTP requests that are out"),
	MEMBER_UNSIGNED(site_status, client.waiting, .key = "waiting", .required = true,
		.help = "HTTP requests that wait for their turn"),
	MEMBER_FLAG(site_status, client.may_list_jobs, .key = "may_list_jobs", .required = true, .help = "One call polls all jobs"),
	MEMBER_GROUP(.members = queue_members, .key = "refreshes", .required = true, .help = "Refreshes of this site"),
	MEMBER_COUNT(site_status, queue.selections, .key = "selections", .required = true,
		.help = "Selections that are not resolved yet", .heading = "UNRESOLVED", .heading_rank = -1),
	MEMBER_STRUCT(site_status, queue.lookups, schedule_wait, .members = wait_members, .key = "lookups_wait",
		.help = "Why selections wait to be looked up"),
	MEMBER_STRUCT(site_status, queue.starts, schedule_wait, .members = wait_members, .key = "refreshes_wait",
		.help = "Why refreshes wait to be sent"),
	MEMBER_STRUCT(site_status, queue.queries, schedule_wait, .members = wait_members, .key = "jobs_wait",
		.help = "Why jobs wait to be asked for"),
	MEMBER_TIME(site_status, queue.oldest, .key = "oldest_waiting_since",
		.help = "Since when the oldest event waits for fresh content, without what delay and quiet hold"),
	MEMBER_OPTIONAL(site_status, queue.paused_by, .key = "paused_by", .help = "Who paused it"),
	MEMBER_DURATION(site_status, queue.backlog),
	MEMBER_OPTIONAL(site_status, queue.overdue, .key = "backlog",
		.help = "That its budget of starts cannot work off what waits within give_up_after"),
	MEMBER_INT(site_status, queue.failures, .key = "failures", .help = "Calls that failed, one after another"),
	MEMBER_TIME(site_status, queue.paused_until, .key = "left_alone_until",
		.help = "It keeps failing; when it is probed next"),
	MEMBER_GROUP(.members = start_members, .key = "refreshes_per_hour", .help = "The budget of starts",
		.heading = "STARTS/HOUR"),
	MEMBER_GROUP(.members = query_members, .key = "job_queries_per_day", .help = "The budget of looks at jobs",
		.heading = "QUERIES/DAY"),
	MEMBER_TEXT(site_status, client.last_error, .key = "last_error",
		.help = "Of the last call, or what else a person should know"),
	{ 0 },
};

const struct member selection_status_members[] = {
	MEMBER_COUNT(selection_status, event, .key = "event", .required = true, .help = "Id of the event"),
	MEMBER_TEXT(selection_status, site, .key = "site", .required = true, .help = "Name of the site"),
	MEMBER_WORD(selection_status, kind, content_kind, .word = kind_word, .key = "kind", .required = true,
		.help = "workbook, datasource, flow or task"),
	MEMBER_TEXT(selection_status, label, .key = "selector", .required = true, .help = "What it names"),
	MEMBER_TIME(selection_status, since, .key = "waiting_since", .required = true, .help = "When the event came"),
	MEMBER_TIME(selection_status, until, .key = "not_before", .help = "When it is tried next"),
	MEMBER_TEXT(selection_status, reason, .key = "reason", .help = "Why its content is not known yet"),
	MEMBER_TEXTS(selection_status, rules, rule_count, .key = "rules", .required = true,
		.help = "Names of the rules that want it"),
	{ 0 },
};
/* clang-format on */
