bin_PROGRAMS += refresh-router
refresh_router_SOURCES = src/cli/main.c
refresh_router_LDADD = $(ROUTER_LIBS)

librouter_a_SOURCES += \
	src/cli/admin_client.c src/cli/admin_client.h \
	src/cli/ask.c src/cli/ask.h \
	src/cli/backup.c \
	src/cli/store.c \
	src/cli/check/check.c src/cli/check/check_fix.c src/cli/check/check_fix.h src/cli/check/check_run.c src/cli/check/check_run.h \
	src/cli/check/check_report.c src/cli/check/check_report.h src/cli/check/check_report_checkstyle.c \
	src/cli/check/check_report_github.c src/cli/check/check_report_gitlab.c src/cli/check/check_report_sarif.c \
	src/cli/command.c src/cli/command.h \
	src/cli/complete.c \
	src/cli/verify/dbt_api.c src/cli/verify/dbt_api.h \
	src/cli/diff/diff.c \
	src/cli/diff/diff_report.c src/cli/diff/diff_report.h \
	src/cli/diff/event_source.c src/cli/diff/event_source.h \
	src/cli/events/events.c \
	src/cli/events/export.c src/cli/events/export.h \
	src/cli/check/explain.c \
	src/cli/check/finding.c src/cli/check/finding.h src/cli/check/finding_key.c src/cli/check/finding_key.h \
	src/cli/init/first_files.c src/cli/init/first_files.h \
	src/cli/diff/git.c src/cli/diff/git.h \
	src/cli/doctor/checkup.h src/cli/doctor/checkup_daemon.c src/cli/doctor/checkup_files.c \
	src/cli/doctor/checkup_network.c src/cli/doctor/checkup_store.c src/cli/doctor/doctor.c \
	src/cli/given_config.c src/cli/given_config.h \
	src/cli/given_rules.c src/cli/given_rules.h \
	src/cli/health.c \
	src/cli/help.c src/cli/help.h \
	src/cli/init/init.c \
	src/cli/init/init_values.c src/cli/init/init_values.h \
	src/cli/junit.c src/cli/junit.h \
	src/cli/member.c src/cli/member.h \
	src/cli/init/new_files.c src/cli/init/new_files.h \
	src/cli/nodes.c \
	src/cli/notify.c \
	src/cli/offer.c src/cli/offer.h \
	src/cli/output_schema.c src/cli/output_schema.h \
	src/cli/manual.c \
	src/cli/online.c src/cli/online.h \
	src/cli/print.c src/cli/print.h \
	src/cli/events/redact.c src/cli/events/redact.h \
	src/cli/refreshes.c \
	src/cli/reload.c \
	src/cli/retry.c \
	src/cli/route/route.c \
	src/cli/route/route_report.c src/cli/route/route_report.h \
	src/cli/rule_paths.c src/cli/rule_paths.h \
	src/cli/route/route_online.c src/cli/route/route_online.h \
	src/cli/schema.c \
	src/cli/send.c \
	src/cli/serve.c \
	src/cli/show.c \
	src/cli/sites.c \
	src/cli/test/test.c \
	src/cli/test/test_paths.c src/cli/test/test_paths.h \
	src/cli/test/test_report.c src/cli/test/test_report.h \
	src/cli/verify/verification.c src/cli/verify/verification.h \
	src/cli/verify/verified_source.c src/cli/verify/verified_source.h \
	src/cli/verify/verify.c \
	src/cli/verify/verify_report.c src/cli/verify/verify_report.h src/cli/verify/verify_text.c \
	src/cli/version.c src/cli/version.h

EXTRA_DIST += src/cli/README.md

# A page for each code of problem.def becomes a part of the program.
EXTRA_DIST += src/cli/check/findings
BUILT_SOURCES += src/cli/check/finding_pages.inc
CLEANFILES += src/cli/check/finding_pages.inc
src/cli/check/finding_pages.inc: $(top_srcdir)/src/base/problem/problem.def $(wildcard $(top_srcdir)/src/cli/check/findings/*)
	$(AM_V_at)$(MKDIR_P) src/cli/check
	$(AM_V_GEN)$(top_srcdir)/src/cli/check/findings/embed $(top_srcdir)/src/cli/check/findings $(top_srcdir)/src/base/problem/problem.def > $@.new
	$(AM_V_at)mv $@.new $@
src/cli/check/finding.$(OBJEXT): src/cli/check/finding_pages.inc
