# rules/local.mk: commented rules for the cases that teams have; each has its tests beside it.
GALLERY = by-tag failed-runs incremental-by-day keep-ci-out naming-convention on-trial one-job-many-sites several-jobs site-per-region sources-first
EXTRA_DIST += rules/README.md $(GALLERY:%=rules/%.yaml) $(GALLERY:%=rules/%.test.yaml)
