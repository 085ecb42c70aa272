/*
 * rules/lint/partners.h - which asks of a group are worth comparing, as far as the values of one
 * field show. Private to rules/.
 *
 * Thousands of rules may ask for one workbook, each after a dbt job of its own. They are filed by
 * the field that most of them have conditions on, so that rules with different values do not meet.
 */
#pragma once
#include "rules/lint/asks.h"

struct partners;

struct partners *partners_new(const struct asks *asks); /* borrows them */
void partners_free(struct partners *partners);
OWNED_DEFINE(partners)

/* Files the asks of a group. */
void partners_file(struct partners *partners, uint32_t group);

enum partners_wanted {
	PARTNERS_OVERLAP, /* whose rules may match an event that this one's rule matches */
	PARTNERS_COVER,   /* whose rules may match all events that this one's rule matches */
};

/* Return false to see no more. */
typedef bool partner_visit(void *context, const struct ask *ask, const struct ask *partner);
/* Visits the partners of an ask of that group, each once, and maybe the ask itself. */
void partners_visit(struct partners *partners, const struct ask *ask, enum partners_wanted wanted,
	partner_visit *visit, void *context);
