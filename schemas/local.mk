# schemas/local.mk: generated from the declarations that the loader uses; a test fails when they are stale.
SCHEMAS = rules config tests decision event refresh selection site problems test
EXTRA_DIST += schemas/rules.schema.json schemas/config.schema.json schemas/tests.schema.json schemas/decision.schema.json schemas/event.schema.json schemas/refresh.schema.json schemas/selection.schema.json schemas/problems.schema.json schemas/site.schema.json schemas/test.schema.json

PHONY_TARGETS += schemas
schemas: refresh-router
	for name in $(SCHEMAS); do ./refresh-router schema $$name > $(srcdir)/schemas/$$name.schema.json || exit 1; done
