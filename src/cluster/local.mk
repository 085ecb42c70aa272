# src/cluster/local.mk: which node owns which site.
librouter_a_SOURCES += \
	src/cluster/ownership.c src/cluster/ownership.h \
	src/cluster/rendezvous.c src/cluster/rendezvous.h
EXTRA_DIST += src/cluster/README.md
