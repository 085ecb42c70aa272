# packaging/local.mk: what goes with the programs.
EXTRA_DIST += packaging/install-dependencies packaging/demo/run packaging/demo/config.yaml packaging/demo/rules.yaml \
	packaging/systemd/refresh-router.service packaging/sandbox/world.yaml
