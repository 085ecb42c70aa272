/* Any bytes as a YAML file with comments: what a comment says can be changed without any change of
 * the tree, so no text is taken for one. */
#include "base/problem/problem_fix.h"
#include "base/yaml/yaml.h"
#include "base/yaml/yaml_comments.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct rewriting {
	char *copy; /* of the source */
	struct str source;
	size_t count;
};

static void rewrite(const struct yaml_comment *comment, void *context)
{
	struct rewriting *rewriting = context;
	size_t offset = (size_t)(comment->text.at - rewriting->source.at);
	assert(offset && offset + comment->text.length <= rewriting->source.length);
	assert(rewriting->source.at[offset - 1] == '#');
	assert(comment->line >= 1 && comment->column >= 1);
	assert(!comment->about || comment->about >= comment->line);
	for (size_t i = 0; i < comment->text.length; i++)
		if (!((unsigned char)rewriting->copy[offset + i] & 0x80))
			rewriting->copy[offset + i] = 'x';
	rewriting->count++;
}

static int compared_left; /* nodes of one input; aliases may repeat a node a million times */

static void compare(const struct yaml_node *a, const struct yaml_node *b)
{
	size_t items = a->type == YAML_MAP ? 2 * a->count : a->count;
	assert(a->type == b->type && a->count == b->count && str_equal(a->text, b->text));
	assert(a->place.line == b->place.line && a->place.column == b->place.column);
	for (size_t i = 0; a->type != YAML_SCALAR && i < items && compared_left; i++) {
		compared_left--;
		compare(a->items[i], b->items[i]);
	}
}

/* Suppressions of nothing can be removed; what is left is still a file. */
static void fix(const struct yaml_file *file, const struct problems *problems, struct arena *arena)
{
	size_t count = 0, all = problems_count(problems);
	const struct problem_fix **fixes = arena_array(arena, const struct problem_fix *, all + 1);
	bool *made = arena_array(arena, bool, all + 1);
	for (size_t i = 0; i < all; i++)
		if (problems_at(problems, i)->fix)
			fixes[count++] = problems_at(problems, i)->fix;
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	size_t done = problem_fix_apply(file->source, fixes, count, made, &out);
	assert(done <= count && out.length <= file->source.length);
	OWNED(problems) again = problems_new();
	assert(yaml_parse("fixed.yaml", text_str(&out), arena, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	OWNED(arena) arena = arena_new();
	OWNED(problems) problems = problems_new();
	problems_set_today(problems, "2026-11-27");
	struct str view = { (const char *)bytes, length };
	const struct yaml_file *file = yaml_parse("fuzz.yaml", view, arena, problems);
	problems_finish(problems, true);
	if (!file)
		return 0;
	fix(file, problems, arena);
	struct rewriting rewriting = { .copy = arena_str(arena, file->source),
		.source = file->source };
	yaml_comments_read(file->source, "", rewrite, &rewriting);
	if (rewriting.count == YAML_COMMENTS_MOST)
		return 0;
	struct str rewritten = { rewriting.copy, file->source.length };
	const struct yaml_file *same = yaml_parse("again.yaml", rewritten, arena, problems);
	compared_left = 10000;
	assert(same);
	compare(file->root, same->root);
	return 0;
}
