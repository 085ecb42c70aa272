/* event/test_delivery.c - recognises dbt's test deliveries by their ids, times and type, because
 * no flag marks them. */
#include "event/test_delivery.h"
#include <stdlib.h>

/* The event id of every test delivery observed so far (README.md, Test deliveries). */
#define CONSTANT_EVENT_ID "wev_2KkC78P4Qux7RSn8XeZ2o2pdvcU"
/*
 * KSUID: 27 base-62 digits; 32 bits of seconds since this epoch, then 128 random bits (README.md,
 * Event ids).
 */
#define KSUID_DIGITS 27
#define KSUID_EPOCH 1400000000
#define DAY (86400 * US_PER_SECOND)
/*
 * 2023-01-01: before, dbt had no webhooks with event ids (README.md, Event ids), so an older id is
 * not dbt's.
 */
#define FIRST_WEBHOOKS (1672531200 * US_PER_SECOND)

static int base62(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

/* The time inside an id "wev_" + KSUID; false when it is not one. */
static bool ksuid_time(struct str id, struct wall *time)
{
	if (!str_starts(id, "wev_") || id.length != 4 + KSUID_DIGITS)
		return false;
	unsigned char bytes[20] = { 0 }; /* 160 bits, most significant first */
	for (size_t i = 4; i < id.length; i++) {
		int carry = base62(id.at[i]);
		if (carry < 0)
			return false;
		for (size_t j = sizeof bytes; j-- > 0;) {
			carry += bytes[j] * 62;
			bytes[j] = (unsigned char)(carry & 255);
			carry >>= 8;
		}
		if (carry)
			return false; /* more than 160 bits */
	}
	int64_t seconds = (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
	time->us = (KSUID_EPOCH + seconds) * US_PER_SECOND;
	return true;
}

static bool has_constant_id(const struct event *event)
{
	return !strcmp(event_text(event, EVENT_EVENT_ID), CONSTANT_EVENT_ID);
}

static bool has_old_id(const struct event *event)
{
	struct wall made, told;
	if (!ksuid_time(event->fields[EVENT_EVENT_ID], &made) ||
		!wall_parse(event->fields[EVENT_TIMESTAMP], &told))
		return false;
	/*
	 * Only an id older than its delivery: an id from the future comes from a person, not from
	 * the button.
	 */
	return made.us >= FIRST_WEBHOOKS && told.us - made.us > DAY;
}

/*
 * The button reads a clock with fractions of a second; times in whole seconds are real or written
 * by a person.
 */
static bool took_exactly_an_hour(const struct event *event)
{
	struct wall started, finished, told;
	if (!wall_parse(event->fields[EVENT_RUN_STARTED_AT], &started) ||
		!wall_parse(event->fields[EVENT_RUN_FINISHED_AT], &finished) ||
		!wall_parse(event->fields[EVENT_TIMESTAMP], &told))
		return false;
	if (!(finished.us % US_PER_SECOND))
		return false;
	return finished.us - started.us == 3600 * US_PER_SECOND &&
	       llabs(told.us - finished.us) <= 1;
}

static bool has_test_type(const struct event *event)
{
	return !strcmp(event_text(event, EVENT_EVENT), "test");
}

static const struct {
	bool (*holds)(const struct event *event);
	const char *reason;
} heuristics[] = {
	{ has_constant_id, "the event id is the constant one of dbt's test button" },
	{ has_test_type, "the event type is 'test'" },
	{ has_old_id, "the event id was made long before its timestamp" },
	{ took_exactly_an_hour, "the run took exactly an hour and ended at the timestamp" },
};

const char *test_delivery_reason(const struct event *event)
{
	for (size_t i = 0; i < sizeof heuristics / sizeof *heuristics; i++)
		if (heuristics[i].holds(event))
			return heuristics[i].reason;
	return NULL;
}
