EXTRA_DIST += src/base/web/README.md
librouter_a_SOURCES += \
	src/base/web/acceptor.c src/base/web/acceptor.h \
	src/base/arena.c src/base/arena.h \
	src/base/clock.c src/base/clock.h \
	src/base/code_point.c src/base/code_point.h \
	src/base/web/connections.c src/base/web/connections.h \
	src/base/web/descriptors.c src/base/web/descriptors.h \
	src/base/error.c src/base/error.h \
	src/base/fault.c src/base/fault.h \
	src/base/record/field.c src/base/record/field.h src/base/record/field_schema.c src/base/record/field_schema.h \
	src/base/file.c src/base/file.h \
	src/base/fingerprint.c src/base/fingerprint.h \
	src/base/heartbeat.c src/base/heartbeat.h \
	src/base/web/host.c src/base/web/host.h \
	src/base/web/http.c src/base/web/http.h \
	src/base/json.c src/base/json.h \
	src/base/lines.c src/base/lines.h \
	src/base/web/listen.c src/base/web/listen.h \
	src/base/web/peer.c src/base/web/peer.h \
	src/base/web/tls.c src/base/web/tls.h \
	src/base/web/listen_unix.c src/base/web/listen_unix.h \
	src/base/log/log.c src/base/log/log.h src/base/log/log_fold.c src/base/log/log_fold.h \
	src/base/log/log_line.c src/base/log/log_line.h src/base/log/log_output.c src/base/log/log_output.h \
	src/base/mailbox.c src/base/mailbox.h \
	src/base/mem.c src/base/mem.h \
	src/base/metric.c src/base/metric.def src/base/metric.h src/base/metric_inside.h src/base/metric_print.c \
	src/base/name.c src/base/name.h \
	src/base/pattern/pattern.c src/base/pattern/pattern.h src/base/pattern/pattern_atoms.c src/base/pattern/pattern_atoms.h \
	src/base/pattern/pattern_class.c src/base/pattern/pattern_class.h \
	src/base/pattern/pattern_cost.c src/base/pattern/pattern_cost.h src/base/pattern/pattern_literal.c src/base/pattern/pattern_literal.h \
	src/base/pattern/pattern_sample.c src/base/pattern/pattern_sample.h \
	src/base/problem/problem.c src/base/problem/problem.def src/base/problem/problem.h \
	src/base/problem/problem_fix.c src/base/problem/problem_fix.h src/base/problem/problem_lines.c src/base/problem/problem_lines.h src/base/problem/problem_print.c \
	src/base/record/record.c src/base/record/record.h src/base/record/record_json.c \
	src/base/web/refusals.c src/base/web/refusals.h \
	src/base/secret.c src/base/secret.h src/base/secret_stray.c \
	src/base/shared.c src/base/shared.h \
	src/base/str.c src/base/str.h \
	src/base/suggest.c src/base/suggest.h \
	src/base/problem/suppression.c src/base/problem/suppression.h src/base/problem/suppression_read.c \
	src/base/text.c src/base/text.h \
	src/base/thread.c src/base/thread.h \
	src/base/timer.c src/base/timer.h \
	src/base/units.c src/base/units.h \
	src/base/web/transport.c src/base/web/transport.h \
	src/base/visible.c src/base/visible.h \
	src/base/web/web.c src/base/web/web.h src/base/web/web_answer.c src/base/web/web_inside.h src/base/web/web_request.c \
	src/base/yaml/yaml.c src/base/yaml/yaml.h src/base/yaml/yaml_look.c src/base/yaml/yaml_look.h \
	src/base/yaml/yaml_comments.c src/base/yaml/yaml_comments.h \
	src/base/yaml/yaml_hint.c src/base/yaml/yaml_hint.h \
	src/base/yaml/yaml_map.c src/base/yaml/yaml_map.h src/base/yaml/yaml_scalar.c src/base/yaml/yaml_scalar.h \
	src/base/yaml/yaml_type.c src/base/yaml/yaml_type.h \
	src/base/yaml/yaml_write.c src/base/yaml/yaml_write.h
