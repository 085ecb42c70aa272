EXTRA_DIST += src/intake/README.md
librouter_a_SOURCES += \
	src/intake/answer.c src/intake/answer.h \
	src/intake/astray.c src/intake/astray.h \
	src/intake/complaint.c src/intake/complaint.h \
	src/intake/delivery.c src/intake/delivery.h \
	src/intake/intake.c src/intake/intake.h \
	src/intake/sources.c src/intake/sources.h
