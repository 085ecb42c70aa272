/* cli/offer.c - finds files, sites, rules and tests to offer. */
#include "cli/offer.h"
#include "base/visible.h"
#include "cli/test/test_paths.h"
#include "content/refresh.h"
#include "event/event.h"
#include "rules/suite/suite.h"
#include <ctype.h>
#include <string.h>

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 127;
}

static bool has_control(const char *word)
{
	for (; *word; word++)
		if (is_control(*word))
			return true;
	return false;
}

/* A sentence on one line, safe for a terminal. */
static const char *one_line(struct arena *arena, const char *help)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	char *line = arena_text(arena, help);
	for (char *at = line; *at; at++)
		*at = is_control(*at) ? ' ' : *at;
	visible_add(&out, str_of(line));
	return arena_text(arena, out.at);
}

void offer_add(struct offer *offer, const char *word, const char *help)
{
	if (has_control(word))
		return;
	if (offer->count == offer->capacity) {
		size_t capacity = offer->capacity ? offer->capacity * 2 : 16;
		struct offer_word *words = arena_array(offer->arena, struct offer_word, capacity);
		if (offer->count)
			memcpy(words, offer->words, sizeof *words * offer->count);
		offer->words = words;
		offer->capacity = capacity;
	}
	offer->words[offer->count++] = (struct offer_word){ arena_text(offer->arena, word),
		one_line(offer->arena, help ? help : "") };
}

/* ---- of the configuration ---- */

/* NULL: there is none, or it is not valid. */
static struct config *load_config(const struct command_line *line)
{
	OWNED(problems) problems = problems_new();
	const char *path = config_find(command_line_value(line, "config"));
	return path ? config_load(path, problems) : NULL;
}

static void add_sites(struct offer *offer, const struct command_line *line)
{
	OWNED(config) config = load_config(line);
	for (size_t i = 0; config && i < config_site_count(config); i++)
		offer_add(
			offer, config_site_at(config, i)->name, config_site_at(config, i)->server);
}

static void add_sources(struct offer *offer, const struct command_line *line)
{
	OWNED(config) config = load_config(line);
	for (size_t i = 0; config && i < config_source_count(config); i++)
		offer_add(offer, config_source_at(config, i)->name, NULL);
}

static void add_receivers(struct offer *offer, const struct command_line *line)
{
	OWNED(config) config = load_config(line);
	for (size_t i = 0; config && i < config_receiver_count(config); i++)
		offer_add(offer, config_receiver_at(config, i)->name,
			notice_formats[config_receiver_at(config, i)->format]);
}

/* ---- of the rules ---- */

static struct ruleset *load_rules(const struct test_paths *paths, struct problems *problems)
{
	struct ruleset_known known = { 0 };
	return ruleset_load(paths->rules, paths->rule_count, &known, problems);
}

static void add_rules(struct offer *offer, const struct command_line *line)
{
	OWNED(problems) problems = problems_new();
	OWNED(config) config = NULL;
	struct test_paths paths;
	if (!test_paths_find(line, &config, problems, offer->arena, &paths))
		return;
	OWNED(ruleset) ruleset = load_rules(&paths, problems);
	for (size_t i = 0; ruleset && i < ruleset_rule_count(ruleset); i++) {
		struct rule_info rule = ruleset_rule(ruleset, i);
		offer_add(offer, rule.name, rule.description);
	}
}

/* A pattern that finds this text; so even a line break can be typed. */
static const char *pattern_for(const char *text, struct arena *arena)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	for (const char *at = text; *at; at++) {
		if (is_control(*at)) {
			text_printf(&out, "\\x%02x", (unsigned char)*at);
			continue;
		}
		if (strchr("\\^$.[]|()?*+{}", *at))
			text_add_char(&out, '\\');
		text_add_char(&out, *at);
	}
	return arena_text(arena, out.at);
}

static void add_tests(struct offer *offer, const struct command_line *line)
{
	OWNED(problems) problems = problems_new();
	OWNED(config) config = NULL;
	struct test_paths paths;
	if (!test_paths_find(line, &config, problems, offer->arena, &paths))
		return;
	OWNED(ruleset) ruleset = load_rules(&paths, problems);
	OWNED(suite)
	suite = ruleset ? suite_load(paths.tests, paths.test_count, ruleset, problems) : NULL;
	for (size_t i = 0; suite && i < suite_test_count(suite); i++)
		offer_add(offer, pattern_for(suite_test_at(suite, i).name, offer->arena), NULL);
}

/* ---- of the program ---- */

static void add_states(struct offer *offer, const struct command_line *line)
{
	(void)line;
	for (int i = REFRESH_WAITING; i <= REFRESH_EXPIRED; i++)
		offer_add(offer, refresh_state_name((enum refresh_state)i), NULL);
}

static void add_codes(struct offer *offer, const struct command_line *line)
{
	(void)line;
	for (int i = 0; i < PROBLEM_CODE_COUNT; i++)
		offer_add(offer, problem_code_name((enum problem_code)i),
			problem_code_help((enum problem_code)i));
}

static void add_fields(struct offer *offer, const struct command_line *line)
{
	(void)line;
	for (int i = 0; i < EVENT_FIELD_COUNT; i++) {
		const struct event_field_info *info = event_field_describe((enum event_field)i);
		offer_add(offer, info->name, info->help);
	}
}

/* ---- by their names ---- */

static const struct {
	const char *name;
	enum offer_kind kind;
	void (*add)(struct offer *offer, const struct command_line *line);
} placeholders[] = {
	{ "FILE", OFFER_FILES, NULL },
	{ "PATH", OFFER_FILES, NULL },
	{ "EVENT", OFFER_FILES, NULL },
	{ "OLD", OFFER_FILES, NULL },
	{ "NEW", OFFER_FILES, NULL },
	{ "FROM", OFFER_FILES, NULL },
	{ "TO", OFFER_FILES, NULL },
	{ "DIR", OFFER_FOLDERS, NULL },
	{ "SITE", OFFER_WORDS, add_sites },
	{ "SOURCE", OFFER_WORDS, add_sources },
	{ "RECEIVER", OFFER_WORDS, add_receivers },
	{ "RULE", OFFER_WORDS, add_rules },
	{ "PATTERN", OFFER_WORDS, add_tests },
	{ "STATE", OFFER_WORDS, add_states },
	{ "CODE", OFFER_WORDS, add_codes },
	{ "FIELD", OFFER_WORDS, add_fields },
};

static void add_alternative(struct offer *offer, const char *name, const struct command_line *line)
{
	if (islower((unsigned char)*name))
		offer_add(offer, name, NULL);
	for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++) {
		if (strcmp(placeholders[i].name, name))
			continue;
		offer->kind = placeholders[i].kind;
		if (placeholders[i].add)
			placeholders[i].add(offer, line);
	}
}

void offer_placeholder(
	struct offer *offer, const char *placeholder, const struct command_line *line)
{
	for (const char *at = placeholder; *at;) {
		size_t length = strcspn(at, "|");
		add_alternative(offer, arena_str(offer->arena, (struct str){ at, length }), line);
		at += length + (at[length] == '|');
	}
}
