/*
 * schedule/budget.c - a ring of parts of the window, each with what was spent in it.
 */
#include "schedule/budget.h"
#include "base/mem.h"

static int64_t span_of(const struct budget *budget)
{
	return budget->window / BUDGET_PARTS;
}

static struct budget_part *part_at(const struct budget *budget, size_t index)
{
	/* One part more than a window has, because the oldest is still leaving while the youngest
	 * fills. */
	return &budget->parts[(budget->first + index) % (BUDGET_PARTS + 2)];
}

static struct mono leaves_at(const struct budget *budget, const struct budget_part *part)
{
	return mono_plus(part->begins, span_of(budget) + budget->window);
}

static bool has_left(const struct budget *budget, size_t index, struct mono now)
{
	return leaves_at(budget, part_at(budget, index)).us <= now.us;
}

static void forget_old(struct budget *budget, struct mono now)
{
	while (budget->used && has_left(budget, 0, now)) {
		budget->spent -= part_at(budget, 0)->count;
		budget->first = (budget->first + 1) % (BUDGET_PARTS + 2);
		budget->used--;
	}
}

void budget_clear(struct budget *budget)
{
	free(budget->parts);
	*budget = (struct budget){ 0 };
}

void budget_init(struct budget *budget, int64_t window_us)
{
	*budget = (struct budget){ .window = window_us };
}

void budget_limit(struct budget *budget, int64_t limit)
{
	int64_t window = budget->window;
	if (!limit) {
		budget_clear(budget);
		budget_init(budget, window);
	}
	budget->limit = limit;
}

/* Only parts restored out of order can fill the ring: then the last part counts these calls too. */
static struct budget_part *part_new(struct budget *budget, struct mono begins, struct wall began)
{
	if (!budget->parts)
		budget->parts = mem_alloc(sizeof *budget->parts * (BUDGET_PARTS + 2));
	if (budget->used == BUDGET_PARTS + 2)
		return part_at(budget, budget->used - 1);
	struct budget_part *part = part_at(budget, budget->used++);
	*part = (struct budget_part){ .begins = begins, .began = began };
	return part;
}

static struct budget_part *part_for(struct budget *budget, struct mono begins, struct wall began)
{
	struct budget_part *last = budget->used ? part_at(budget, budget->used - 1) : NULL;
	if (last && begins.us < last->begins.us + span_of(budget))
		return last;
	return part_new(budget, begins, began);
}

const struct budget_part *budget_spend(
	struct budget *budget, struct mono now, struct wall wall, int64_t count)
{
	if (!budget->limit)
		return NULL;
	forget_old(budget, now);
	struct budget_part *part = part_for(budget, now, wall);
	part->count += count;
	budget->spent += count;
	return part;
}

const struct budget_part *budget_last_but_one(const struct budget *budget)
{
	return budget->used > 1 ? part_at(budget, budget->used - 2) : NULL;
}

void budget_restore(
	struct budget *budget, struct mono now, struct wall wall, struct wall began, int64_t count)
{
	int64_t age = wall.us - began.us;
	if (count <= 0)
		return;
	if (age < 0)
		age = 0;
	if (age >= span_of(budget) + budget->window)
		return;
	/* A part of its own, because it is stored under its own beginning: if another part counted
	 * it too, the next restart would find it twice. */
	struct budget_part *part = part_new(budget, (struct mono){ now.us - age }, began);
	part->count += count;
	budget->spent += count;
}

int64_t budget_spent(const struct budget *budget, struct mono now)
{
	int64_t spent = budget->spent;
	for (size_t i = 0; i < budget->used && has_left(budget, i, now); i++)
		spent -= part_at(budget, i)->count;
	return spent;
}

int64_t budget_left(const struct budget *budget, struct mono now)
{
	if (!budget->limit)
		return INT64_MAX;
	int64_t spent = budget_spent(budget, now);
	return spent < budget->limit ? budget->limit - spent : 0;
}

struct mono budget_allows(const struct budget *budget, struct mono now, int64_t nth)
{
	if (nth <= budget_left(budget, now))
		return now;
	int64_t missing = budget->spent + nth - budget->limit, freed = 0;
	for (size_t i = 0; i < budget->used; i++) {
		freed += part_at(budget, i)->count;
		if (freed >= missing)
			return leaves_at(budget, part_at(budget, i));
	}
	/* By then all that is spent now has left the window, so whole windows are added. */
	int64_t windows = 1 + (missing - freed - 1) / budget->limit;
	return mono_plus(now, windows * (budget->window + span_of(budget)));
}
