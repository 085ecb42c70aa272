EXTRA_DIST += src/schedule/README.md

librouter_a_SOURCES += \
	src/schedule/act.c src/schedule/action.h \
	src/schedule/again.c \
	src/schedule/ask.c \
	src/schedule/breaker.c src/schedule/breaker.h \
	src/schedule/budget.c src/schedule/budget.h \
	src/schedule/calls.c \
	src/schedule/distant_clock.c src/schedule/distant_clock.h \
	src/schedule/evidence.c src/schedule/evidence.h \
	src/schedule/follow.c \
	src/schedule/gate.c src/schedule/gate.h \
	src/schedule/hold.c \
	src/schedule/input.h \
	src/schedule/keep.c \
	src/schedule/leave.c \
	src/schedule/life.c src/schedule/life.h \
	src/schedule/look.c \
	src/schedule/lost.c \
	src/schedule/pace.c src/schedule/pace.h \
	src/schedule/patience.c src/schedule/patience.h \
	src/schedule/refresh.c \
	src/schedule/reply.c \
	src/schedule/restore.c \
	src/schedule/schedule.c src/schedule/schedule.h src/schedule/state.h \
	src/schedule/send.c \
	src/schedule/settle.c \
	src/schedule/site.c \
	src/schedule/slot.c \
	src/schedule/stamp.c \
	src/schedule/status.c src/schedule/status.h \
	src/schedule/tick.c \
	src/schedule/turn.c \
	src/schedule/wait.c \
	src/schedule/want.c \
	src/schedule/words.c
