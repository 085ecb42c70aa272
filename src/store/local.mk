# src/store/local.mk: the journal and its store.
librouter_a_SOURCES += \
	src/store/address.c src/store/address.h \
	src/store/columns.c src/store/columns.h \
	src/store/driver.h \
	src/store/event.c \
	src/store/journal.c src/store/journal.h \
	src/store/sqlite/backup.c \
	src/store/sqlite/checkpoint.c \
	src/store/sqlite/command.c \
	src/store/sqlite/driver.c \
	src/store/sqlite/examine.c \
	src/store/sqlite/load.c \
	src/store/sqlite/lock.c \
	src/store/sqlite/open.c \
	src/store/sqlite/place.c \
	src/store/sqlite/prune.c \
	src/store/sqlite/query.c \
	src/store/sqlite/read.c \
	src/store/sqlite/record.c \
	src/store/sqlite/row.c \
	src/store/sqlite/schema.c \
	src/store/sqlite/sqlite.h \
	src/store/sqlite/transfer.c \
	src/store/sqlite/write.c \
	src/store/memory/driver.c \
	src/store/memory/load.c \
	src/store/memory/memory.h \
	src/store/memory/read.c \
	src/store/memory/tables.c src/store/memory/tables.h \
	src/store/memory/write.c \
	src/store/nodes.c src/store/nodes.h \
	src/store/rows.c src/store/rows.h \
	src/store/store.c src/store/store.h \
	src/store/transfer.c src/store/transfer.h
EXTRA_DIST += src/store/README.md

if HAVE_POSTGRESQL
librouter_a_SOURCES += \
	src/store/postgresql/address.c \
	src/store/postgresql/command.c \
	src/store/postgresql/copy.c \
	src/store/postgresql/driver.c \
	src/store/postgresql/guard.c \
	src/store/postgresql/load.c \
	src/store/postgresql/nodes.c \
	src/store/postgresql/parameters.c \
	src/store/postgresql/postgresql.h \
	src/store/postgresql/prune.c \
	src/store/postgresql/read.c \
	src/store/postgresql/request.c \
	src/store/postgresql/schema.c \
	src/store/postgresql/statement.c \
	src/store/postgresql/transfer.c \
	src/store/postgresql/value.c \
	src/store/postgresql/wire.c \
	src/store/postgresql/write.c
endif
