/*
 * rules/lint/lint_inside.h - what lint.c and its findings share. Private to rules/lint/.
 */
#pragma once
#include "rules/lint/asks.h"
#include "rules/lint/implied.h"
#include "rules/lint/lint.h"
#include "rules/lint/partners.h"
#include "rules/lint/witness.h"

struct linting { /* one run over a ruleset */
	const struct lint *lint;
	const struct ruleset *ruleset;
	struct problems *problems;
	struct asks asks;
	struct implying implying;
	struct partners *partners;
	struct witnesses *witnesses;
	uint32_t *sizes;        /* by rule: the values of its conditions */
	enum problem_code code; /* that is looked for */
	int64_t work;           /* so far, for one kind of findings */
	bool is_over;           /* the bound was reached, and that was reported */
};

/* ---- lint.c: places, and how long it may take ---- */

struct place lint_place_of_rule(const struct linting *linting, uint32_t rule);
struct place lint_place_of_ask(const struct linting *linting, const struct ask *ask);
struct str lint_source(const struct linting *linting, uint32_t rule); /* of its file */
/* The work of comparing two rules. */
int64_t lint_work(const struct linting *linting, uint32_t a, uint32_t b);
/* Counts work, a comparison of two usual rules being 1. False when the bound of this kind of
 * findings is reached; the first time, that is reported at this rule. */
bool lint_goes_on(struct linting *linting, uint32_t rule, int64_t work);

/* ---- lint_redundant.c: what adds nothing ---- */

void lint_redundant_rules(struct linting *linting);

void lint_redundant_selections(
	struct linting *linting); /* selections that stand twice in one rule */

/* ---- lint_wishes.c: content that is wanted in different ways ---- */

void lint_wishes(struct linting *linting);
