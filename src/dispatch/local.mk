EXTRA_DIST += src/dispatch/README.md

librouter_a_SOURCES += \
	src/dispatch/ask.c \
	src/dispatch/batch.c src/dispatch/batch.h \
	src/dispatch/breaker.c src/dispatch/breaker.h \
	src/dispatch/budget.c src/dispatch/budget.h \
	src/dispatch/confirm.c src/dispatch/confirm.h \
	src/dispatch/dispatch.h src/dispatch/loop.c \
	src/dispatch/distant_clock.c src/dispatch/distant_clock.h \
	src/dispatch/effects.c src/dispatch/effects.h src/dispatch/look.c \
	src/dispatch/evidence.c src/dispatch/evidence.h \
	src/dispatch/follow.c \
	src/dispatch/gate.c src/dispatch/gate.h \
	src/dispatch/hold.c \
	src/dispatch/naming.c src/dispatch/naming.h \
	src/dispatch/pace.c src/dispatch/pace.h \
	src/dispatch/patience.c src/dispatch/patience.h \
	src/dispatch/request.c \
	src/dispatch/job_contents.c src/dispatch/job_contents.h \
	src/dispatch/restore.c \
	src/dispatch/schedule.c src/dispatch/schedule.h src/dispatch/schedule_state.h \
	src/dispatch/send.c \
	src/dispatch/slot.c \
	src/dispatch/status.c src/dispatch/status.h \
	src/dispatch/timer.c src/dispatch/timer.h \
	src/dispatch/wait.c \
	src/dispatch/want.c
