/*
 * schedule/act.c - the actions of one step, and the data that they point to.
 */
#include "base/mem.h"
#include "schedule/state.h"

void act_forget(struct schedule *schedule)
{
	schedule->steps++;
	for (size_t i = 0; i < schedule->cause_action_count; i++)
		free(schedule->cause_actions[i]);
	schedule->cause_action_count = 0;
	schedule->action_count = 0;
	while (schedule->known_lists) {
		struct known_list *list = schedule->known_lists;
		schedule->known_lists = list->next;
		free(list);
	}
	while (schedule->ended) {
		struct refresh *refresh = schedule->ended;
		schedule->ended = refresh->ended_next;
		refresh_free(refresh);
	}
}

static struct action *act(struct schedule *schedule, enum action_type type)
{
	mem_grow(&schedule->actions, &schedule->action_capacity, schedule->action_count);
	struct action *action = &schedule->actions[schedule->action_count++];
	*action = (struct action){ .type = type, .asked_after = schedule->horizon };
	return action;
}

/* The action borrows the row: the caller sees its state at the end of this step, not at the moment
 * of act_record(). */
void act_record(struct schedule *schedule, struct refresh *refresh)
{
	refresh->is_unrecorded = false;
	if (refresh->recorded == schedule->steps)
		return;
	refresh->recorded = schedule->steps;
	act(schedule, ACTION_RECORD)->refresh = &refresh->row;
}

void act_cause(struct schedule *schedule, const char *site, int64_t refresh,
	const struct cause_row *cause, enum cause_fate fate)
{
	struct cause_row *copy = mem_new(struct cause_row);
	*copy = *cause;
	copy->refresh = refresh;
	mem_grow(&schedule->cause_actions, &schedule->cause_action_capacity,
		schedule->cause_action_count);
	schedule->cause_actions[schedule->cause_action_count++] = copy;
	struct action *action = act(schedule, ACTION_CAUSE);
	action->site = site;
	action->cause = copy;
	action->fate = fate;
}

void act_end_selection(struct schedule *schedule, const struct want *want)
{
	struct action *action = act(schedule, ACTION_END_SELECTION);
	action->selection = want->id;
	action->site = want->selection.site;
}

void act_spent(struct schedule *schedule, const struct site *site, enum spent_kind kind,
	const struct budget_part *part)
{
	if (part)
		act(schedule, ACTION_SPENT)->spent =
			(struct spent){ site->name, kind, part->began, part->count };
}

void act_tell(struct schedule *schedule, const struct site *site, const char *trouble)
{
	struct action *action = act(schedule, ACTION_TELL);
	action->site = site->name;
	action->trouble = trouble;
}

void act_backlog(struct schedule *schedule, const struct site *site)
{
	struct action *action = act(schedule, ACTION_BACKLOG);
	action->site = site->name;
	action->trouble = site->overdue;
}

void act_resolve(struct schedule *schedule, const struct want *want)
{
	struct action *action = act(schedule, ACTION_RESOLVE);
	action->selection = want->id;
	action->named = want->selection.named;
	action->life = site_find(schedule, want->selection.site)->life;
	action->uncached = want->selection.uncached;
}

static bool is_listed(const struct known_list *list, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list->ids[i], id))
			return true;
	return false;
}

/* The last jobs of refreshes of this content. */
static const char *const *known_jobs(struct schedule *schedule, const struct slot *slot)
{
	struct known_list *list = mem_new(struct known_list);
	size_t found = 0;
	list->next = schedule->known_lists;
	schedule->known_lists = list;
	for (size_t i = 0; i < KNOWN_AT_ONCE && i < schedule->known_count; i++) {
		const struct known_job *known =
			&schedule->known[(schedule->known_count - 1 - i) % KNOWN_AT_ONCE];
		if (known->slot == slot && found < KNOWN_OF_SLOT &&
			!is_listed(list, found, known->id))
			list->ids[found++] = known->id;
	}
	return list->ids;
}

void act_on_refresh(struct schedule *schedule, enum action_type type, struct refresh *refresh,
	struct wall since)
{
	struct action *action = act(schedule, type);
	action->refresh = &refresh->row;
	action->site = refresh->slot->site->name;
	action->life = refresh->slot->site->life;
	action->since = since;
	refresh->is_asked = true;
	if (type == ACTION_LOOK)
		action->known_jobs = known_jobs(schedule, refresh->slot);
}

void act_greet(struct schedule *schedule, struct site *site)
{
	struct action *action = act(schedule, ACTION_GREET);
	action->site = site->name;
	action->life = site->life;
	site->is_greeting = true;
}

void act_list(struct schedule *schedule, struct site *site, struct wall since)
{
	struct action *action = act(schedule, ACTION_LIST);
	action->site = site->name;
	action->life = site->life;
	action->since = since;
	site->is_listing = true;
}
