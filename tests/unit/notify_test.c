/* tests/unit/notify_test.c - what is told, when, and in which words. */
#include "base/json.h"
#include "notify/courier.h"
#include "notify/keep.h"
#include "notify/letter.h"
#include "notify/post.h"
#include "tests/unit/test.h"
#include <stdio.h>

static void a_news_is_read_as_it_was_kept(void **state)
{
	struct news news = {
		.receiver = "ops",
		.subject = "refresh/finance/workbook/l-1",
		.event = NOTICE_EXPIRED,
		.is_over = true,
		.site = "finance",
		.kind = "workbook",
		.content_id = "l-1",
		.content = "Re\"venue\xf0\x9f\x92\xa3",
		.project = "",
		.rule = "nightly",
		.owner = "ann",
		.reason = "no\nline",
		.refresh = 42,
		.at = { 1700000000000001 },
		.changed_at = { 1700000000000002 },
		.told_at = { 1700000000000003 },
	};
	struct news read;
	OWNED(arena) arena = arena_new();
	(void)state;
	for (int event = 0; event < NOTICE_EVENT_COUNT; event++) {
		OWNED_JSON json = cJSON_CreateObject();
		news.event = (enum notice_event)event;
		record_to_json(news_kept_members, &news, json);
		OWNED_MEMORY char *printed = json_print(json);
		assert_true(news_read(printed, &read, arena));
		assert_int_equal(record_compare(news_kept_members, &news, &read), 0);
	}
	assert_false(news_read("{}", &read, arena));
	assert_false(news_read("[", &read, arena));
}

/* ---- the book ---- */

#define SECOND(n) ((struct wall){ 1700000000000000 + (n)*US_PER_SECOND })

static struct config *configured(const char *receivers)
{
	OWNED(problems) problems = problems_new();
	OWNED_MEMORY char *text = mem_printf(
		"version: 1\nrules: []\nsources: [{name: dbt, secrets: [{env: A}]}]\n"
		"sites:\n- {name: finance, server: \"https://a.example.com\", content_url: f, "
		"pat: {name: p, secret: {env: B}}}\n"
		"- {name: board, server: \"https://b.example.com\", content_url: f, "
		"pat: {name: p, secret: {env: C}}}\nnotify: %s\n",
		receivers);
	struct config *config = config_parse("c.yaml", str_of(text), problems);
	if (!config)
		problems_print(problems, stderr, false);
	assert_non_null(config);
	return config;
}

#define INTERVALS ", group_wait: 30s, group_interval: 5m, repeat_interval: 1h"
#define RECEIVER(more)                                                                             \
	"{name: ops, to: \"https://x.example.com/\", secret: {env: K}, "                           \
	"on: [failed, expired, recovered, pat_expiring, site_left_alone]" more "}"

struct story {
	struct config *config;
	struct book *book;
	struct text said;
};

static struct story story_new(const char *receivers)
{
	struct story story = {
		.config = configured(receivers), .book = book_new(), .said = TEXT(TEXT_UNBOUNDED)
	};
	book_configure(story.book, story.config);
	return story;
}

static void story_end(struct story *story)
{
	book_free(story->book);
	config_free(story->config);
	text_clear(&story->said);
}

static void ends(struct story *story, int64_t at, const char *name, bool is_good)
{
	static int64_t refresh = 2;
	const char *rules[] = { "nightly", "hourly" }, *owners[] = { "ann", "bob" };
	struct ended ended = {
		.is_good = is_good,
		.event = NOTICE_FAILED,
		.site = *name == 'b' ? "board" : "finance",
		.kind = "workbook",
		.content_id = name,
		.content = name,
		.project = "",
		.reason = "why",
		.refresh = refresh += 2,
		.at = SECOND(at),
		.rule_count = 2,
		.rules = rules,
		.owners = owners,
	};
	book_ended(story->book, SECOND(at), &ended);
}

/* The messages that are due, as "receiver: +failed a, recovered b; "; '+': it is new. */
static const char *due(struct story *story, int64_t at)
{
	const struct book_draft *draft;
	text_reset(&story->said);
	while ((draft = book_due(story->book, SECOND(at)))) {
		text_printf(&story->said, "%s%s:", draft->receiver->name,
			draft->is_repeat ? " again" : "");
		for (size_t i = 0; i < draft->news_count; i++)
			text_printf(&story->said, " %s%s %s", draft->is_new[i] ? "+" : "",
				news_event_name(draft->news[i]),
				*draft->news[i]->content ? draft->news[i]->content
							 : draft->news[i]->site);
		text_add(&story->said, "; ");
	}
	return story->said.at;
}

