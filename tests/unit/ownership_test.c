/*
 * tests/unit/ownership_test.c - which site a node claims, keeps, and gives away, one case each.
 */
#include "cluster/ownership.h"
#include "cluster/rendezvous.h"
#include "tests/unit/test.h"
#include <stdio.h>
#include <string.h>

#define ME 1
#define OTHER 2
#define SECONDS(n) ((struct mono){ (int64_t)(n)*US_PER_SECOND })
#define ALIVE (5 * US_PER_SECOND)

static const char *const one[] = { "finance" };

/* What is to be done now, in words. */
static const char *deeds(struct ownership *ownership, struct mono now)
{
	static const char *const words[] = { "join", "renew", "look", "claim", "release", "adopt",
		"leave", "end" };
	static char text[400];
	struct ownership_action action;

	*text = '\0';
	while (ownership_act(ownership, now, &action)) {
		size_t length = strlen(text);
		snprintf(text + length, sizeof text - length, "%s%s%s%s%lld", length ? "; " : "",
			words[action.deed], action.site ? " " : "", action.site ? action.site : "",
			(long long)action.epoch);
		if (action.is_clean)
			snprintf(text + strlen(text), sizeof text - strlen(text), " cleanly");
	}
	return text;
}
#define assert_deeds(ownership, seconds, expected)                                                 \
	assert_string_equal(deeds((ownership), SECONDS(seconds)), (expected))

static void see(struct ownership *ownership, struct mono now, int64_t other_left, bool other_drains,
	struct ownership_site row)
{
	struct ownership_node nodes[] = { { .id = ME, .left = ALIVE },
		{ .id = OTHER, .left = other_left, .is_draining = other_drains } };
	struct ownership_picture picture = { .nodes = nodes,
		.node_count = other_left ? 2 : 1,
		.sites = &row,
		.site_count = row.site ? 1 : 0 };

	ownership_saw(ownership, now, &picture);
}

/* A node that has just joined, at second 0. */
static struct ownership *joined(void)
{
	struct ownership *ownership = ownership_new();

	ownership_configure(ownership, one, 1);
	assert_deeds(ownership, 0, "join0");
	ownership_joined(ownership, SECONDS(0), SECONDS(0), ME);
	assert_deeds(ownership, 0, "look0");
	return ownership;
}

static struct ownership *owning(void)
{
	struct ownership *ownership = joined();

	see(ownership, SECONDS(0), 0, false, (struct ownership_site){ 0 });
	assert_deeds(ownership, 0, "claim finance0");
	ownership_claimed(ownership, SECONDS(0), "finance", OWNERSHIP_YES);
	assert_deeds(ownership, 0, "adopt finance1");
	assert_int_equal(ownership_may(ownership, SECONDS(0), "finance"), 1);
	return ownership;
}

static void a_site_without_an_owner_is_claimed_and_adopted(void **state)
{
	(void)state;
	OWNED(ownership) ownership = owning();
	assert_int_equal(ownership_may(ownership, SECONDS(0), "board"), 0);
}

static void a_site_of_a_living_owner_is_left_alone(void **state)
{
	(void)state;
	OWNED(ownership) ownership = joined();
	struct ownership_site row = { "finance", OTHER, 3, 0 };
	see(ownership, SECONDS(0), ALIVE, false, row);
	assert_deeds(ownership, 0, "");
	ownership_renewed(ownership, SECONDS(4), SECONDS(4), OWNERSHIP_YES);
	see(ownership, SECONDS(4), ALIVE, false, row);
	assert_deeds(ownership, 4, ""); /* also when all who are first in line had their time */
	see(ownership, SECONDS(4), -1, false, (struct ownership_site){ "finance", OTHER, 3, 0 });
	assert_deeds(ownership, 4, "claim finance3");
	ownership_claimed(ownership, SECONDS(4), "finance", OWNERSHIP_NO);
	assert_deeds(ownership, 4, ""); /* not again before the next look */
}

/* Its row may have been deleted by hand a moment ago, while it works. */
static void an_owner_without_a_row_gets_the_time_of_a_lease(void **state)
{
	(void)state;
	OWNED(ownership) ownership = joined();
	struct ownership_site row = { "finance", 7, 3, 0 };
	see(ownership, SECONDS(0), 0, false, row);
	assert_deeds(ownership, 0, "");
	ownership_renewed(ownership, SECONDS(5), SECONDS(5), OWNERSHIP_YES);
	see(ownership, SECONDS(5), 0, false, row);
	assert_deeds(ownership, 5, "");
	see(ownership, SECONDS(6), 0, false, row);
	assert_deeds(ownership, 6, "claim finance3");
}

