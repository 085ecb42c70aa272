/*
 * cli/route/route_report.h - why a decision is as it is, for people.
 */
#pragma once
#include "rules/decide.h"
#include <stdio.h>

/* What is refreshed, and how: "workbook 'Revenue', incremental, after a delay of 10m". */
void route_report_selection(const struct selection *selection, struct text *out);

/*
 * Prints an explained decision: the rules that matched with each condition; what they refresh, and
 * how they share it; then those that did not match, the nearest first, each with what would make it
 * match. In 80 columns, or those of the terminal; in colour on a terminal without NO_COLOR.
 *
 * With `is_chosen` only rules that are explained in full are shown, with every alternative.
 */
void route_report_explained(const struct decision *decision, bool is_chosen, FILE *out);
