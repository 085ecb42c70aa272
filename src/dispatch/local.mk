librouter_a_SOURCES += \
	src/dispatch/batch.c src/dispatch/batch.h \
	src/dispatch/dispatch.h src/dispatch/loop.c \
	src/dispatch/effects.c src/dispatch/effects.h src/dispatch/look.c \
	src/dispatch/evidence.c src/dispatch/evidence.h \
	src/dispatch/schedule.c src/dispatch/schedule.h src/dispatch/schedule_state.h \
	src/dispatch/want.c src/dispatch/send.c src/dispatch/follow.c \
	src/dispatch/status.c src/dispatch/status.h \
	src/dispatch/timer.c src/dispatch/timer.h