static void delivered(struct story *story, const char *site)
{
	book_close(story->book, "ops", &(struct group){ site, "", "" });
}

static void a_group_waits_then_tells_what_is_new_then_repeats(void **state)
{
	struct story story = story_new("[" RECEIVER(INTERVALS) "]");
	(void)state;
	ends(&story, 0, "a1", false);
	ends(&story, 10, "a2", false);
	assert_string_equal(due(&story, 29), "");
	assert_int_equal(book_next(story.book).us, SECOND(30).us);
	assert_string_equal(due(&story, 30), "ops: +failed a1 +failed a2; ");
	delivered(&story, "finance");
	ends(&story, 40, "a3", false);
	ends(&story, 41, "a1", false); /* again: nobody needs to hear of it */
	ends(&story, 42, "a2", true);
	assert_string_equal(due(&story, 329), "");
	assert_string_equal(due(&story, 330), "ops: +failed a3 +recovered a2 failed a1; ");
	delivered(&story, "finance");
	assert_string_equal(due(&story, 3929), "");
	assert_string_equal(due(&story, 3930), "ops again: failed a3 failed a1; ");
	delivered(&story, "finance");
	ends(&story, 4000, "a1", true);
	ends(&story, 4000, "a3", true);
	assert_string_equal(due(&story, 4230), "ops: +recovered a1 +recovered a3; ");
	delivered(&story, "finance");
	assert_string_equal(due(&story, 1000000), "");
	assert_int_equal(book_next(story.book).us, INT64_MAX);
	story_end(&story);
}

static void what_is_over_before_it_was_told_is_never_told(void **state)
{
	struct story story = story_new("[" RECEIVER(INTERVALS) "]");
	(void)state;
	ends(&story, 0, "a1", false);
	ends(&story, 20, "a1", true);
	assert_string_equal(due(&story, 100), "");
	ends(&story, 200, "a1", false);
	assert_string_equal(due(&story, 230), "ops: +failed a1; ");
	delivered(&story, "finance");
	ends(&story, 240, "a1", true);
	ends(&story, 250, "a1", false); /* it fails again before anybody heard that it was well */
	assert_string_equal(due(&story, 600), "");
	story_end(&story);
}

static void a_group_has_one_message_at_a_time(void **state)
{
	struct story story = story_new("[" RECEIVER(INTERVALS) "]");
	(void)state;
	ends(&story, 0, "a1", false);
	ends(&story, 0, "b1", false);
	assert_string_equal(due(&story, 30), "ops: +failed b1; ops: +failed a1; ");
	ends(&story, 31, "a2", false);
	ends(&story, 31, "b2", false);
	delivered(&story, "board"); /* the other one waits for its receiver */
	assert_string_equal(due(&story, 100000), "ops: +failed b2 failed b1; ");
	delivered(&story, "finance");
	assert_string_equal(due(&story, 100000), "ops: +failed a2 failed a1; ");
	story_end(&story);
}

static void groups_and_owners_are_what_the_receiver_says(void **state)
{
	struct story story = story_new("[" RECEIVER(
		", group_by: []") ", {name: bob, to: {env: S}, "
				  "format: slack, on: failed, owners: bob, group_wait: 0, "
				  "group_by: [site, rule, owner]}, {name: eve, to: {env: "
				  "S}, format: teams, on: [failed], owners: [eve]}]");
	(void)state;
	ends(&story, 0, "a1", false);
	ends(&story, 0, "b1", false);
	assert_string_equal(due(&story, 30), "ops: +failed b1 +failed a1; bob: +failed b1; bob: "
					     "+failed a1; ");
	/* bob has no `recovered` */
	ends(&story, 31, "a1", true);
	delivered(&story, "");
	assert_string_equal(due(&story, 330), "ops: +recovered a1 failed b1; ");
	story_end(&story);
}

