/*
 * event/test_delivery.h - does this delivery come from dbt's "Test endpoint" button? No flag says
 * so; all heuristics for it are here (README.md, Test deliveries).
 */
#pragma once
#include "event/event.h"

/* The heuristic that applies, as a short sentence; NULL for an ordinary delivery. */
const char *test_delivery_reason(const struct event *event);
