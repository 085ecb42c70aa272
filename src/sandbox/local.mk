bin_PROGRAMS += tableau-sandbox
tableau_sandbox_LDADD = $(ROUTER_LIBS)
tableau_sandbox_SOURCES = \
	src/sandbox/api.c src/sandbox/api.h \
	src/sandbox/body.c src/sandbox/body.h \
	src/sandbox/calls.c src/sandbox/calls.h \
	src/sandbox/content.c \
	src/sandbox/control.c src/sandbox/control.h \
	src/sandbox/delay.c src/sandbox/delay.h \
	src/sandbox/filter.c src/sandbox/filter.h \
	src/sandbox/job.c \
	src/sandbox/job_query.c \
	src/sandbox/list.c src/sandbox/list.h \
	src/sandbox/luid.c src/sandbox/luid.h \
	src/sandbox/main.c \
	src/sandbox/project.c \
	src/sandbox/refresh.c \
	src/sandbox/reply.c src/sandbox/reply.h \
	src/sandbox/login.c \
	src/sandbox/task.c \
	src/sandbox/upset.c src/sandbox/upset.h \
	src/sandbox/world.c src/sandbox/world.h \
	src/sandbox/world_load.c
