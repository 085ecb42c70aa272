/* dispatch/open_question.c - answers one question about a site's content, within its time. */
#include "dispatch/open_question.h"

static void told(const cJSON *answer, void *context)
{
	struct open_question *open = context;
	struct dispatch_question *question = open->question;
	*open = (struct open_question){ 0 };
	question->done(question, answer);
}

void open_question_begin(
	struct open_question *open, struct tableau *tableau, struct dispatch_question *question)
{
	open->question = question;
	open->until = mono_plus(clock_mono(), question->us);
	open->inquiry = inquiry_new(
		tableau, question->site, question->selections, question->count, told, open);
}

struct mono open_question_next(const struct open_question *open)
{
	return open->question ? open->until : (struct mono){ INT64_MAX };
}

void open_question_check(struct open_question *open)
{
	if (open->question && clock_mono().us >= open->until.us)
		open_question_stop(open,
			"the time for this question is over; the site answers slowly, "
			"or has very long lists");
}

void open_question_stop(struct open_question *open, const char *why)
{
	if (open->question)
		inquiry_stop(open->inquiry, why);
}
