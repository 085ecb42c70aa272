/*
 * admin/reload_failure.h - why the last reload was refused, until one succeeds: a snapshot
 * (base/shared.h) for /readyz and the status page.
 */
#pragma once
#include "base/clock.h"
#include "base/shared.h"

struct reload_failure {
	struct shared shared;
	struct wall at;
	char *report;
};
