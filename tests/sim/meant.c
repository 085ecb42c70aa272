/*
 * tests/sim/meant.c - what an effect asks, and what the answers mean (src/dispatch/README.md): the
 * dispatcher may not tell the schedule anything else.
 *
 * A look finds the youngest job of the content itself, of all that bear its name, or says that
 * there is none, or that it cannot tell. A request, or a job that has succeeded, counts for the
 * content that the rules name: an answer with another name is not counted before those who named
 * the content were asked again.
 */
#include "tests/sim/oracle.h"
#include <string.h>

/* ---- what is asked ---- */

static const struct job_seen *row_with(
	const struct effect *look, const struct world *world, int job)
{
	for (size_t i = 0; job >= 0 && i < look->call.row_count; i++)
		if (!strcmp(look->call.row_ids[i], world->jobs[job].id))
			return &look->call.rows[i];
	return NULL;
}

static bool is_known(const struct effect *look, const char *id)
{
	for (int i = 0; i < KNOWN; i++)
		if (!strcmp(look->known[i], id))
			return true;
	return false;
}

static const int *candidate(const struct effect *look, int job)
{
	for (int i = 0; i < look->candidate_count; i++)
		if (look->candidates[i].job == job)
			return &look->candidates[i].job;
	return NULL;
}

/* Was it known of which content it is, when the list came? Another look may learn it meanwhile. */
static bool was_known(const struct world *world, const struct effect *look, int job)
{
	return world->jobs[job].known_in == world->life &&
	       world->jobs[job].known_at < look->listed_at;
}

static void ask_candidate(struct world *world, struct effect *look, int job)
{
	const struct job_seen *row = row_with(look, world, job);
	const char *id = job >= 0 ? world->jobs[job].id : "no job";
	if (!row || strcmp(row->title, world->contents[look->call.content].name) != 0)
		wrong(world, "a look for %lld asks for %s, which has not its name",
			(long long)look->call.id, id);
	else if (is_known(look, id))
		wrong(world, "a look for %lld asks for %s, which is not meant",
			(long long)look->call.id, id);
	else if (was_known(world, look, job) && world->jobs[job].content != look->call.content)
		wrong(world, "a look for %lld asks for %s, which told that it is of other content",
			(long long)look->call.id, id);
	else if (candidate(look, job))
		wrong(world, "a look for %lld asks for %s twice", (long long)look->call.id, id);
	else if (look->candidate_count == CANDIDATES)
		wrong(world, "a look for %lld asks for more than %d jobs", (long long)look->call.id,
			CANDIDATES);
	else
		look->candidates[look->candidate_count++].job = job;
}

static bool is_first(const struct effect *effect)
{
	return effect->call.type == CALL_SEND ? !effect->is_asked
	       : effect->call.type == CALL_LOOK
		       ? !effect->queries
		       : !effect->requests && !effect->is_replied && !effect->is_asked;
}

void meant_ask(struct world *world, struct effect *effect, const struct request *request)
{
	enum call_type type = request->call.type;
	bool is_first_ask = is_first(effect);
	if (effect->requests)
		wrong(world, "two requests at once for %lld", (long long)effect->call.id);
	if (type == CALL_RESOLVE && effect->call.type != CALL_RESOLVE) {
		bool may_confirm = effect->call.type == CALL_SEND ||
				   (effect->call.type == CALL_POLL && effect->is_asked);
		if (!may_confirm)
			wrong(world, "a name is asked for, and nobody wants to know it for %lld",
				(long long)effect->call.id);
		return;
	}
	if (effect->call.type == CALL_LOOK && type == CALL_POLL && effect->queries) {
		effect->queries++;
		ask_candidate(world, effect, request->call.job);
		return;
	}
	if (!is_first_ask)
		wrong(world, "Tableau is asked twice about %lld", (long long)effect->call.id);
	if (effect->call.type == CALL_SEND && request->call.content != effect->call.content)
		wrong(world, "the request of %lld is for other content",
			(long long)effect->call.id);
	effect->is_asked = true;
	/* What was asked before the request is no answer to its reply. */
	effect->asked = effect->still = effect->moved = effect->failed = 0;
	effect->queries++;
	effect->call.asked_at = world->now;
	oracle_call(world, &effect->call);
}

