/* tests/unit/rules_fixture.h - rules from a text, events from JSON, decisions as text. */
#pragma once
#include "rules/decide.h"
#include "tests/unit/test.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char fixture_folder[32]; /* the longer of the two names below */

static inline int fixture_open(void **state)
{
	(void)state;
	json_setup();
	/* In memory where that is possible: one test makes a hundred thousand files. */
	snprintf(fixture_folder, sizeof fixture_folder, "%s/rules_test.XXXXXX",
		access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	return mkdtemp(fixture_folder) ? 0 : -1;
}

static inline int fixture_close(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", fixture_folder);
	return system(command);
}

static inline const char *fixture_path(const char *name)
{
	static char path[512];
	snprintf(path, sizeof path, "%s/%s", fixture_folder, name);
	return path;
}

static inline const char *fixture_write(const char *name, const char *text)
{
	const char *path = fixture_path(name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	return path;
}

static inline struct ruleset *fixture_load(
	const char *text, const struct ruleset_known *known, struct problems *problems)
{
	const char *path = fixture_write("rules.yaml", text);
	return ruleset_load(&path, 1, known, problems);
}

/* Rules that must load. */
static inline struct ruleset *fixture_rules(const char *text)
{
	OWNED(problems) problems = problems_new();
	struct ruleset *rules = fixture_load(text, NULL, problems);
	if (!rules)
		problems_print(problems, stderr, false);
	assert_non_null(rules);
	return rules;
}

static inline const struct event *fixture_event(const char *json, struct arena *arena)
{
	struct error err = { 0 };
	const struct event *event = event_read(str_of(json), arena, &err);
	if (!event)
		fail_msg("%s: %s", json, err.message);
	return event;
}

/* "selections|warnings" as JSON, each list without spaces. */
static inline char *fixture_part(const struct decision *decision, const char *part)
{
	OWNED_JSON json = decision_json(decision);
	return json_print(cJSON_GetObjectItemCaseSensitive(json, part));
}

/* Names of the matched rules, with a space between. */
static inline void fixture_matched(const struct decision *decision, struct text *out)
{
	for (size_t i = 0; i < decision->match_count; i++)
		text_printf(out, "%s%s", i ? " " : "", decision->matches[i].rule);
}
