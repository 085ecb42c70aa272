/*
 * event/test_delivery.h - is this what dbt's "Test endpoint" button sends? No flag says so; these
 * are the heuristics for it (README.md, Test deliveries), all in one place.
 */
#pragma once
#include "event/event.h"

/* Which heuristic fired, a short sentence, or NULL: an ordinary delivery. */
const char *test_delivery_reason(const struct event *event);
