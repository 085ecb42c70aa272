/*
 * cli/check/finding.h - the documentation of what `check` finds: a page for each code of
 * base/problem/problem.def. The pages are the files of src/cli/check/findings/, put into the
 * program by the build.
 */
#pragma once
#include "base/problem/problem.h"
#include "base/text.h"

enum finding_section {
	FINDING_TEXT,      /* what it means, and why it matters */
	FINDING_EXAMPLE,   /* files that have the finding */
	FINDING_CORRECTED, /* the same without it */
};

struct finding_part { /* borrowed for the call */
	enum finding_section section;
	const char *file; /* of an example: the file's name; NULL: a paragraph */
	/* a paragraph on one line, `literals` in backquotes; or the file's text */
	const char *text;
};
typedef void finding_visit(const struct finding_part *part, void *context);

/* Visits the parts of a code's page, in their order. */
void finding_read(enum problem_code code, finding_visit *visit, void *context);
/* Appends the paragraphs of FINDING_TEXT, with an empty line between. */
void finding_text(enum problem_code code, struct text *out);
