EXTRA_DIST += src/base/README.md
librouter_a_SOURCES += \
	src/base/acceptor.c src/base/acceptor.h \
	src/base/arena.c src/base/arena.h \
	src/base/clock.c src/base/clock.h \
	src/base/code_point.c src/base/code_point.h \
	src/base/connections.c src/base/connections.h \
	src/base/descriptors.c src/base/descriptors.h \
	src/base/error.c src/base/error.h \
	src/base/fault.c src/base/fault.h \
	src/base/field.c src/base/field.h src/base/field_schema.c src/base/field_schema.h \
	src/base/file.c src/base/file.h \
	src/base/fingerprint.c src/base/fingerprint.h \
	src/base/host.c src/base/host.h \
	src/base/http.c src/base/http.h \
	src/base/json.c src/base/json.h \
	src/base/lines.c src/base/lines.h \
	src/base/listen.c src/base/listen.h \
	src/base/log.c src/base/log.h \
	src/base/mailbox.c src/base/mailbox.h \
	src/base/mem.c src/base/mem.h \
	src/base/metric.c src/base/metric.def src/base/metric.h \
	src/base/name.c src/base/name.h \
	src/base/pattern.c src/base/pattern.h src/base/pattern_atoms.c src/base/pattern_atoms.h \
	src/base/pattern_class.c src/base/pattern_class.h \
	src/base/pattern_cost.c src/base/pattern_cost.h src/base/pattern_literal.c src/base/pattern_literal.h \
	src/base/pattern_sample.c src/base/pattern_sample.h \
	src/base/problem.c src/base/problem.def src/base/problem.h \
	src/base/problem_fix.c src/base/problem_fix.h src/base/problem_lines.c src/base/problem_lines.h src/base/problem_print.c \
	src/base/record.c src/base/record.h src/base/record_json.c \
	src/base/refusals.c src/base/refusals.h \
	src/base/secret.c src/base/secret.h src/base/secret_stray.c \
	src/base/shared.c src/base/shared.h \
	src/base/str.c src/base/str.h \
	src/base/suggest.c src/base/suggest.h \
	src/base/suppression.c src/base/suppression.h src/base/suppression_read.c \
	src/base/text.c src/base/text.h \
	src/base/thread.c src/base/thread.h \
	src/base/timer.c src/base/timer.h \
	src/base/units.c src/base/units.h \
	src/base/visible.c src/base/visible.h \
	src/base/web.c src/base/web.h src/base/web_answer.c src/base/web_inside.h src/base/web_request.c \
	src/base/yaml.c src/base/yaml.h src/base/yaml_look.c src/base/yaml_look.h \
	src/base/yaml_comments.c src/base/yaml_comments.h \
	src/base/yaml_hint.c src/base/yaml_hint.h \
	src/base/yaml_map.c src/base/yaml_map.h src/base/yaml_scalar.c src/base/yaml_scalar.h \
	src/base/yaml_type.c src/base/yaml_type.h \
	src/base/yaml_write.c src/base/yaml_write.h
