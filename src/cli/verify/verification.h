/*
 * cli/verify/verification.h - what `verify` finds: of every site whether it can be asked, of every
 * selection that needs no event what it names, and of every source whether dbt sends what its
 * rules await.
 */
#pragma once
#include "cli/online.h"
#include "cli/verify/verified_source.h"
#include "rules/fixed.h"

struct verified_case { /* one selection of one rule */
	const struct fixed_selection *wanted;
	const char *what;    /* "workbook 'Revenue' in project 'Finance'" */
	int64_t count;       /* how many items it names */
	const char *problem; /* as in inquiry_members; NULL: none */
	const char *message; /* the problem in words; "" when the site did not answer at all */
	const char *note;    /* what may be refused, and cannot be known; NULL: nothing */
	const char *const *candidates; /* their project paths, or names where that is not known */
	size_t candidate_count;
};

struct verified_site {
	const struct config_site *config;
	const char *problem;         /* secret_missing or unreachable; NULL: it could be asked */
	const char *error;           /* why not, in words; or NULL */
	struct wall pat_ends_at;     /* {0}: not known */
	const char *pat_ending;      /* that its PAT ends soon, in words; NULL: it does not */
	struct verified_case *cases; /* by file, line, and place in the rule */
	size_t case_count;
	size_t failed;  /* cases with a problem of their own */
	size_t unknown; /* cases that nobody could look up */
};

struct verification { /* {.arena = ...} at first; everything lives there */
	struct arena *arena;
	struct verified_site *sites; /* in the order of the configuration */
	size_t site_count;
	struct verified_source *sources; /* those of which dbt's API can be asked */
	size_t source_count;
	size_t case_count;
	/* sites, cases and sources with a problem, PATs that end soon */
	size_t findings;
	size_t need_event, disabled; /* selections and rules that were left out */
	bool by_daemon;
};

/* The sites of `config` that `only` names (none: all), and the selections of `fixed` on them. */
void verification_plan(struct verification *verification, const struct config *config,
	const struct fixed_selections *fixed, const char *const *only, size_t only_count);
/* Asks about all of them. Equal selections are asked for once. */
void verification_run(struct verification *verification, struct online *online);

/* Asks dbt's API about the sources of `config` that name it, each for at most `us`. */
void verification_run_sources(struct verification *verification, const struct config *config,
	const struct awaited_list *awaited, int64_t us);

/* "secret_missing", "unreachable" or "pat_ends_soon": the problem of a site itself; NULL: none. */
const char *verified_site_problem(const struct verified_site *site);
/* Has the case a problem that is not its site's? */
bool verified_case_has_failed(
	const struct verified_site *site, const struct verified_case *verified);