/* ---- what is answered ---- */

static void hear_name(struct effect *effect, const struct sim_call *answer)
{
	effect->last = *answer;
	effect->asked++;
	if (answer->verdict == VERDICT_RETRY) {
		effect->failed++;
		return;
	}
	if (answer->verdict != VERDICT_OK)
		return;
	for (int i = 0; i < answer->named_count; i++) {
		effect->still += answer->named[i] == effect->call.content;
		effect->moved += answer->named[i] == effect->call.content + NAMED;
	}
}

/* An answer about a job tells of which content it is, for good. */
static void learn_content(struct world *world, int number)
{
	struct sim_job *job = &world->jobs[number];
	if (job->known_in != world->life)
		job->known_at = world->now;
	job->known_in = world->life;
}

/* An answer about its job has another name than the list had. */
static bool is_renamed(
	const struct world *world, const struct effect *look, const struct sim_call *answer)
{
	const struct sim_content *content = &world->contents[look->call.content];
	return answer->verdict == VERDICT_OK &&
	       world->jobs[answer->job].content == look->call.content &&
	       strcmp(answer->seen.title, content->name) != 0;
}

static void hear_candidate(struct world *world, struct effect *look, const struct request *request)
{
	const struct sim_call *answer = &request->call;
	int job = answer->job;
	look->last = *answer;
	for (int i = 0; i < look->candidate_count; i++)
		if (look->candidates[i].job == job)
			look->candidates[i].verdict =
				is_renamed(world, look, answer) ? VERDICT_OTHER : answer->verdict;
	if (answer->verdict == VERDICT_OK)
		learn_content(world, job);
}

/* The rows belong to the effect, whatever it asks next. */
static void take_answer(struct effect *effect, struct sim_call *answer)
{
	struct sim_call *call = &effect->call;
	struct sim_call was = *call;
	*call = *answer;
	call->type = was.type;
	call->id = was.id;
	call->content = was.content;
	call->job = was.job;
	call->asked_after = was.asked_after;
	call->since = was.since;
	call->told_since = answer->asked_at;
	call->asked_at = was.asked_at;
	call->wanted_at = was.wanted_at;
	call->is_incremental = was.is_incremental;
	call->seen.id = call->seen_id;
}

void meant_hear(struct world *world, struct effect *effect, struct request *request)
{
	struct sim_call *answer = &request->call;
	bool is_confirming = answer->type == CALL_RESOLVE && effect->call.type != CALL_RESOLVE;
	if (is_confirming) {
		hear_name(effect, answer);
		return;
	}
	if (effect->call.type == CALL_LOOK && answer->type == CALL_POLL) {
		hear_candidate(world, effect, request);
		return;
	}
	int job = answer->type == CALL_SEND ? answer->found : answer->job;
	/* The answer to a cancel says nothing of the job. */
	if (job >= 0 && answer->verdict == VERDICT_OK && answer->type != CALL_CANCEL)
		learn_content(world, job);
	effect->listed_at = world->now;
	effect->is_replied = true;
	effect->last = *answer;
	take_answer(effect, answer);
	effect->call.calls = 1;
	effect->reply = effect->call;
	effect->reply.rows = NULL;
	effect->reply.row_ids = NULL;
}

/* ---- what that means ---- */

/* Of those who named the content and were asked again. */
enum agreed { AGREED_UNASKED, AGREED_STILL, AGREED_MOVED, AGREED_NO, AGREED_LATER };

static enum agreed agreed(const struct effect *effect)
{
	if (!effect->asked)
		return AGREED_UNASKED;
	if (effect->failed)
		return AGREED_LATER;
	if (effect->still == effect->asked)
		return AGREED_STILL;
	return effect->moved == effect->asked ? AGREED_MOVED : AGREED_NO;
}

