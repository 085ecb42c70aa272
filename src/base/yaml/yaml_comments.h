/*
 * base/yaml/yaml_comments.h - the comments of a YAML file, which its tree does not have.
 */
#pragma once
#include "base/str.h"

struct yaml_comment {
	struct str text;  /* behind '#', up to the end of the line */
	int line, column; /* of the '#', from 1 */
	/* The line that it is about: its own when something else stands there, else the next one on
	 * which something does; 0: there is none. */
	int about;
};
typedef void yaml_comment_visit(const struct yaml_comment *comment, void *context);

#define YAML_COMMENTS_MOST 10000 /* that are visited in one file */

/*
 * Visits the comments that begin with `word` (blanks before it do not count), in their order. A '#'
 * within a text is none: libyaml's scanner says where texts are. Ends where the file is no YAML or
 * is nested too deeply, and after YAML_COMMENTS_MOST of them; the rest is not visited.
 */
void yaml_comments_read(
	struct str source, const char *word, yaml_comment_visit *visit, void *context);