static void a_site_is_told_once_and_its_end_only_when_that_is_known(void **state)
{
	struct story story = story_new("[" RECEIVER(", group_wait: 0, group_interval: 0") "]");
	struct site_news site = { .site = "finance",
		.pat_ends_at = SECOND(86400 * 20),
		.left_alone = KNOWN_YES,
		.reason = "HTTP 503" };
	(void)state;
	book_site(story.book, SECOND(0), &site);
	assert_string_equal(due(&story, 0), "ops: +site_left_alone finance; ");
	delivered(&story, "finance");
	site.left_alone = KNOWN_NOT;
	book_site(story.book, SECOND(1), &site);
	assert_string_equal(due(&story, 1), "");
	site.left_alone = KNOWN_NO;
	book_site(story.book, SECOND(2), &site);
	assert_string_equal(due(&story, 2), "ops: +recovered finance; ");
	delivered(&story, "finance");
	book_site(story.book, SECOND(86400 * 6), &site);
	assert_string_equal(due(&story, 86400 * 6), "");
	book_site(story.book, SECOND(86400 * 6 + 1), &site);
	assert_string_equal(due(&story, 86400 * 6 + 1), "ops: +pat_expiring finance; ");
	delivered(&story, "finance");
	site.pat_ends_at = (struct wall){ 0 }; /* not known: signed out */
	book_site(story.book, SECOND(86400 * 6 + 2), &site);
	assert_string_equal(due(&story, 86400 * 6 + 2), "");
	site.pat_ends_at = SECOND(86400 * 100);
	book_site(story.book, SECOND(86400 * 6 + 3), &site);
	assert_string_equal(due(&story, 86400 * 6 + 3), "ops: +recovered finance; ");
	site = (struct site_news){ .site = "board", .left_alone = KNOWN_NOT };
	book_site(story.book, SECOND(86400 * 6 + 4), &site);
	assert_string_equal(due(&story, 86400 * 6 + 4), "");
	story_end(&story);
}

static void a_clock_that_is_set_back_holds_nothing_up(void **state)
{
	struct story story = story_new("[" RECEIVER(INTERVALS) "]");
	(void)state;
	ends(&story, 100000, "a1", false);
	assert_string_equal(due(&story, 0), "ops: +failed a1; ");
	story_end(&story);
}

static void what_to_do_about_a_failure_is_told_however_long_the_reason_is(void **state)
{
	struct story story = story_new("[" RECEIVER("") "]");
	OWNED_TEXT struct text reason = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	struct error err;
	(void)state;
	while (reason.length < 900)
		text_add(&reason, "Tableau says much; ");
	text_add(&reason, "mend the data source");
	struct ended ended = { .event = NOTICE_FAILED,
		.site = "finance",
		.kind = "workbook",
		.content_id = "l-1",
		.content = "Revenue",
		.project = "",
		.reason = reason.at,
		.refresh = 42,
		.at = SECOND(0) };
	book_ended(story.book, SECOND(0), &ended);
	letter_print(book_due(story.book, SECOND(100)), "ntf_1", SECOND(100), &out);
	OWNED_JSON json = json_parse(text_str(&out), &err);
	const cJSON *news = cJSON_GetArrayItem(json_get(json, "news"), 0);
	assert_true(str_ends(str_of(json_text(json, "text")), "mend the data source"));
	assert_true(str_ends(str_of(json_text(news, "reason")), "mend the data source"));
	story_end(&story);
}

static void what_nobody_tries_any_more_is_forgotten(void **state)
{
	struct story story = story_new("[" RECEIVER(INTERVALS) "]");
	(void)state;
	ends(&story, 0, "a1", false);
	assert_string_equal(due(&story, 30), "ops: +failed a1; ");
	delivered(&story, "finance");
	assert_string_equal(due(&story, 7 * 86400), "ops again: failed a1; ");
	delivered(&story, "finance");
	assert_string_equal(due(&story, 7 * 86400 + 3601), "");
	story_end(&story);
}

static void more_news_than_a_receiver_may_have_are_shed_and_counted(void **state)
{
	struct story story = story_new("[" RECEIVER(INTERVALS) "]");
	char name[20];
	int64_t shed = 0;
	(void)state;
	for (int i = 0; i < BOOK_NEWS_MOST + 3; i++) {
		snprintf(name, sizeof name, "a%d", i);
		ends(&story, 0, name, false);
	}
	assert_int_equal(book_count(story.book, "ops", &shed), BOOK_NEWS_MOST);
	assert_int_equal(shed, 3);
	const struct book_draft *draft = book_due(story.book, SECOND(30));
	assert_int_equal(draft->count, BOOK_NEWS_MOST);
	assert_int_equal(draft->news_count, BOOK_NEWS_A_MESSAGE);
	story_end(&story);
}

