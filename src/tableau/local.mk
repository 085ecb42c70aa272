EXTRA_DIST += src/tableau/README.md
librouter_a_SOURCES += \
	src/tableau/answer.c src/tableau/answer.h \
	src/tableau/filter.c src/tableau/filter.h \
	src/tableau/inquiry.c src/tableau/inquiry.h \
	src/tableau/item.c src/tableau/item.h \
	src/tableau/job.c src/tableau/job.h \
	src/tableau/job_list.c src/tableau/job_list.h \
	src/tableau/lenient.c src/tableau/lenient.h \
	src/tableau/listing.c src/tableau/listing.h \
	src/tableau/project.c src/tableau/project.h \
	src/tableau/resolve.c src/tableau/resolve.h \
	src/tableau/session.c src/tableau/session.h src/tableau/sign_in.c \
	src/tableau/site.c src/tableau/site.h \
	src/tableau/tableau.c src/tableau/tableau.h \
	src/tableau/task.c src/tableau/task.h
