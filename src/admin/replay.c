/*
 * admin/replay.c - decides a recorded event again: its body goes through the present configuration
 * and rules, and becomes a new event.
 */
#include "admin/handler.h"
#include "config/config.h"
#include "intake/delivery.h"

struct replayed {
	struct arena *arena;
	const char *source;
	struct str body;
};

static bool keep(const struct event_row *row, void *context)
{
	struct replayed *replayed = context;
	replayed->source = arena_text(replayed->arena, row->source);
	replayed->body = (struct str){ arena_str(replayed->arena, row->body), row->body.length };
	return false;
}

/*
 * Whether it is routed is decided again too, by the present configuration of its source, so that
 * events ignored because of a mistyped account_id can be replayed when that is mended. A source
 * that is not configured any more has no constraint.
 */
static const struct event *parse(
	struct admin *admin, const struct replayed *replayed, struct error *err)
{
	OWNED(config) config = config_slot_get(admin->options.configs);
	const struct config_source *source = config_source_named(config, replayed->source);
	return event_parse(replayed->body, replayed->source, source ? source->account_id : NULL,
		replayed->arena, err);
}

/* NULL when it has answered the request. */
static const struct event *read_event(
	struct admin *admin, struct web_request *request, int64_t id, struct replayed *replayed)
{
	struct error err;
	bool is_there = false;
	const struct event *event = NULL;
	if (!store_find_event(admin->reader, id, keep, replayed, &is_there, &err))
		admin_answer_error(request, 503, err.message);
	else if (!is_there)
		admin_answer_error(request, 404, "there is no event of this id");
	else if (!(event = parse(admin, replayed, &err)))
		admin_answer_error(request, 409, err.message);
	else if (event->standing == EVENT_REAL)
		return event;
	else
		admin_answer_error(request, 409,
			arena_printf(replayed->arena, "it would not be routed: %s%s",
				event->standing == EVENT_TEST ? "test: " : "", event->why));
	return NULL;
}

void handle_replay(struct admin *admin, struct web_request *request, int64_t id)
{
	OWNED(arena) arena = arena_new();
	struct replayed replayed = { .arena = arena };
	const char *who = admin_asker_of(admin, arena);
	const struct event *event = read_event(admin, request, id, &replayed);
	if (!event)
		return;
	struct ruleset *ruleset = ruleset_slot_get(admin->options.rulesets);
	const struct decision *decision = ruleset_decide(ruleset, event, admin->scratch, arena);
	struct delivery *delivery = delivery_new(
		event, decision, ruleset, replayed.body, admin->options.dry_run, TAKE(arena));
	delivery_is_replay(delivery, id, who);
	if (admin_wants_page(request))
		delivery_leads_to(delivery, "/events/");
	delivery_post(delivery, request, admin->options.journal, admin->options.dispatch);
}
