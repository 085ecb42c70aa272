# rules/local.mk: commented examples that a user starts from.
EXTRA_DIST += rules/finance.yaml rules/finance.test.yaml rules/regional.yaml rules/regional.test.yaml