static void trust_ends_before_the_lease_and_counts_from_before_the_question(void **state)
{
	(void)state;
	OWNED(ownership) ownership = owning();
	assert_deeds(ownership, 2, "renew0");
	ownership_renewed(ownership, SECONDS(2), SECONDS(4), OWNERSHIP_YES);
	assert_int_equal(ownership_may(ownership, SECONDS(6), "finance"), 1);
	assert_int_equal(ownership_may(ownership, SECONDS(7), "finance"), 0);
	assert_string_equal(deeds(ownership, SECONDS(7)), "leave finance1; renew0");
	ownership_renewed(ownership, SECONDS(7), SECONDS(7), OWNERSHIP_UNKNOWN);
	ownership_left(ownership, "finance");
	/* the database still says so: it goes on with the same epoch */
	ownership_renewed(ownership, SECONDS(7), SECONDS(7), OWNERSHIP_YES);
	see(ownership, SECONDS(7), 0, false, (struct ownership_site){ "finance", ME, 1, 0 });
	assert_deeds(ownership, 7, "adopt finance1");
}

static void a_life_that_is_over_begins_anew(void **state)
{
	(void)state;
	OWNED(ownership) ownership = owning();
	assert_deeds(ownership, 2, "renew0");
	ownership_renewed(ownership, SECONDS(2), SECONDS(2), OWNERSHIP_NO);
	assert_int_equal(ownership_may(ownership, SECONDS(2), "finance"), 0);
	assert_deeds(ownership, 2, "leave finance1; join0");
}

static void a_claim_without_an_answer_is_looked_for(void **state)
{
	(void)state;
	OWNED(ownership) ownership = joined();
	see(ownership, SECONDS(0), 0, false, (struct ownership_site){ 0 });
	assert_deeds(ownership, 0, "claim finance0");
	ownership_claimed(ownership, SECONDS(1), "finance", OWNERSHIP_UNKNOWN);
	assert_deeds(ownership, 1, "look0");
	see(ownership, SECONDS(1), 0, false, (struct ownership_site){ "finance", ME, 1, 0 });
	assert_deeds(ownership, 1, "adopt finance1");
}

static void another_owner_or_epoch_in_the_database_is_obeyed(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		static const struct ownership_site rows[] = { { "finance", OTHER, 2, 0 },
			{ "finance", ME, 9, 0 }, { NULL, 0, 0, 0 } };
		OWNED(ownership) ownership = owning();
		assert_deeds(ownership, 1, "look0");
		see(ownership, SECONDS(1), ALIVE, false, rows[i]);
		assert_int_equal(ownership_may(ownership, SECONDS(1), "finance"), 0);
		assert_deeds(ownership, 1, "leave finance1");
	}
}

/* A database that lost its last commits gives the epoch again. */
static void after_a_lower_epoch_a_site_is_taken_over_anew(void **state)
{
	(void)state;
	OWNED(ownership) ownership = joined();
	struct ownership_site row = { "finance", 0, 5, 0 };
	see(ownership, SECONDS(0), 0, false, row);
	assert_deeds(ownership, 0, "claim finance5");
	ownership_claimed(ownership, SECONDS(0), "finance", OWNERSHIP_YES);
	assert_deeds(ownership, 0, "adopt finance6");
	row = (struct ownership_site){ "finance", ME, 4, 0 };
	assert_deeds(ownership, 1, "look0");
	see(ownership, SECONDS(1), 0, false, row);
	assert_deeds(ownership, 1, "leave finance6");
	ownership_left(ownership, "finance");
	ownership_renewed(ownership, SECONDS(2), SECONDS(2), OWNERSHIP_YES);
	see(ownership, SECONDS(2), 0, false, row);
	assert_deeds(ownership, 2, "release finance4");
	ownership_released(ownership, "finance");
	assert_deeds(ownership, 3, "look0");
	row.node = 0;
	see(ownership, SECONDS(3), 0, false, row);
	assert_deeds(ownership, 3, "claim finance4");
}

static void a_clean_stop_gives_back_what_is_done_with(void **state)
{
	(void)state;
	OWNED(ownership) ownership = owning();
	ownership_stop(ownership);
	assert_deeds(ownership, 1, "leave finance1 cleanly");
	assert_false(ownership_is_over(ownership));
	ownership_left(ownership, "finance");
	assert_deeds(ownership, 1, "release finance1 cleanly");
	ownership_released(ownership, "finance");
	assert_deeds(ownership, 1, "end0");
	ownership_ended(ownership);
	assert_true(ownership_is_over(ownership));
	assert_deeds(ownership, 100, "");
}

