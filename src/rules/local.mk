# src/rules/local.mk: rule files to a compiled ruleset, and what it says about an event.
librouter_a_SOURCES += \
	src/rules/asks.c src/rules/asks.h \
	src/rules/awaited.c src/rules/awaited.h \
	src/rules/compare.c src/rules/compare.h src/rules/compare_rules.c \
	src/rules/condition.c \
	src/rules/coverage.c src/rules/coverage.h \
	src/rules/decide.c src/rules/decide.h \
	src/rules/decision_json.c \
	src/rules/exact.c src/rules/exact.h \
	src/rules/exclude.c src/rules/exclude.h \
	src/rules/expand.c src/rules/expand.h \
	src/rules/explain.c src/rules/explain.h \
	src/rules/explanation.c src/rules/explanation.h \
	src/rules/fixed.c src/rules/fixed.h \
	src/rules/growth.c src/rules/growth.h \
	src/rules/hint.c src/rules/hint.h \
	src/rules/implied.c src/rules/implied.h \
	src/rules/index.c src/rules/index.h \
	src/rules/lint.c src/rules/lint.h src/rules/lint_inside.h src/rules/lint_redundant.c \
	src/rules/lint_rule.c src/rules/lint_rule.h src/rules/lint_wishes.c \
	src/rules/literal.c src/rules/literal.h \
	src/rules/load.c src/rules/load.h \
	src/rules/lookup.c src/rules/lookup.h \
	src/rules/luid.c src/rules/luid.h \
	src/rules/match.c src/rules/match.h \
	src/rules/merging.c src/rules/merging.h \
	src/rules/partners.c src/rules/partners.h \
	src/rules/pattern_set.c src/rules/pattern_set.h \
	src/rules/play.c src/rules/play.h \
	src/rules/possible.c src/rules/possible.h \
	src/rules/remedy.c src/rules/remedy.h src/rules/remedy_combine.c \
	src/rules/remedy_gap.c src/rules/remedy_inside.h src/rules/remedy_value.c \
	src/rules/rule.h \
	src/rules/rule_files.c src/rules/rule_files.h \
	src/rules/rule_load.c \
	src/rules/ruleset.c src/rules/ruleset.h \
	src/rules/schema.c \
	src/rules/selection_load.c \
	src/rules/suite.c src/rules/suite.h \
	src/rules/suite_load.c src/rules/suite_load.h \
	src/rules/template.c src/rules/template.h \
	src/rules/usage.c \
	src/rules/witness.c src/rules/witness.h

EXTRA_DIST += src/rules/README.md
