# packaging/local.mk: what goes with the programs.
dist_man_MANS += packaging/man/refresh-router.1 packaging/man/tableau-sandbox.1
EXTRA_DIST += packaging/install-dependencies packaging/demo/run packaging/demo/config.yaml packaging/demo/rules.yaml \
	packaging/sandbox/world.yaml packaging/systemd/refresh-router.service packaging/completions/refresh-router.bash
