/*
 * tests/unit/samples.h - the sample deliveries under tests/samples/dbt. Automake sets srcdir; a
 * test run by hand uses the working folder.
 */
#pragma once
#include "base/file.h"
#include "tests/unit/test.h"
#include <stdio.h>
#include <stdlib.h>

/* The bytes of a sample. The caller clears `text`. */
__attribute__((unused)) static struct str sample_read(const char *name, struct text *text)
{
	const char *source = getenv("srcdir");
	char path[4096]; /* PATH_MAX; a longer one is not found */
	struct error err = { 0 };
	IGNORE(snprintf(path, sizeof path, "%s/tests/samples/dbt/%s", source ? source : ".", name) <
		0);
	*text = TEXT((size_t)1 << 20);
	if (!file_read(path, text, &err))
		fail_msg("%s", err.message);
	return text_str(text);
}
