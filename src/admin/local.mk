EXTRA_DIST += src/admin/README.md
librouter_a_SOURCES += \
	src/admin/access.c src/admin/access.h \
	src/admin/admin.c src/admin/admin.h src/admin/handler.h \
	src/admin/answer.c \
	src/admin/api.c \
	src/admin/attempts.c src/admin/attempts.h \
	src/admin/command.c \
	src/admin/door.c \
	src/admin/filter.c \
	src/admin/health.c \
	src/admin/metrics.c \
	src/admin/move.c \
	src/admin/node_status.c src/admin/node_status.h \
	src/admin/origin.c \
	src/admin/page/change.c \
	src/admin/page/content.c \
	src/admin/page/event.c \
	src/admin/page/explain.c \
	src/admin/page/markup.c \
	src/admin/page/overview.c \
	src/admin/page/page.c src/admin/page/page.h \
	src/admin/page/refresh.c \
	src/admin/page/rules.c \
	src/admin/page/search.c \
	src/admin/page/sites.c \
	src/admin/replay.c \
	src/admin/resolve.c \
	src/admin/row_json.c src/admin/row_json.h \
	src/admin/search.c src/admin/search.h \
	src/admin/trouble.c src/admin/trouble.h

# What a browser is sent becomes a part of the program.
PAGE_FILES = src/admin/page/frame.html src/admin/page/icon.svg src/admin/page/page.css src/admin/page/page.js
EXTRA_DIST += src/admin/page/embed $(PAGE_FILES)
BUILT_SOURCES += src/admin/page/files.inc
CLEANFILES += src/admin/page/files.inc
src/admin/page/files.inc: $(PAGE_FILES) $(top_srcdir)/src/admin/page/embed
	$(AM_V_at)$(MKDIR_P) src/admin/page
	$(AM_V_GEN)$(top_srcdir)/src/admin/page/embed $(top_srcdir)/src/admin/page > $@.new
	$(AM_V_at)mv $@.new $@
src/admin/page/page.$(OBJEXT): src/admin/page/files.inc
