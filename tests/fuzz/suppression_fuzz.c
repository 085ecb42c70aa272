/* Any bytes as a YAML file with comments: what a comment says can be changed without any change of
 * the tree, so no text is taken for one. */
#include "base/yaml.h"
#include "base/yaml_comments.h"
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
