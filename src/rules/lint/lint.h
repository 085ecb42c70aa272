/*
 * rules/lint/lint.h - what `check` says about several rules together: a rule that adds nothing, and
 * content that two rules want in different ways. Private to rules/.
 *
 * Places are noted while the rules are read, because a compiled rule does not know the columns of
 * its parts. The work is bounded; where the bound stops it, that is said.
 */
#pragma once
#include "rules/rule.h"

struct lint;

struct lint *lint_new(void);
void lint_free(struct lint *lint);
OWNED_DEFINE(lint)

/* To be called in the order in which the rules are read. Texts of places are borrowed from the
 * ruleset; `source`, the file's bytes, is copied. */
void lint_note_file(struct lint *lint, struct str source);
void lint_note_rule(struct lint *lint, struct place name);
void lint_note_selector(struct lint *lint, struct place selector); /* once for each of them */

/* Reports on all rules of a ruleset that has its index. */
void lint_rules(struct lint *lint, const struct ruleset *ruleset, struct problems *problems);