static void means(struct effect *effect, enum verdict verdict, bool has_moved)
{
	effect->call.verdict = verdict;
	effect->call.has_moved = has_moved;
	/* The last answer is what is known of the site. */
	effect->call.told_at = effect->last.told_at;
	effect->call.told_since = effect->last.asked_at;
	effect->call.is_alive = effect->last.is_alive;
	effect->call.retry_after =
		effect->last.verdict == VERDICT_OK ? 0 : effect->last.retry_after;
	effect->call.reason = effect->last.reason;
}

/* The answer has another name; `told` is what the schedule is told, where two things are right. */
static void other_name(struct world *world, struct effect *effect, enum verdict told)
{
	struct sim_content *content = &world->contents[effect->call.content];
	switch (agreed(effect)) {
	case AGREED_UNASKED:
		if (content->alias_in != world->life)
			wrong(world, "%lld: an answer under another name is counted, unasked",
				(long long)effect->call.id);
		break;
	case AGREED_STILL: /* the lists may lag, for a while */
		if (told == VERDICT_RETRY)
			means(effect, VERDICT_RETRY, false);
		else
			content->alias_in = world->life;
		break;
	case AGREED_MOVED:
		means(effect, VERDICT_OK, true);
		break;
	case AGREED_NO:
		means(effect, VERDICT_OTHER, false);
		break;
	case AGREED_LATER:
		means(effect, VERDICT_RETRY, false);
		break;
	}
}

/* The id is gone. */
static void gone(struct world *world, struct effect *effect)
{
	effect->call.has_moved = false;
	switch (agreed(effect)) {
	case AGREED_UNASKED:
		wrong(world, "refresh %lld: its id is gone, and nobody asks who has its name",
			(long long)effect->call.id);
		break;
	case AGREED_MOVED:
		means(effect, VERDICT_FAIL, true);
		break;
	case AGREED_LATER:
		means(effect, VERDICT_RETRY, false);
		break;
	case AGREED_STILL:
	case AGREED_NO:
		break;
	}
}

/* Those who named it were asked before the request. */
static void not_sent(struct world *world, struct effect *effect)
{
	if (agreed(effect) == AGREED_MOVED)
		means(effect, VERDICT_OK, true);
	else if (agreed(effect) == AGREED_NO)
		means(effect, VERDICT_OTHER, false);
	else if (agreed(effect) == AGREED_LATER)
		means(effect, VERDICT_RETRY, false);
	else
		wrong(world, "refresh %lld is not sent, for no reason", (long long)effect->call.id);
}

static bool has_other_name(const struct world *world, const struct effect *effect)
{
	return effect->reply.verdict == VERDICT_OK &&
	       strcmp(effect->reply.seen.title, world->contents[effect->call.content].name) != 0;
}

static void sent_means(struct world *world, struct effect *effect, enum verdict told)
{
	if (!effect->is_asked)
		not_sent(world, effect);
	else if (effect->reply.has_moved)
		gone(world, effect);
	else if (has_other_name(world, effect))
		other_name(world, effect, told);
}

/* ---- what a look means ---- */

/* Could it be of the content, as far as the list and all that we were told say? */
static bool may_be_meant(const struct world *world, const struct effect *look, size_t row)
{
	int number = job_named(world, look->call.row_ids[row]);
	const struct sim_job *job = &world->jobs[number];
	return !strcmp(look->call.rows[row].title, world->contents[look->call.content].name) &&
	       !is_known(look, job->id) &&
	       (job->content == look->call.content || !was_known(world, look, number));
}

/* It could not be told whether it is the job. */
static bool is_puzzling(enum verdict verdict)
{
	return verdict == VERDICT_NONE || verdict == VERDICT_OTHER;
}

/* That can be said of some only. */
static bool is_unsure(const struct world *world, const struct effect *look)
{
	for (int i = 0; i < look->candidate_count; i++)
		if (is_puzzling(look->candidates[i].verdict))
			return true;
	for (size_t i = 0; i < look->call.row_count; i++)
		if (may_be_meant(world, look, i) &&
			!candidate(look, job_named(world, look->call.row_ids[i])))
			return true;
	return false;
}

/* Of those that were asked for and are of the content, the youngest is found, if no younger one
 * could be it. */
