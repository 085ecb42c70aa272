# rules/local.mk: commented examples that a user starts from.
EXTRA_DIST += rules/finance.yaml rules/regional.yaml
