# src/rules/local.mk: rule files to a compiled ruleset, and what it says about an event.
librouter_a_SOURCES += \
	src/rules/lint/asks.c src/rules/lint/asks.h \
	src/rules/awaited.c src/rules/awaited.h \
	src/rules/compare/compare.c src/rules/compare/compare.h src/rules/compare/compare_rules.c \
	src/rules/condition.c \
	src/rules/suite/coverage.c src/rules/suite/coverage.h \
	src/rules/decide.c src/rules/decide.h \
	src/rules/decision_json.c \
	src/rules/lint/exact.c src/rules/lint/exact.h \
	src/rules/lint/exclude.c src/rules/lint/exclude.h \
	src/rules/expand.c src/rules/expand.h \
	src/rules/explain/explain.c src/rules/explain/explain.h \
	src/rules/explain/explanation.c src/rules/explain/explanation.h \
	src/rules/fixed.c src/rules/fixed.h \
	src/rules/lint/growth.c src/rules/lint/growth.h \
	src/rules/explain/hint.c src/rules/explain/hint.h \
	src/rules/lint/implied.c src/rules/lint/implied.h \
	src/rules/index.c src/rules/index.h \
	src/rules/lint/lint.c src/rules/lint/lint.h src/rules/lint/lint_inside.h src/rules/lint/lint_redundant.c \
	src/rules/lint/lint_rule.c src/rules/lint/lint_rule.h src/rules/lint/lint_wishes.c \
	src/rules/literal.c src/rules/literal.h \
	src/rules/load.c src/rules/load.h \
	src/rules/lookup.c src/rules/lookup.h \
	src/rules/luid.c src/rules/luid.h \
	src/rules/match.c src/rules/match.h \
	src/rules/merging.c src/rules/merging.h \
	src/rules/lint/partners.c src/rules/lint/partners.h \
	src/rules/pattern_set.c src/rules/pattern_set.h \
	src/rules/suite/play.c src/rules/suite/play.h \
	src/rules/lint/possible.c src/rules/lint/possible.h \
	src/rules/explain/remedy.c src/rules/explain/remedy.h src/rules/explain/remedy_combine.c \
	src/rules/explain/remedy_gap.c src/rules/explain/remedy_inside.h src/rules/explain/remedy_value.c \
	src/rules/rule.h \
	src/rules/rule_files.c src/rules/rule_files.h \
	src/rules/rule_load.c \
	src/rules/ruleset.c src/rules/ruleset.h \
	src/rules/schema.c \
	src/rules/selection_load.c \
	src/rules/suite/suite.c src/rules/suite/suite.h \
	src/rules/suite/suite_event.c src/rules/suite/suite_expect.c src/rules/suite/suite_inside.h \
	src/rules/suite/suite_load.c src/rules/suite/suite_load.h \
	src/rules/template.c src/rules/template.h \
	src/rules/lint/usage.c \
	src/rules/lint/witness.c src/rules/lint/witness.h \
	src/rules/written.c src/rules/written.h

EXTRA_DIST += src/rules/README.md