static void a_draining_node_gives_its_sites_to_another_if_there_is_one(void **state)
{
	(void)state;
	OWNED(ownership) ownership = owning();
	struct ownership_site row = { "finance", ME, 1, 0 };
	struct ownership_node nodes[] = { { ME, ALIVE, true }, { OTHER, ALIVE, true } };
	struct ownership_picture picture = { nodes, 2, &row, 1 };
	ownership_drain(ownership, true);
	assert_deeds(ownership, 1, "renew0");
	ownership_renewed(ownership, SECONDS(1), SECONDS(1), OWNERSHIP_YES);
	assert_deeds(ownership, 1, "look0");
	ownership_saw(ownership, SECONDS(1), &picture);
	assert_deeds(ownership, 1, ""); /* the other one drains too */
	nodes[1].is_draining = false;
	ownership_saw(ownership, SECONDS(2), &picture);
	assert_deeds(ownership, 2, "leave finance1 cleanly");
	ownership_left(ownership, "finance");
	assert_deeds(ownership, 2, "release finance1 cleanly");
	ownership_released(ownership, "finance");
	row.node = 0;
	ownership_saw(ownership, SECONDS(3), &picture);
	ownership_renewed(ownership, SECONDS(3), SECONDS(3), OWNERSHIP_YES);
	assert_deeds(ownership, 4, "look0"); /* it takes none itself */
	ownership_renewed(ownership, SECONDS(6), SECONDS(6), OWNERSHIP_YES);
	ownership_saw(ownership, SECONDS(6), &picture);
	assert_deeds(ownership, 6, "");
}

/* ---- who is first in line ---- */

/* A name for which that node is first in line; another one each time. */
static const char *site_of(int64_t node, int number)
{
	static char names[8][20];
	static int count;
	char *name = names[count++ % 8];

	for (int i = 0, left = number; left >= 0; i++) {
		snprintf(name, sizeof names[0], "site-%d", i);
		int64_t first =
			rendezvous_weight(name, ME) > rendezvous_weight(name, OTHER) ? ME : OTHER;
		left -= first == node;
	}
	return name;
}

static struct ownership_picture picture_of(const struct ownership_site *rows, size_t count)
{
	static const struct ownership_node nodes[] = { { ME, ALIVE, false },
		{ OTHER, ALIVE, false } };

	return (struct ownership_picture){ nodes, 2, rows, count };
}

/* Renews when that is due, and looks. */
static void look(
	struct ownership *ownership, int second, const struct ownership_site *rows, size_t count)
{
	struct ownership_picture picture = picture_of(rows, count);

	ownership_renewed(ownership, SECONDS(second), SECONDS(second), OWNERSHIP_YES);
	ownership_saw(ownership, SECONDS(second), &picture);
}

static void who_is_not_first_in_line_waits_a_moment(void **state)
{
	(void)state;
	OWNED(ownership) ownership = joined();
	const char *names[] = { site_of(ME, 0), site_of(OTHER, 0) };
	char claim[60];
	ownership_configure(ownership, names, 2);
	look(ownership, 0, NULL, 0);
	snprintf(claim, sizeof claim, "claim %s0", names[0]);
	assert_deeds(ownership, 0, claim);
	ownership_claimed(ownership, SECONDS(0), names[0], OWNERSHIP_NO);
	assert_deeds(ownership, 0, "");
	struct ownership_site row = { names[0], OTHER, 1, 0 };
	look(ownership, 0, &row, 1);
	assert_deeds(ownership, 0, "");
	look(ownership, 1, &row, 1);
	snprintf(claim, sizeof claim, "claim %s0", names[1]);
	assert_deeds(ownership, 1, claim);
	/* the other one did not want it, so it is not offered it again at once */
	ownership_claimed(ownership, SECONDS(1), names[1], OWNERSHIP_YES);
	snprintf(claim, sizeof claim, "adopt %s1", names[1]);
	assert_deeds(ownership, 1, claim);
	struct ownership_site own[] = { row, { names[1], ME, 1, 0 } };
	for (int second = 2; second < 60; second++) {
		look(ownership, second, own, 2);
		assert_deeds(ownership, second, "");
	}
}

