# schemas/local.mk: generated from the declarations that the loader uses; `make check` fails when they are stale.
SCHEMAS = rules config tests decision event refresh selection site node receiver notification problems finding resolve test diff verify backup store doctor reload health
EXTRA_DIST += $(SCHEMAS:%=schemas/%.schema.json)

PHONY_TARGETS += schemas
schemas: refresh-router
	for name in $(SCHEMAS); do ./refresh-router schema $$name > $(srcdir)/schemas/$$name.schema.json || exit 1; done