static int found_by(const struct world *world, const struct effect *look)
{
	for (int i = 0; i < look->candidate_count; i++) {
		if (is_puzzling(look->candidates[i].verdict))
			return -1;
		if (look->candidates[i].verdict == VERDICT_OK &&
			world->jobs[look->candidates[i].job].content == look->call.content)
			return look->candidates[i].job;
	}
	return -1;
}

static void check_youngest(struct world *world, const struct effect *look, int found)
{
	for (size_t i = look->call.row_count; i-- > 0;) {
		int job = job_named(world, look->call.row_ids[i]);
		if (job == found)
			return;
		if (may_be_meant(world, look, i) && !candidate(look, job))
			wrong(world,
				"a look for %lld finds %s, and %s, which is younger, is unasked",
				(long long)look->call.id, world->jobs[found].id,
				world->jobs[job].id);
	}
}

#define ASKED_AT_ONCE 8 /* src/dispatch/README.md */

static void look_means(struct world *world, struct effect *look)
{
	int found = found_by(world, look);
	look->call.calls = look->queries;
	if (look->last.verdict == VERDICT_RETRY || look->last.verdict == VERDICT_UNREAD) {
		means(look, VERDICT_RETRY, false);
	} else if (look->last.verdict == VERDICT_CANNOT) {
		means(look, VERDICT_CANNOT, false);
	} else if (found >= 0) {
		check_youngest(world, look, found);
		look->call.seen = look->last.seen;
		memcpy(look->call.seen_id, look->last.seen_id, sizeof look->call.seen_id);
		look->call.seen.id = look->call.seen_id;
		look->call.found = found;
		means(look, VERDICT_OK, false);
	} else {
		bool is_early = is_unsure(world, look) && look->candidate_count < ASKED_AT_ONCE;
		for (int i = 0; i < look->candidate_count; i++)
			is_early &= !is_puzzling(look->candidates[i].verdict);
		if (is_early)
			wrong(world, "a look for %lld ends early", (long long)look->call.id);
		means(look, is_unsure(world, look) ? VERDICT_UNSURE : VERDICT_NONE, false);
	}
}

/* ---- what the schedule is told ---- */

const char *const verdict_words[] = { "yes", "try again", "no", "busy", "no reply", "a doubtful no",
	"none", "may not", "cannot tell", "cannot be read", "another" };

/* The answer that the input brings, to an effect of which type, and about what. */
static const struct answer *answer_of(const struct input *input, enum call_type *type, int64_t *id)
{
	static const enum call_type types[INPUT_COUNT] = {
		[INPUT_RESOLVED] = CALL_RESOLVE,
		[INPUT_GREETED] = CALL_GREET,
		[INPUT_SENT] = CALL_SEND,
		[INPUT_POLLED] = CALL_POLL,
		[INPUT_LISTED] = CALL_LIST,
		[INPUT_LOOKED] = CALL_LOOK,
		[INPUT_JOB_CANCELLED] = CALL_CANCEL,
	};
	if (input->type == INPUT_MOVED) { /* to either of two */
		*id = input->moved.refresh;
		return &input->moved.answer;
	}
	*type = types[input->type];
	*id = 0;
	if (input->type == INPUT_GREETED)
		return &input->greeted.answer;
	if (input->type == INPUT_LISTED)
		return &input->listed.answer;
	if (input->type == INPUT_RESOLVED) {
		*id = input->resolved.selection;
		return &input->resolved.answer;
	}
	if (input->type == INPUT_SENT) {
		*id = input->sent.refresh;
		return &input->sent.answer;
	}
	if (input->type == INPUT_JOB_CANCELLED) {
		*id = input->job_cancelled.refresh;
		return &input->job_cancelled.answer;
	}
	*id = input->polled.refresh; /* or looked, which is the same */
	return &input->polled.answer;
}

