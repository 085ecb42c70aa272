/* admin/search.c - looks through records, rules, and what is being looked up, for a word. */
#include "admin/search.h"
#include "base/name.h"
#include "event/event.h"
#include "rules/fixed.h"

struct looking {
	struct search_found *found;
	struct arena *arena;
	struct text word, text; /* skeletons: of the word, and of what is compared with it */
	int64_t id;             /* the word as a number; 0: it is none */
	const char *written;
	/* what is found already, so that only the latest is: of each content, or dbt job */
	const char *keys[SEARCH_MOST];
	int64_t of_rules[SEARCH_MOST]; /* refreshes that only a rule's name leads to */
	size_t of_rule_count;
};

static bool has(struct looking *looking, const char *text)
{
	if (!text || !*text)
		return false;
	text_reset(&looking->text);
	name_skeleton(str_of(text), &looking->text);
	return strstr(looking->text.at, looking->word.at);
}

/* Is it the first of its key? Then it is kept. */
static bool is_first(struct looking *looking, size_t count, const char *key)
{
	if (count == SEARCH_MOST || text_is_among(key, looking->keys, count))
		return false;
	looking->keys[count] = key;
	return true;
}

/* ---- refreshes ---- */

static bool is_of_rule(struct looking *looking, const struct cause_row *causes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has(looking, causes[i].rule))
			return true;
	return false;
}

static bool look_at_refresh(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct looking *looking = context;
	struct search_found *found = looking->found;
	size_t count = found->refresh_count + looking->of_rule_count;
	bool is_it = row->id == looking->id || has(looking, row->content.name) ||
		     text_is(row->content.luid, looking->written);
	if (!is_it && !is_of_rule(looking, causes, cause_count))
		return true;
	const char *key = arena_printf(looking->arena, "%d %s %s", (int)row->content.kind,
		row->site, *row->content.luid ? row->content.luid : row->content.name);
	if (!is_first(looking, count, key))
		return count < SEARCH_MOST;
	if (is_it)
		found->refreshes[found->refresh_count++] = row->id;
	else
		looking->of_rules[looking->of_rule_count++] = row->id;
	return true;
}

/* ---- events ---- */

static bool is_event(struct looking *looking, const struct event_row *row)
{
	struct error ignored; /* a body that no version took has no name */
	if (row->id == looking->id || text_is(row->job_id, looking->written) ||
		text_is(row->run_id, looking->written) || text_is(row->event_id, looking->written))
		return true;
	OWNED(arena) arena = arena_new();
	const struct event *event = event_parse(row->body, row->source, NULL, arena, &ignored);
	return event && has(looking, event_text(event, EVENT_JOB_NAME));
}

static bool look_at_event(const struct event_row *row, void *context)
{
	struct looking *looking = context;
	struct search_found *found = looking->found;
	if (!is_event(looking, row))
		return true;
	bool is_one = row->id == looking->id || text_is(row->run_id, looking->written);
	const char *key = is_one ? arena_printf(looking->arena, "%lld", (long long)row->id)
				 : arena_printf(looking->arena, "job %s", row->job_id);
	if (is_first(looking, found->event_count, key))
		found->events[found->event_count++] = row->id;
	return found->event_count < SEARCH_MOST;
}

/* ---- rules, and what is being looked up ---- */

static bool is_selected_by(
	struct looking *looking, const struct fixed_selections *fixed, const char *rule)
{
	for (size_t i = 0; i < fixed->count; i++)
		if (text_is(fixed->items[i].rule, rule) &&
			has(looking, fixed->items[i].selection.selector))
			return true;
	return false;
}

static void look_at_rules(struct looking *looking, const struct ruleset *ruleset)
{
	struct search_found *found = looking->found;
	struct fixed_selections fixed = ruleset_fixed(ruleset, NULL, 0, looking->arena);
	for (size_t i = 0; i < ruleset_rule_count(ruleset) && found->rule_count < SEARCH_MOST;
		i++) {
		struct rule_info rule = ruleset_rule(ruleset, i);
		if (has(looking, rule.name) || is_selected_by(looking, &fixed, rule.name))
			found->rules[found->rule_count++] = i;
	}
}

static void look_at_selections(struct looking *looking, const struct dispatch_status *status)
{
	struct search_found *found = looking->found;
	for (size_t i = 0;
		status && i < status->selection_count && found->selection_count < SEARCH_MOST; i++)
		if (has(looking, status->selections[i].label))
			found->selections[found->selection_count++] = &status->selections[i];
}

bool search_run(struct search_found *search, const char *word, struct store *store,
	const struct ruleset *ruleset, const struct dispatch_status *status, struct arena *arena,
	struct error *err)
{
	struct str trimmed = str_trim(str_of(word));
	struct store_filter refreshes = { .limit = SEARCH_REFRESHES },
			    events = { .limit = SEARCH_EVENTS };
	*search = (struct search_found){ 0 };
	if (!trimmed.length || trimmed.length > SEARCH_WORD_BYTES)
		return error_fail(err, ERROR_INPUT,
			"write a part of the name of a dashboard, rule or dbt job, or an id, of at "
			"most %d bytes",
			SEARCH_WORD_BYTES);
	struct looking looking = {
		.found = search, .arena = arena, .written = arena_str(arena, trimmed)
	};
	looking.word = TEXT(TEXT_UNBOUNDED);
	looking.text = TEXT(TEXT_UNBOUNDED);
	name_skeleton(trimmed, &looking.word);
	IGNORE(str_to_count(trimmed, &looking.id)); /* else it is no number */
	bool ok = looking.word.length ||
		  error_fail(err, ERROR_INPUT, "this has no visible character");
	ok = ok && store_list_refreshes(store, &refreshes, look_at_refresh, &looking, err) &&
	     store_list_events(store, &events, look_at_event, &looking, err);
	for (size_t i = 0; i < looking.of_rule_count; i++)
		search->refreshes[search->refresh_count++] = looking.of_rules[i];
	if (ok) {
		look_at_rules(&looking, ruleset);
		look_at_selections(&looking, status);
	}
	text_clear(&looking.word);
	text_clear(&looking.text);
	return ok;
}
