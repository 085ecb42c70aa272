/* tests/unit/tableau_sample.h - the samples of Tableau's answers. Automake sets srcdir; a test run
 * by hand uses the working folder. */
#pragma once
#include "base/file.h"
#include "base/json.h"
#include "tests/unit/test.h"
#include <stdio.h>

/* The bytes of a sample. The caller clears `text`. */
__attribute__((unused)) static struct str sample(const char *name, struct text *text)
{
	const char *source = getenv("srcdir");
	char path[4096]; /* PATH_MAX; a longer one is not found */
	struct error err = { 0 };
	IGNORE(snprintf(path, sizeof path, "%s/tests/samples/tableau/%s", source ? source : ".",
		       name) < 0);
	*text = TEXT((size_t)1 << 20);
	if (!file_read(path, text, &err))
		fail_msg("%s", err.message);
	return text_str(text);
}

__attribute__((unused)) static cJSON *sample_json(const char *name)
{
	OWNED_TEXT struct text text;
	struct error err = { 0 };
	cJSON *json = json_parse(sample(name, &text), &err);
	if (!json)
		fail_msg("%s: %s", name, err.message);
	return json;
}
