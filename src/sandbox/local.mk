bin_PROGRAMS += tableau-sandbox
tableau_sandbox_LDADD = $(ROUTER_LIBS)
tableau_sandbox_SOURCES = \
	src/sandbox/api.c src/sandbox/api.h \
	src/sandbox/control.c src/sandbox/control.h \
	src/sandbox/delay.c src/sandbox/delay.h \
	src/sandbox/filter.c src/sandbox/filter.h \
	src/sandbox/job.c \
	src/sandbox/main.c \
	src/sandbox/query.c \
	src/sandbox/refresh.c \
	src/sandbox/reply.c src/sandbox/reply.h \
	src/sandbox/session.c \
	src/sandbox/world.c src/sandbox/world.h
