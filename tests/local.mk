# tests/local.mk: `make check` runs the unit tests, `make check-scenarios` the black-box scenarios, tests/run everything.
EXTRA_DIST += \
	tests/README.md \
	tests/run \
	tests/lint_test.py \
	tests/runner_test.py \
	tests/packages_test.py \
	tests/unit/failing_vfs.h \
	tests/unit/rules_fixture.h \
	tests/unit/samples.h \
	tests/unit/postgresql_server.h \
	tests/unit/store_asked.h \
	tests/unit/store_drivers.h \
	tests/unit/store_folder.h \
	tests/unit/store_sample.h \
	tests/unit/store_story.h \
	tests/unit/store_template.h \
	tests/unit/tableau_sample.h \
	tests/unit/tableau_server.h \
	tests/unit/test.h \
	tests/documents/derived \
	tests/fault/clock_shim.c \
	tests/fault/network_disk_shim.c \
	tests/fault/slow_disk_shim.c \
	tests/fault/stuck_thread_shim.c \
	tests/lint/citations.py \
	tests/lint/comments.py \
	tests/lint/format \
	tests/lint/layers.py \
	tests/lint/manual \
	tests/lint/names.py \
	tests/lint/tidy \
	tests/lint/valgrind \
	tests/samples \
	tests/scenario/conftest.py \
	tests/editors/package.json \
	tests/editors/package-lock.json \
	tests/kubernetes/package.json \
	tests/kubernetes/package-lock.json \
	tests/browser/package.json \
	tests/browser/package-lock.json \
	tests/browser/drive.mjs \
	tests/scenario/browser.py \
	tests/scenario/folder.py \
	tests/scenario/harness.py \
	tests/scenario/language_server.py \
	tests/scenario/json_texts.py \
	tests/scenario/junit_form.py \
	tests/scenario/postgresql.py \
	tests/scenario/prometheus.py \
	tests/scenario/receiver.py \
	tests/scenario/pytest.ini \
	tests/scenario/run.py \
	tests/scenario/test_access.py \
	tests/scenario/test_admin.py \
	tests/scenario/test_authors.py \
	tests/scenario/test_backup.py \
	tests/scenario/test_bad_input.py \
	tests/scenario/test_check_fix.py \
	tests/scenario/test_check_formats.py \
	tests/scenario/test_cli.py \
	tests/scenario/test_commands.py \
	tests/scenario/test_completion.py \
	tests/scenario/test_containers.py \
	tests/scenario/test_crashes.py \
	tests/scenario/test_diff.py \
	tests/scenario/test_dispatch.py \
	tests/scenario/test_doctor.py \
	tests/scenario/test_documents.py \
	tests/scenario/test_door.py \
	tests/scenario/test_editor.py \
	tests/scenario/test_evidence.py \
	tests/scenario/test_explain.py \
	tests/scenario/test_export.py \
	tests/scenario/test_files.py \
	tests/scenario/test_findings.py \
	tests/scenario/test_init.py \
	tests/scenario/test_intake.py \
	tests/scenario/test_lint.py \
	tests/scenario/test_listener.py \
	tests/scenario/test_log.py \
	tests/scenario/test_metrics.py \
	tests/scenario/test_monitoring.py \
	tests/scenario/test_nodes.py \
	tests/scenario/test_notify.py \
	tests/scenario/test_online.py \
	tests/scenario/test_page.py \
	tests/scenario/test_patience.py \
	tests/scenario/test_postgresql.py \
	tests/scenario/test_pre_commit.py \
	tests/scenario/test_reload.py \
	tests/scenario/test_resolve.py \
	tests/scenario/test_restart.py \
	tests/scenario/test_review.py \
	tests/scenario/test_rule_tests.py \
	tests/scenario/test_sandbox.py \
	tests/scenario/test_schemas.py \
	tests/scenario/test_sessions.py \
	tests/scenario/test_store.py \
	tests/scenario/test_store_copy.py \
	tests/scenario/test_strangers.py \
	tests/scenario/systemd_machine.py \
	tests/scenario/test_systemd.py \
	tests/scenario/test_verify.py \
	tests/scenario/test_verify_dbt.py

