# packaging/local.mk: what goes with the programs.
dist_man_MANS += packaging/man/refresh-router.1 packaging/man/refresh-router-rules.5 packaging/man/refresh-router.yaml.5 packaging/man/refresh-router-findings.7 \
	packaging/man/refresh-router-metrics.7 packaging/man/tableau-sandbox.1
dist_doc_DATA = packaging/operations.md packaging/security.md
EXTRA_DIST += packaging/man/fill .github/SECURITY.md packaging/install-dependencies packaging/demo/run packaging/demo/config.yaml packaging/demo/rules.yaml \
	packaging/sandbox/world.yaml packaging/systemd/refresh-router.service.in \
	.pre-commit-hooks.yaml packaging/ci/action.yml packaging/ci/build

# For pipelines of rules: GitLab's template runs these from an image.
cidir = $(pkgdatadir)/ci
dist_ci_SCRIPTS = packaging/ci/review packaging/ci/comment
dist_ci_DATA = packaging/ci/refresh-router.gitlab-ci.yml

# For systemd: the units, and examples of what is written beside them (`make install` starts nothing).
systemdsystemunitdir = @systemdsystemunitdir@
nodist_systemdsystemunit_DATA = packaging/systemd/refresh-router.service
dist_systemdsystemunit_DATA = packaging/systemd/refresh-router.socket packaging/systemd/refresh-router-admin.socket
systemdexamplesdir = $(docdir)/examples/systemd
examplesdir = $(docdir)/examples
dist_examples_DATA = packaging/example/config.yaml
examplerulesdir = $(docdir)/examples/rules
dist_examplerules_DATA = packaging/example/rules/first.yaml
dist_systemdexamples_DATA = packaging/systemd/credentials.conf packaging/systemd/notify-reload.conf
CLEANFILES += packaging/systemd/refresh-router.service
packaging/systemd/refresh-router.service: packaging/systemd/refresh-router.service.in Makefile
	@$(MKDIR_P) packaging/systemd
	sed 's|@bindir[@]|$(bindir)|' $(srcdir)/packaging/systemd/refresh-router.service.in >$@

# For Prometheus and Grafana.
prometheusdir = $(pkgdatadir)/prometheus
dist_prometheus_DATA = packaging/prometheus/refresh-router.rules.yaml packaging/prometheus/refresh-router.rules.test.yaml \
	packaging/prometheus/refresh-router.dashboard.json

# For containers.
EXTRA_DIST += .dockerignore packaging/Containerfile packaging/kubernetes/base/config.yaml packaging/kubernetes/base/deployment.yaml \
	packaging/kubernetes/base/disruption.yaml packaging/kubernetes/base/kustomization.yaml packaging/kubernetes/base/networkpolicy.yaml \
	packaging/kubernetes/base/rules/first.yaml packaging/kubernetes/base/service.yaml packaging/kubernetes/base/storage.yaml \
	packaging/kubernetes/git-sync/kustomization.yaml packaging/kubernetes/git-sync/rules.yaml packaging/kubernetes/example/config.yaml \
	packaging/kubernetes/example/ingress.yaml packaging/kubernetes/example/kustomization.yaml packaging/kubernetes/example/rules/finance.yaml \
	packaging/kubernetes/example/servicemonitor.yaml packaging/kubernetes/several/config.yaml packaging/kubernetes/several/kustomization.yaml

# Packages, from an archive as a release has it: `make deb` into the folder `deb`.
DEBIAN_FILES = changelog control copyright refresh-router.README.Debian refresh-router.dirs refresh-router.docs refresh-router-review.install \
	refresh-router.install refresh-router.postinst refresh-router.postrm rules source/format tableau-sandbox.install
EXTRA_DIST += packaging/build-deb $(DEBIAN_FILES:%=packaging/debian/%)
PHONY_TARGETS += deb rpm static-tarball npm
EXTRA_DIST += packaging/refresh-router.spec
# RPM_OPTIONS: --nodeps where the libraries are not of RPM packages, --nocheck without the unit tests.
rpm: dist
	rm -rf rpm && $(MKDIR_P) rpm/SOURCES && cp $(distdir).tar.xz rpm/SOURCES
	rpmbuild -bb --define "_topdir $(abs_builddir)/rpm" $(RPM_OPTIONS) $(srcdir)/packaging/refresh-router.spec
EXTRA_DIST += packaging/build-tarball packaging/static-libraries packaging/INSTALL-tarball packaging/build-npm packaging/npm/README.md packaging/npm/refresh-router.js
STATIC_TARBALL = static/$(distdir)-linux-`uname -m`.tar.xz
static-tarball: dist
	$(srcdir)/packaging/build-tarball $(distdir).tar.xz static static-libraries
npm: static-tarball
	$(srcdir)/packaging/build-npm $(srcdir) $(STATIC_TARBALL) npm
deb: dist
	$(srcdir)/packaging/build-deb $(distdir).tar.xz deb

# Where each shell looks for completions.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_bashcompletion_DATA = packaging/completions/refresh-router.bash
dist_zshcompletion_DATA = packaging/completions/_refresh-router
dist_fishcompletion_DATA = packaging/completions/refresh-router.fish

# The parts of the manual that are tables come from the program; `make check` fails when they are stale.
PHONY_TARGETS += manual
manual: refresh-router
	for page in refresh-router.1 refresh-router-rules.5 refresh-router.yaml.5 refresh-router-findings.7 refresh-router-metrics.7; do \
		$(srcdir)/packaging/man/fill ./refresh-router $(srcdir)/packaging/man/$$page > $$page.new && \
		mv $$page.new $(srcdir)/packaging/man/$$page || exit 1; done
