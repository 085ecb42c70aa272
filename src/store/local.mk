# src/store/local.mk: the journal and its store.
librouter_a_SOURCES += \
	src/store/checkpoint.c \
	src/store/command.c \
	src/store/journal.c src/store/journal.h \
	src/store/load.c \
	src/store/lock.c \
	src/store/open.c \
	src/store/place.c \
	src/store/prune.c \
	src/store/query.c \
	src/store/read.c \
	src/store/row.c \
	src/store/schema.c \
	src/store/sqlite.h \
	src/store/store.h \
	src/store/write.c
EXTRA_DIST += src/store/README.md
