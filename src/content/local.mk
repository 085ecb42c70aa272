librouter_a_SOURCES += \
	src/content/command.c src/content/command.h \
	src/content/content.h \
	src/content/kind.c src/content/kind.h \
	src/content/refresh.c src/content/refresh.h \
	src/content/selection.c src/content/selection.h \
	src/content/spent.c src/content/spent.h \
	src/content/wish.h
