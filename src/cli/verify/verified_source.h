/*
 * cli/verify/verified_source.h - whether dbt sends what the rules wait for: the webhooks that post
 * to a source, compared with the events that its rules await.
 */
#pragma once
#include "config/config.h"
#include "rules/awaited.h"

struct source_finding {
	const struct awaited *awaited; /* NULL: about the webhook itself */
	const char *problem;           /* not_subscribed, inactive, failing; of a rule: not_sent */
	const char *message;
};

struct verified_source {
	const struct config_source *config;
	const char *problem;  /* secret_missing or unreachable; NULL: dbt's API could be asked */
	const char *error;    /* why not, in words; or NULL */
	size_t webhooks;      /* active ones that post to it */
	size_t awaited_count; /* how many conditions were compared */
	const struct source_finding *findings;
	size_t finding_count;
};

/* Asks dbt's API, which takes at most `us`. Texts live in `arena`. */
struct verified_source verified_source_ask(const struct config_source *source,
	const struct awaited_list *awaited, int64_t us, struct arena *arena);
