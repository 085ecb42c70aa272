EXTRA_DIST += src/event/README.md

librouter_a_SOURCES += \
	src/event/event.c src/event/event.h src/event/field.def \
	src/event/signature.c src/event/signature.h \
	src/event/status.c src/event/status.h \
	src/event/test_delivery.c src/event/test_delivery.h
