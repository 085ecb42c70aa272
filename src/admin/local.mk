EXTRA_DIST += src/admin/README.md
librouter_a_SOURCES += \
	src/admin/access.c src/admin/access.h \
	src/admin/admin.c src/admin/admin.h src/admin/handler.h \
	src/admin/api.c \
	src/admin/attempts.c src/admin/attempts.h \
	src/admin/command.c \
	src/admin/door.c \
	src/admin/filter.c \
	src/admin/health.c \
	src/admin/metrics.c \
	src/admin/origin.c \
	src/admin/page.c \
	src/admin/replay.c \
	src/admin/resolve.c \
	src/admin/row_json.c src/admin/row_json.h \
	src/admin/trouble.c src/admin/trouble.h