/* As after an outage; also if somebody ends a news meanwhile. */
static void each_of_many_groups_has_one_message(void **state)
{
	struct story story = story_new("[" RECEIVER(", group_by: [rule]" INTERVALS) "]");
	const char *owners[] = { "" };
	char name[20];
	size_t count = 0;
	(void)state;
	for (int i = 0; i < BOOK_NEWS_MOST; i++) {
		snprintf(name, sizeof name, "a%04d", i);
		const char *rules[] = { name };
		const struct ended ended = {
			.event = NOTICE_FAILED,
			.site = "finance",
			.kind = "workbook",
			.content_id = name,
			.content = name,
			.project = "",
			.reason = "",
			.refresh = 2 + 2 * i,
			.at = SECOND(0),
			.rule_count = 1,
			.rules = rules,
			.owners = owners,
		};
		book_ended(story.book, SECOND(0), &ended);
	}
	for (const struct book_draft *draft; (draft = book_due(story.book, SECOND(30))); count++) {
		assert_int_equal(draft->count, 1);
		assert_string_not_equal(draft->news[0]->content, "a1500");
		if (count == 1000)
			ends(&story, 30, "a1500", true); /* which nobody was told */
	}
	assert_int_equal(count, BOOK_NEWS_MOST - 1);
	story_end(&story);
}

/* ---- the book and the store, over random histories ---- */

struct shelf { /* what the store has */
	char *keys[64], *texts[64];
	size_t count;
};

static void shelve(const char *key, const char *json, void *context)
{
	struct shelf *shelf = context;
	size_t at = 0;
	while (at < shelf->count && !text_is(shelf->keys[at], key))
		at++;
	if (at < shelf->count) {
		free(shelf->keys[at]);
		free(shelf->texts[at]);
		shelf->keys[at] = shelf->keys[--shelf->count];
		shelf->texts[at] = shelf->texts[shelf->count];
	}
	if (!json)
		return;
	assert_true(shelf->count < 64);
	shelf->keys[shelf->count] = mem_copy_text(key);
	shelf->texts[shelf->count++] = mem_copy_text(json);
}

static void restart(struct story *story, const struct shelf *shelf)
{
	book_free(story->book);
	story->book = book_new();
	book_configure(story->book, story->config);
	for (size_t i = 0; i < shelf->count; i++) {
		OWNED(arena) arena = arena_new();
		struct news news;
		assert_true(news_read(shelf->texts[i], &news, arena));
		assert_true(book_restore(story->book, &news));
	}
}

/*
 * Whatever happens, also restarts at any step: what a receiver was told last of a content is, once
 * all intervals have passed, how it is; and nothing is told twice in a row but in a repetition.
 */
static void what_was_told_last_is_how_it_is(void **state)
{
	enum { CONTENTS = 6, STEPS = 400, HISTORIES = 200 };
	(void)state;
	for (unsigned seed = 1; seed <= HISTORIES; seed++) {
		uint64_t random = seed;
		struct story story = story_new("[" RECEIVER(
			", group_wait: 30s, group_interval: 5m, repeat_interval: 0") "]");
		struct shelf shelf = { .count = 0 };
		bool is_bad[CONTENTS] = { false }, was_told[CONTENTS] = { false };
		int64_t now = 0;
		for (int step = 0; step < STEPS; step++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			unsigned drawn = (unsigned)(random >> 33), n = drawn % CONTENTS;
			char name[] = { 'a', (char)('0' + n), '\0' };
			bool is_last = step == STEPS - 1;
			now += is_last ? 10000 : drawn / 7 % 200;
			if (!is_last && drawn % 11 < 7) {
				is_bad[n] = drawn / 11 % 2;
				ends(&story, now, name, !is_bad[n]);
			}
			const struct book_draft *draft;
			while ((draft = book_due(story.book, SECOND(now)))) {
				assert_false(draft->is_repeat);
				for (size_t i = 0; i < draft->news_count; i++) {
					int of = draft->news[i]->content[1] - '0';
					if (draft->is_new[i])
						assert_int_equal(
							was_told[of], draft->news[i]->is_over);
					was_told[of] = !draft->news[i]->is_over;
				}
				delivered(&story, "finance");
			}
			book_changes(story.book, shelve, &shelf);
			if (drawn % 5 == 0)
				restart(&story, &shelf);
		}
		assert_memory_equal(is_bad, was_told, sizeof is_bad);
		for (size_t i = 0; i < shelf.count; i++) {
			free(shelf.keys[i]);
			free(shelf.texts[i]);
		}
		story_end(&story);
	}
}

