EXTRA_DIST += src/dispatch/README.md

librouter_a_SOURCES += \
	src/dispatch/batch.c src/dispatch/batch.h \
	src/dispatch/command.c src/dispatch/command.h \
	src/dispatch/confirm.c src/dispatch/confirm.h \
	src/dispatch/core.c src/dispatch/core.h \
	src/dispatch/dispatch.h src/dispatch/loop.c \
	src/dispatch/edge.h src/dispatch/effects.c src/dispatch/effects.h src/dispatch/look.c \
	src/dispatch/naming.c src/dispatch/naming.h \
	src/dispatch/open_question.c src/dispatch/open_question.h \
	src/dispatch/perform.c src/dispatch/perform.h \
	src/dispatch/request.c \
	src/dispatch/job_contents.c src/dispatch/job_contents.h \
	src/dispatch/site_status.c \
	src/dispatch/site_work.c src/dispatch/site_work.h \
	src/dispatch/status.c src/dispatch/status.h
