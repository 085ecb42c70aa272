librouter_a_SOURCES += \
	src/notify/book.c src/notify/book.h src/notify/book_due.c src/notify/book_input.c src/notify/book_inside.h \
	src/notify/courier.c src/notify/courier.h \
	src/notify/keep.c src/notify/keep.h \
	src/notify/letter.c src/notify/letter.h \
	src/notify/news.c src/notify/news.h \
	src/notify/notify.c src/notify/notify.h src/notify/try.c \
	src/notify/post.c src/notify/post.h \
	src/notify/status.c src/notify/status.h

EXTRA_DIST += src/notify/README.md
