bin_PROGRAMS += refresh-router
refresh_router_SOURCES = src/cli/main.c
refresh_router_LDADD = $(ROUTER_LIBS)

librouter_a_SOURCES += \
	src/cli/admin_client.c src/cli/admin_client.h \
	src/cli/ask.c src/cli/ask.h \
	src/cli/check.c src/cli/check_fix.c src/cli/check_fix.h src/cli/check_run.c src/cli/check_run.h \
	src/cli/check_report.c src/cli/check_report.h src/cli/check_report_checkstyle.c \
	src/cli/check_report_github.c src/cli/check_report_gitlab.c src/cli/check_report_sarif.c \
	src/cli/command.c src/cli/command.h \
	src/cli/complete.c \
	src/cli/dbt_api.c src/cli/dbt_api.h \
	src/cli/diff.c \
	src/cli/diff_report.c src/cli/diff_report.h \
	src/cli/event_source.c src/cli/event_source.h \
	src/cli/events.c \
	src/cli/export.c src/cli/export.h \
	src/cli/explain.c \
	src/cli/finding.c src/cli/finding.h src/cli/finding_key.c src/cli/finding_key.h \
	src/cli/first_files.c src/cli/first_files.h \
	src/cli/git.c src/cli/git.h \
	src/cli/given_rules.c src/cli/given_rules.h \
	src/cli/help.c src/cli/help.h \
	src/cli/init.c \
	src/cli/init_values.c src/cli/init_values.h \
	src/cli/junit.c src/cli/junit.h \
	src/cli/member.c src/cli/member.h \
	src/cli/new_files.c src/cli/new_files.h \
	src/cli/offer.c src/cli/offer.h \
	src/cli/output_schema.c src/cli/output_schema.h \
	src/cli/manual.c \
	src/cli/online.c src/cli/online.h \
	src/cli/print.c src/cli/print.h \
	src/cli/redact.c src/cli/redact.h \
	src/cli/refreshes.c \
	src/cli/retry.c \
	src/cli/route.c \
	src/cli/route_report.c src/cli/route_report.h \
	src/cli/rule_paths.c src/cli/rule_paths.h \
	src/cli/route_online.c src/cli/route_online.h \
	src/cli/schema.c \
	src/cli/send.c \
	src/cli/serve.c \
	src/cli/show.c \
	src/cli/sites.c \
	src/cli/test.c \
	src/cli/test_paths.c src/cli/test_paths.h \
	src/cli/test_report.c src/cli/test_report.h \
	src/cli/verification.c src/cli/verification.h \
	src/cli/verified_source.c src/cli/verified_source.h \
	src/cli/verify.c \
	src/cli/verify_report.c src/cli/verify_report.h src/cli/verify_text.c \
	src/cli/version.c src/cli/version.h

EXTRA_DIST += src/cli/README.md

# A page for each code of problem.def becomes a part of the program.
EXTRA_DIST += src/cli/findings
CLEANFILES += src/cli/finding_pages.inc
src/cli/finding_pages.inc: $(top_srcdir)/src/base/problem.def $(wildcard $(top_srcdir)/src/cli/findings/*)
	$(AM_V_at)$(MKDIR_P) src/cli
	$(AM_V_GEN)$(top_srcdir)/src/cli/findings/embed $(top_srcdir)/src/cli/findings $(top_srcdir)/src/base/problem.def > $@.new
	$(AM_V_at)mv $@.new $@
src/cli/finding.$(OBJEXT): src/cli/finding_pages.inc
