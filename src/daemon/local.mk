librouter_a_SOURCES += \
	src/daemon/daemon.c src/daemon/daemon.h \
	src/daemon/dropped.c src/daemon/dropped.h \
	src/daemon/site_loader.c src/daemon/site_loader.h \
	src/daemon/manager.c src/daemon/manager.h \
	src/daemon/membership.c src/daemon/membership.h \
	src/daemon/passing.c src/daemon/passing.h \
	src/daemon/prune.c src/daemon/prune.h \
	src/daemon/reload.c src/daemon/reload.h \
	src/daemon/settle.c src/daemon/settle.h \
	src/daemon/systemd.c src/daemon/systemd.h \
	src/daemon/teller.c src/daemon/teller.h \
	src/daemon/unready.c src/daemon/unready.h \
	src/daemon/watch.c src/daemon/watch.h \
	src/daemon/watchdog.c src/daemon/watchdog.h

EXTRA_DIST += src/daemon/README.md