/* ---- letters ---- */

static char *letter(const char *receiver, struct news news, size_t count)
{
	OWNED(config) config = configured(receiver);
	struct book_draft draft = { .receiver = config_receiver_at(config, 0),
		.group = { "finance", "", "" },
		.count = count,
		.news_count = count > BOOK_NEWS_A_MESSAGE ? BOOK_NEWS_A_MESSAGE : count };
	struct text out = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < draft.news_count; i++) {
		draft.news[i] = &news;
		draft.is_new[i] = i == 0;
	}
	draft.events[NOTICE_FAILED] = count;
	letter_print(&draft, "ntf_1", SECOND(0), &out);
	return text_take(&out);
}

static struct news news_of(const char *content)
{
	return (struct news){ .receiver = "ops",
		.subject = "s",
		.event = NOTICE_FAILED,
		.site = "finance",
		.kind = "workbook",
		.content_id = "l",
		.content = content,
		.project = "Finance/Daily",
		.rule = "nightly",
		.owner = "ann",
		.reason = "it <broke>",
		.refresh = 42,
		.at = SECOND(0) };
}

static void slack_reads_no_markup_of_strangers(void **state)
{
	(void)state;
	OWNED_MEMORY char *body = letter("[{name: s, to: {env: S}, format: slack, on: [failed], "
					 "title: '<https://x.example.com|${summary}> ${nothing', "
					 "text: '${event} ${content} ${reason} ${owner}'}]",
		news_of("<!channel>&\xe2\x80\xae\n*x*"), 2);
	assert_string_equal(body,
		"{\"text\":\"*<https://x.example.com|2 failed> ${nothing*\\n"
		"failed &lt;!channel&gt;&amp;\\\\u202e\\\\x0a*x* it &lt;broke&gt; ann\\n"
		"still failed &lt;!channel&gt;&amp;\\\\u202e\\\\x0a*x* it &lt;broke&gt; ann\"}");
}

