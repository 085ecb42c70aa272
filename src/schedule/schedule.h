/*
 * schedule/schedule.h - what to do next: which selection to resolve, which refresh to send, join,
 * retry, satisfy or give up.
 *
 * Pure: state, the time and an input go in; the new state and actions come out. No clock, socket,
 * thread or database inside, and a seed for the jitter, so that it is tested by simulation.
 * dispatch/core.c feeds it and carries out its actions.
 *
 * A refresh (the whole of its life is in schedule/life.h):
 *
 *     waiting --send--> sending --accepted--> queued --> running --> succeeded | failed | cancelled
 *        ^                 | no reply              (a look or poll of the job decides)
 *        |                 v
 *        +--not found-- unknown --found--> queued, running or its end
 *
 * Each content has at most one current refresh (which is being retried, sent or followed). The
 * others stand in line: one collects the events that came too late for the current refresh's
 * request, and any number are held by a rule's `delay` or `quiet`. When the current refresh ends,
 * so does every refresh in line whose causes its evidence covers; the first of the rest becomes the
 * current one.
 *
 * Evidence that a job is fresh enough for a cause (src/README.md, Evidence), any of: the request
 * was sent after the event arrived; a look made after the event arrived saw the job still queued;
 * Tableau says that it started at least clock_skew after the run finished. The first two compare
 * stamps (content/refresh.h), never clocks.
 *
 * schedule/gate.h decides whether a site may be called now. Ready refreshes of a site are sent in
 * the order of `created - priority / 100 * give_up_after / 2`: 100 points of priority count as much
 * as having waited half of give_up_after, so no refresh is overtaken for longer than that.
 *
 * give_up_after measures patience (schedule/patience.h): the time in which Tableau could have been
 * asked and failed, or would not. It runs during again_backoff, while an answer is out, while the
 * breaker leaves the site alone or Tableau asked to wait, and while the configuration has no such
 * site. It stands while we hold work back: by `delay` and `quiet`, behind another refresh of the
 * content, by a pause, a budget (also one of job queries), or for want of a place. Each answer
 * about its job renews it; but a job that Tableau leaves in its queue for QUEUE_PATIENCE times
 * give_up_after is given up too. A restart goes on with what was left.
 *
 * Rows and texts given to an action are valid until the next step.
 */
#pragma once
#include "base/mem.h"
#include "schedule/action.h"
#include "schedule/input.h"
#include "schedule/status.h"

struct schedule;

/* `ids` are for new refreshes. */
struct schedule *schedule_new(
	const struct schedule_options *options, struct refresh_ids ids, uint64_t seed);
void schedule_free(struct schedule *schedule);
OWNED_DEFINE(schedule)

/* Takes in `input` and returns the actions that follow. */
struct actions schedule_step(
	struct schedule *schedule, struct instant now, const struct input *input);
/* When INPUT_TICK has something to do next; INT64_MAX: nothing is timed. */
struct mono schedule_next(const struct schedule *schedule);
