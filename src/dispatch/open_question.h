/*
 * dispatch/open_question.h - the question about a site's content that is being answered, if any.
 * Private to dispatch/. One thread: the dispatcher's.
 */
#pragma once
#include "dispatch/dispatch.h"
#include "tableau/inquiry.h"

struct open_question { /* {0}: none */
	struct dispatch_question *question;
	struct inquiry *inquiry;
	struct mono until;
};

static inline bool open_question_is_free(const struct open_question *open)
{
	return !open->question;
}
/* Takes the question. */
void open_question_begin(
	struct open_question *open, struct tableau *tableau, struct dispatch_question *question);
/* When open_question_check() has something to do; INT64_MAX: there is no question. */
struct mono open_question_next(const struct open_question *open);
/* Answers a question whose time is over. */
void open_question_check(struct open_question *open);
/* Answers it now. */
void open_question_stop(struct open_question *open, const char *why);
