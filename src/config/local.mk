librouter_a_SOURCES += \
	src/config/check.c src/config/check.h \
	src/config/check_listen.c \
	src/config/check_notify.c \
	src/config/config.c src/config/config.h \
	src/config/fields.c src/config/fields.h \
	src/config/files.c \
	src/config/notice_word.c src/config/notice_word.h \
	src/config/pats.c src/config/pats.h \
	src/config/secrets.c \
	src/config/server.c src/config/server.h

EXTRA_DIST += src/config/README.md
