/*
 * schedule/pace.c - learns how long jobs take, and plans looks from that.
 */
#include "schedule/pace.h"
#include "base/clock.h"

/* An end is seen late by at most this share of the usual time, or LATE_LEAST if that is more. */
#define LATE_SHARE 10
#define LATE_LEAST (60 * US_PER_SECOND)
/* Before its expected end, a job is looked at after LATE_LEAST and then each time its age has grown
 * by this factor, because jobs that end early mostly do so soon. */
#define EARLY_TIMES 4

static int64_t at_least(int64_t value, int64_t least)
{
	return value > least ? value : least;
}

static int64_t at_most(int64_t value, int64_t most)
{
	return value < most ? value : most;
}

/* As TCP learns the time of a round trip (RFC 6298), but slower, because jobs differ less. */
void pace_learn(struct pace *pace, int64_t took)
{
	/* Tableau's times are whole seconds (src/tableau/README.md, JSON), so the least is one. */
	took = at_least(took, US_PER_SECOND);
	if (!pace->usual) {
		*pace = (struct pace){ .usual = took, .spread = took / 8 };
		return;
	}
	int64_t off = took > pace->usual ? took - pace->usual : pace->usual - took;
	pace->spread = (3 * pace->spread + off) / 4;
	pace->usual = (3 * pace->usual + took) / 4;
}

static int64_t longest(const struct pace *pace)
{
	return at_least(pace->usual / LATE_SHARE, LATE_LEAST);
}

/* The age by which nearly all jobs have ended. */
static int64_t expected(const struct pace *pace)
{
	return pace->usual + at_most(2 * pace->spread, longest(pace));
}

/* The age of the next look before the expected end. Looks in its second half are not worth a
 * call. */
static int64_t early_look(int64_t age, int64_t end)
{
	int64_t look = LATE_LEAST;
	while (look <= age + age / 4 && look < end) /* a look that was due just now is this one */
		look *= EARLY_TIMES;
	return look < end / 2 ? look : end;
}

int64_t pace_wait(const struct pace *pace, int64_t age, bool is_awaited, int64_t least)
{
	int64_t end = expected(pace), wait;
	if (age < end)
		wait = early_look(age, end) - age;
	else /* unknown or overdue: rarer, the longer it takes */
		wait = at_most(age / LATE_SHARE, longest(pace));
	if (is_awaited)
		wait = at_most(wait, longest(pace));
	return at_least(wait, least);
}