/* One site at a time, and only to a node that has lived for a while. */
static void sites_go_to_a_new_node_one_at_a_time(void **state)
{
	(void)state;
	OWNED(ownership) ownership = ownership_new();
	const char *names[] = { site_of(OTHER, 0), site_of(OTHER, 1) };
	struct ownership_node me = { ME, ALIVE, false };
	struct ownership_site rows[] = { { names[0], 0, 0, 0 }, { names[1], 0, 0, 0 } };
	struct ownership_picture alone = { &me, 1, rows, 2 };
	ownership_configure(ownership, names, 2);
	assert_deeds(ownership, 0, "join0");
	ownership_joined(ownership, SECONDS(0), SECONDS(0), ME);
	ownership_saw(ownership, SECONDS(0), &alone);
	for (size_t i = 0; i < 2; i++) {
		deeds(ownership, SECONDS(0));
		ownership_claimed(ownership, SECONDS(0), names[i], OWNERSHIP_YES);
		rows[i] = (struct ownership_site){ names[i], ME, 1, 0 };
	}
	deeds(ownership, SECONDS(0)); /* adopts both */
	int second = 1;
	for (; second < 16; second++) {
		look(ownership, second, rows, 2);
		assert_deeds(ownership, second, "");
	}
	look(ownership, second, rows, 2);
	char leave[60];
	snprintf(leave, sizeof leave, "leave %s1 cleanly", names[0]);
	assert_deeds(ownership, second, leave);
	look(ownership, second + 1, rows, 2);
	assert_deeds(ownership, second + 1, "");
}

static void a_node_that_stops_claims_nothing_more(void **state)
{
	(void)state;
	OWNED(ownership) ownership = joined();
	see(ownership, SECONDS(0), 0, false, (struct ownership_site){ 0 });
	ownership_stop(ownership);
	assert_deeds(ownership, 0, "end0");
}

static void a_site_goes_where_a_person_wants_it(void **state)
{
	(void)state;
	OWNED(ownership) ownership = owning();
	assert_deeds(ownership, 1, "look0");
	see(ownership, SECONDS(1), ALIVE, false,
		(struct ownership_site){ "finance", ME, 1, OTHER });
	assert_deeds(ownership, 1, "leave finance1 cleanly");
}

static void a_site_that_is_no_longer_configured_is_given_back(void **state)
{
	(void)state;
	OWNED(ownership) ownership = owning();
	ownership_configure(ownership, NULL, 0);
	assert_deeds(ownership, 1, "leave finance1 cleanly; look0");
}

static void what_the_store_refused_is_left_at_once(void **state)
{
	(void)state;
	OWNED(ownership) ownership = owning();
	ownership_lost(ownership, "finance");
	assert_int_equal(ownership_may(ownership, SECONDS(0), "finance"), 0);
	assert_deeds(ownership, 0, "leave finance1");
}

static void sites_are_spread_evenly_and_few_move(void **state)
{
	int counts[4] = { 0 }, moved = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char site[20];
		int first = 0, before = 0;
		snprintf(site, sizeof site, "site-%d", i);
		for (int node = 1; node < 4; node++) {
			uint64_t weight = rendezvous_weight(site, node);
			if (weight > rendezvous_weight(site, first))
				first = node;
			if (node < 3 && weight > rendezvous_weight(site, before))
				before = node;
		}
		counts[first]++;
		moved += first != before;
	}
	for (int node = 0; node < 4; node++)
		assert_in_range(counts[node], 650, 850);
	assert_int_equal(
		moved, counts[3]); /* the third node takes from all, and nothing else moves */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_site_without_an_owner_is_claimed_and_adopted),
		cmocka_unit_test(a_site_of_a_living_owner_is_left_alone),
		cmocka_unit_test(an_owner_without_a_row_gets_the_time_of_a_lease),
		cmocka_unit_test(trust_ends_before_the_lease_and_counts_from_before_the_question),
		cmocka_unit_test(a_life_that_is_over_begins_anew),
		cmocka_unit_test(a_claim_without_an_answer_is_looked_for),
		cmocka_unit_test(another_owner_or_epoch_in_the_database_is_obeyed),
		cmocka_unit_test(after_a_lower_epoch_a_site_is_taken_over_anew),
		cmocka_unit_test(a_clean_stop_gives_back_what_is_done_with),
		cmocka_unit_test(a_draining_node_gives_its_sites_to_another_if_there_is_one),
		cmocka_unit_test(who_is_not_first_in_line_waits_a_moment),
		cmocka_unit_test(sites_go_to_a_new_node_one_at_a_time),
		cmocka_unit_test(a_node_that_stops_claims_nothing_more),
		cmocka_unit_test(a_site_goes_where_a_person_wants_it),
		cmocka_unit_test(a_site_that_is_no_longer_configured_is_given_back),
		cmocka_unit_test(what_the_store_refused_is_left_at_once),
		cmocka_unit_test(sites_are_spread_evenly_and_few_move),
	};

	return cmocka_run_group_tests_name("ownership", tests, NULL, NULL);
}