LDADD += $(CMOCKA_LIBS)
UNIT_TESTS = \
	tests/unit/access_test \
	tests/unit/awaited_test \
	tests/unit/base_test \
	tests/unit/batch_test \
	tests/unit/checkpoint_test \
	tests/unit/clock_test \
	tests/unit/command_test \
	tests/unit/compare_test \
	tests/unit/config_test \
	tests/unit/connections_test \
	tests/unit/core_test \
	tests/unit/dbt_api_test \
	tests/unit/dispatch_test \
	tests/unit/decide_test \
	tests/unit/distant_clock_test \
	tests/unit/event_test \
	tests/unit/explain_test \
	tests/unit/field_test \
	tests/unit/file_test \
	tests/unit/fixed_test \
	tests/unit/host_test \
	tests/unit/http_test \
	tests/unit/index_test \
	tests/unit/job_contents_test \
	tests/unit/journal_test \
	tests/unit/json_test \
	tests/unit/life_test \
	tests/unit/lines_test \
	tests/unit/listen_unix_test \
	tests/unit/lint_test \
	tests/unit/lint_truth_test \
	tests/unit/log_test \
	tests/unit/look_test \
	tests/unit/mailbox_test \
	tests/unit/metric_test \
	tests/unit/notify_test \
	tests/unit/pace_test \
	tests/unit/patience_test \
	tests/unit/name_test \
	tests/unit/naming_test \
	tests/unit/ownership_test \
	tests/unit/ownership_world_test \
	tests/unit/pattern_cost_test \
	tests/unit/pattern_sample_test \
	tests/unit/pattern_test \
	tests/unit/print_test \
	tests/unit/problem_fix_test \
	tests/unit/problem_test \
	tests/unit/record_test \
	tests/unit/row_json_test \
	tests/unit/rule_files_test \
	tests/unit/ruleset_test \
	tests/unit/sandbox_filter_test \
	tests/unit/schedule_test \
	tests/unit/schedule_leave_test \
	tests/unit/secret_test \
	tests/unit/selection_test \
	tests/unit/settle_test \
	tests/unit/signature_test \
	tests/unit/store_damaged_test \
	tests/unit/store_disk_test \
	tests/unit/store_failing_test \
	tests/unit/store_killed_test \
	tests/unit/store_release_test \
	tests/unit/store_test \
	tests/unit/suggest_test \
	tests/unit/suite_test \
	tests/unit/suppression_test \
	tests/unit/tableau_answer_test \
	tests/unit/tableau_client_test \
	tests/unit/tableau_filter_test \
	tests/unit/tableau_job_test \
	tests/unit/tableau_lenient_test \
	tests/unit/tableau_project_test \
	tests/unit/tableau_resolve_test \
	tests/unit/template_test \
	tests/unit/timer_test \
	tests/unit/tls_test \
	tests/unit/transfer_test \
	tests/unit/transport_test \
	tests/unit/visible_test \
	tests/unit/watch_test \
	tests/unit/watchdog_test \
	tests/unit/web_test \
	tests/unit/yaml_test

if HAVE_POSTGRESQL
UNIT_TESTS += \
	tests/unit/nodes_test \
	tests/unit/store_postgresql_test
endif

# The sandbox is no part of the library.
tests_unit_sandbox_filter_test_SOURCES = tests/unit/sandbox_filter_test.c src/sandbox/filter.c

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
else
check-local: cmocka-is-missing
PHONY_TARGETS += cmocka-is-missing
cmocka-is-missing:
	@echo "make check needs cmocka: apt-get install libcmocka-dev, or dnf install libcmocka-devel, then ./configure again" >&2; exit 1
endif
# The manual and the schemas, compared with what the program prints.
TESTS += tests/documents/derived

AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)'; export srcdir;

PHONY_TARGETS += lint tidy check-scenarios print-unit-tests
lint: tidy
	$(PYTHON3) $(srcdir)/tests/lint/layers.py $(srcdir)/src
	$(PYTHON3) $(srcdir)/tests/lint/names.py $(srcdir)/src
	$(PYTHON3) -B $(srcdir)/tests/lint/citations.py $(srcdir)
	$(PYTHON3) -B $(srcdir)/tests/lint/comments.py $(srcdir)
	$(srcdir)/tests/lint/format $(srcdir)
	$(srcdir)/tests/lint/manual $(srcdir)

# .clang-tidy says what is looked for; half a minute on two processors.
tidy: compile_commands.json $(BUILT_SOURCES)
	$(srcdir)/tests/lint/tidy $(abs_srcdir) $(abs_builddir)

check-scenarios: all
	REFRESH_ROUTER_BUILD=$(abs_builddir) $(PYTHON3) $(srcdir)/tests/scenario/run.py --log scenarios $(srcdir)/tests/scenario

# For tests/run, which wants the programs and not automake's log files.
print-unit-tests:
	@echo $(UNIT_TESTS)

include tests/bench/local.mk
include tests/fuzz/local.mk
include tests/sim/local.mk