static void a_letter_has_a_bound(void **state)
{
	char name[2001];
	(void)state;
	memset(name, '<', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	OWNED_MEMORY char *slack =
		letter("[{name: s, to: {env: S}, format: slack, on: [failed], title: "
		       "'${what}'}]",
			news_of(name), 3000);
	struct error err;
	OWNED_JSON json = json_parse(str_of(slack), &err);
	assert_non_null(json);
	assert_true(strlen(json_text(json, "text")) <= 4000);
	assert_non_null(strstr(json_text(json, "text"), "more"));
	OWNED_MEMORY char *teams = letter(
		"[{name: s, to: {env: S}, format: teams, on: [failed]}]", news_of(name), 3000);
	assert_true(strlen(teams) < 28000);
	assert_non_null(strstr(teams, "more"));
	memset(name, '"', sizeof name - 1); /* which JSON escapes */
	OWNED_MEMORY char *quoted = letter(
		"[{name: s, to: {env: S}, format: teams, on: [failed]}]", news_of(name), 3000);
	assert_true(strlen(quoted) < 28000);
	assert_non_null(strstr(quoted, "more"));
}

static void a_title_says_several_where_its_parts_differ(void **state)
{
	struct story story = story_new("[{name: s, to: \"https://x.example.com/\", secret: {env: "
				       "K}, on: [failed], group_wait: 0, title: '${content} "
				       "${site} ${rule} ${count}'}]");
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	struct error err;
	(void)state;
	ends(&story, 0, "a1", false);
	ends(&story, 0, "a2", false);
	letter_print(book_due(story.book, SECOND(0)), "ntf_1", SECOND(0), &out);
	OWNED_JSON json = json_parse(text_str(&out), &err);
	assert_string_equal(json_text(json, "title"), "several finance nightly 2");
	assert_string_equal(json_text(json_get(json, "group"), "site"), "finance");
	assert_string_equal(json_text(json, "text"), "failed: workbook 'a1' on site finance: why\n"
						     "failed: workbook 'a2' on site finance: why");
	story_end(&story);
}

/* ---- deliveries ---- */

static void pauses_grow_and_heed_what_the_receiver_asks_for(void **state)
{
	int64_t ms = US_PER_MS, s = US_PER_SECOND;
	(void)state;
	assert_int_equal(courier_pause(1, 0, s, 300 * s, 0), 100 * ms);
	assert_int_equal(courier_pause(1, 0, s, 300 * s, (uint64_t)s), s + 100 * ms);
	assert_int_equal(courier_pause(4, 0, s, 300 * s, (uint64_t)(8 * s)), 8 * s + 100 * ms);
	assert_int_equal(
		courier_pause(1000000, 0, s, 300 * s, (uint64_t)(300 * s)), 300 * s + 100 * ms);
	assert_int_equal(courier_pause(1, 60 * s, s, 300 * s, 7), 60 * s);
}

static void count_given_up(struct letter *letter, bool is_delivered, void *context)
{
	int *count = context;
	assert_false(is_delivered);
	letter_free(letter);
	++*count;
}

static void a_letter_whose_receiver_went_is_given_up(void **state)
{
	OWNED(config) config = configured("[" RECEIVER("") "]");
	int given_up = 0;
	struct courier *courier = courier_new(count_given_up, &given_up);
	struct letter *letter = keep_read_letter(
		KEEP_LETTER_KEYS "ntf_1", "{\"receiver\":\"gone\",\"body\":\"{}\"}");
	(void)state;
	assert_string_equal(letter->id, "ntf_1");
	courier_configure(courier, config);
	courier_take(courier, letter); /* it was at the journal meanwhile */
	courier_step(courier, 0, -1);
	assert_int_equal(given_up, 1);
	assert_int_equal(courier_next(courier).us, INT64_MAX);
	courier_free(courier);
}

static void a_reply_is_taken_refused_or_tried_again(void **state)
{
	static const struct {
		int status;
		const char *body, *reason;
		enum posted posted;
	} cases[] = {
		{ 200, "ok", "", POSTED },
		{ 204, "", "", POSTED },
		{ 302, "", "HTTP 302: a redirect is not followed; write the address it leads to",
			POST_AGAIN },
		{ 400, "invalid_payload\n", "HTTP 400: invalid_payload", POST_REFUSED },
		{ 404, "no_service", "HTTP 404: no_service", POST_AGAIN },
		{ 404, "/services/T0/B0/secret", "HTTP 404", POST_AGAIN },
		{ 413, "<html>", "HTTP 413", POST_REFUSED },
		{ 429, "", "HTTP 429", POST_AGAIN },
		{ 500, "", "HTTP 500", POST_AGAIN },
		{ 0, "", "Timeout was reached", POST_AGAIN },
		/* cut off, or without an end */
		{ -200, "", "", POSTED },
		{ -103, "", "Timeout was reached", POST_AGAIN },
		{ -500, "", "HTTP 500", POST_AGAIN },
		{ -413, "", "HTTP 413", POST_REFUSED },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text reason = TEXT(300);
		struct transport_reply reply = { .is_answered = cases[i].status > 0,
			.failure = "https://hooks.example.com/secret timed out",
			.failure_kind = "Timeout was reached",
			.http_status = abs(cases[i].status),
			.body = str_of(cases[i].body) };
		assert_int_equal(post_outcome(&reply, &reason), cases[i].posted);
		assert_string_equal(reason.at, cases[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_news_is_read_as_it_was_kept),
		cmocka_unit_test(a_group_waits_then_tells_what_is_new_then_repeats),
		cmocka_unit_test(what_is_over_before_it_was_told_is_never_told),
		cmocka_unit_test(a_group_has_one_message_at_a_time),
		cmocka_unit_test(groups_and_owners_are_what_the_receiver_says),
		cmocka_unit_test(a_site_is_told_once_and_its_end_only_when_that_is_known),
		cmocka_unit_test(a_clock_that_is_set_back_holds_nothing_up),
		cmocka_unit_test(what_to_do_about_a_failure_is_told_however_long_the_reason_is),
		cmocka_unit_test(what_nobody_tries_any_more_is_forgotten),
		cmocka_unit_test(each_of_many_groups_has_one_message),
		cmocka_unit_test(more_news_than_a_receiver_may_have_are_shed_and_counted),
		cmocka_unit_test(what_was_told_last_is_how_it_is),
		cmocka_unit_test(slack_reads_no_markup_of_strangers),
		cmocka_unit_test(a_letter_has_a_bound),
		cmocka_unit_test(a_title_says_several_where_its_parts_differ),
		cmocka_unit_test(pauses_grow_and_heed_what_the_receiver_asks_for),
		cmocka_unit_test(a_letter_whose_receiver_went_is_given_up),
		cmocka_unit_test(a_reply_is_taken_refused_or_tried_again),
	};
	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
