/*
 * base/fault.h - points at which a test makes the program fail or die. `false` unless configured
 * with --enable-faults.
 *
 *     if (FAULT("journal.commit") || !store_commit(store, err)) ...
 *
 * REFRESH_ROUTER_FAULT=NAME:N:fail|kill makes the Nth passing of the point NAME fail (FAULT is true
 * once) or kills the process there with SIGKILL. NAME `*` counts every point.
 * REFRESH_ROUTER_FAULT_LOG=FILE appends each name passed.
 */
#pragma once
#include <stdbool.h>
/* written by configure; without it there are no faults */
#if __has_include("build.h")
#include "build.h"
#endif

#ifdef ENABLE_FAULTS
bool fault_hit(const char *name);
#define FAULT(name) fault_hit(name)
#else
#define FAULT(name) false
#endif
