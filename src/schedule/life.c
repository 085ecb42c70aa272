/*
 * schedule/life.c - the table of life.h, by state.
 */
#include "schedule/life.h"

static const char *const steps[LIFE_STATES][LIFE_STATES] = {
#define STEP(from, to, when) [REFRESH_##from][REFRESH_##to] = (when),
	LIFE(STEP)
#undef STEP
};

const char *life_step(enum refresh_state from, enum refresh_state to)
{
	return steps[from][to];
}