static void check_job(struct world *world, const struct sim_call *call, const struct job_seen *job)
{
	const struct job_seen *seen = &call->seen;
	if (!job || strcmp(job->id, seen->id) != 0 || job->phase != seen->phase ||
		job->created_at.us != seen->created_at.us ||
		job->started_at.us != seen->started_at.us ||
		job->completed_at.us != seen->completed_at.us ||
		strcmp(job->title, seen->title) != 0 ||
		(call->type == CALL_LOOK && job->is_incremental != seen->is_incremental))
		wrong(world, "%lld: the schedule is told otherwise of %s than we were",
			(long long)call->id, seen->id);
}

static void check_rows(struct world *world, const struct sim_call *call, const struct input *input)
{
	bool is_same = input->listed.count == call->row_count;
	for (size_t i = 0; is_same && i < call->row_count; i++)
		is_same = !strcmp(input->listed.jobs[i].id, call->row_ids[i]) &&
			  input->listed.jobs[i].phase == call->rows[i].phase &&
			  input->listed.jobs[i].started_at.us == call->rows[i].started_at.us;
	if (!is_same)
		wrong(world, "the schedule is told other jobs of site %s than are listed",
			input->listed.answer.site);
}

static void check_asked_after(struct world *world, const struct sim_call *call, int64_t asked_after)
{
	if (asked_after != call->asked_after)
		wrong(world, "%lld: the schedule is told that it asked later than it did",
			(long long)call->id);
}

static void check_rest(struct world *world, const struct sim_call *call, const struct input *input)
{
	bool is_ok = call->verdict == VERDICT_OK;
	if (input->type == INPUT_SENT && is_ok)
		check_job(world, call, input->sent.job);
	if (input->type == INPUT_POLLED || input->type == INPUT_LOOKED) {
		check_asked_after(world, call, input->polled.asked_after);
		if (is_ok)
			check_job(world, call, input->polled.job);
	}
	if (input->type == INPUT_LISTED) {
		check_asked_after(world, call, input->listed.asked_after);
		if (is_ok)
			check_rows(world, call, input);
	}
	if (input->type == INPUT_RESOLVED && is_ok &&
		(input->resolved.count != (size_t)call->named_count ||
			content_of(world, &input->resolved.contents[0]) != call->named[0]))
		wrong(world, "selection %lld names other content than it does",
			(long long)call->id);
	if (input->type == INPUT_MOVED &&
		content_of(world, input->moved.content) != call->content + NAMED)
		wrong(world, "refresh %lld goes on as other content than has its name now",
			(long long)call->id);
}

void meant_check(struct world *world, struct effect *effect, const struct input *input)
{
	enum call_type type = effect->call.type;
	int64_t id;
	const struct answer *answer = answer_of(input, &type, &id);
	struct sim_call *call = &effect->call;
	bool has_moved = input->type == INPUT_MOVED;
	if (type != call->type || (id && id != call->id)) {
		wrong(world, "the answer for %lld is told as that for %lld", (long long)call->id,
			(long long)id);
		return;
	}
	if (call->type == CALL_LOOK)
		look_means(world, effect);
	else if (call->type == CALL_SEND)
		sent_means(world, effect, answer->verdict);
	else if (call->type == CALL_POLL && effect->reply.seen.phase == PHASE_SUCCEEDED &&
		 has_other_name(world, effect))
		other_name(world, effect, answer->verdict);
	if (call->has_moved != has_moved || (!has_moved && call->verdict != answer->verdict))
		wrong(world, "%lld: the schedule is told '%s%s', and it is '%s%s'",
			(long long)call->id, verdict_words[answer->verdict],
			has_moved ? ", moved" : "", verdict_words[call->verdict],
			call->has_moved ? ", moved" : "");
	if (strcmp(answer->site, world->sites[call->site].options.name) != 0 ||
		answer->told.at.us != call->told_at.us ||
		(call->verdict != VERDICT_OK && call->verdict != VERDICT_UNSURE &&
			call->verdict != VERDICT_NONE &&
			answer->retry_after != call->retry_after) ||
		(call->type == CALL_LOOK && answer->calls != call->calls))
		wrong(world, "%lld: the schedule is told otherwise of site %s than we were",
			(long long)call->id, world->sites[call->site].options.name);
	check_rest(world, call, input);
}
