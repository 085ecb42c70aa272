/* Paths of nested projects. */
#include "tableau/item.h"
#include "tableau/job.h"
#include "tableau/project.h"
#include "tests/unit/tableau_sample.h"

struct tree {
	struct item items[100];
	size_t count;
};

static void read_tree(const cJSON *json, struct tree *tree, struct arena *arena)
{
	tree->count = 0;
	for (const cJSON *row = items_of(json, "projects", "project"); row; row = items_next(row))
		tree->count += item_parse(row, &tree->items[tree->count], arena);
	tree->count = items_drop_doubles(tree->items, tree->count);
	projects_set_paths(tree->items, tree->count, arena);
}

static const char *path_of(
	const struct tree *tree, const char *id, const char *name, struct arena *arena)
{
	struct item item = { .project_id = id, .project_name = name };
	return project_find_place(tree->items, tree->count, &item, arena).path;
}

static void projects_of_one_name_are_told_apart_by_their_parents(void **state)
{
	struct tree tree;
	OWNED(arena) arena = arena_new();
	OWNED_JSON json = sample_json("projects.json");
	size_t found = 0;
	(void)state;
	read_tree(json, &tree, arena);
	assert_int_equal(tree.count, 6);
	assert_string_equal(path_of(&tree, "1d573d09-6ffc-401a-90d6-c424a7e95989", "Daily", arena),
		"Finance/Daily");
	assert_string_equal(
		path_of(&tree, "154b7a42-20b5-4d23-8a24-54dfbc579609", "Archive", arena),
		"Finance/Archive");
	assert_string_equal(
		path_of(&tree, "3ba58780-8f4c-45fd-a194-7346e37d787b", "default", arena),
		"default");
	for (size_t i = 0; i < tree.count; i++)
		found += !strcmp(tree.items[i].path, "Marketing/Daily");
	assert_int_equal(found, 1);
	/* A Personal Space, and a project that the list does not show. */
	assert_string_equal(path_of(&tree, "", "", arena), "");
	assert_string_equal(path_of(&tree, "9", "Hidden/Place", arena), ".../Hidden\\/Place");
}

static void chains_that_end_nowhere_or_in_themselves(void **state)
{
	static const char text[] =
		"{\"projects\":{\"project\":["
		"{\"id\":\"1\",\"name\":\"Orphan\",\"parentProjectId\":\"gone\"},"
		"{\"id\":\"2\",\"name\":\"Child\",\"parentProjectId\":\"1\"},"
		"{\"id\":\"3\",\"name\":\"Self\",\"parentProjectId\":\"3\"},"
		"{\"id\":\"4\",\"name\":\"A\",\"parentProjectId\":\"5\"},"
		"{\"id\":\"5\",\"name\":\"B\",\"parentProjectId\":\"4\"},"
		"{\"id\":\"6\",\"name\":\"In/Out\"},"
		"{\"id\":\"7\",\"name\":\"Deep\",\"parentProjectId\":\"6\"},"
		"{\"id\":\"7\",\"name\":\"Deep\",\"parentProjectId\":\"6\"},"
		"{\"name\":\"no id\"}]}}";
	static const struct {
		const char *id, *path;
	} cases[] = {
		{ "1", ".../Orphan" },
		{ "2", ".../Orphan/Child" },
		{ "3", ".../Self" },
		{ "4", ".../A" },
		{ "5", ".../B" },
		{ "6", "In\\/Out" },
		{ "7", "In\\/Out/Deep" },
	};
	struct tree tree;
	struct error err;
	OWNED(arena) arena = arena_new();
	OWNED_JSON json = json_parse(str_of(text), &err);
	(void)state;
	read_tree(json, &tree, arena);
	assert_int_equal(tree.count, 7);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(path_of(&tree, cases[i].id, "", arena), cases[i].path);
}

static bool is_place(const char *path, const char *wanted)
{
	return project_is(&(struct project_place){ path, false }, wanted);
}

static bool may_be(const char *path, const char *wanted)
{
	struct project_place place = { path, true };
	assert_false(project_is(&place, wanted)); /* unknown is never equal */
	return project_may_be(&place, wanted);
}

static void a_path_is_written_with_or_without_a_slash_in_front(void **state)
{
	(void)state;
	assert_true(is_place("Finance/Daily", "Finance/Daily"));
	assert_true(is_place("Finance/Daily", "/Finance/Daily"));
	assert_false(is_place("Finance/Daily", "Daily"));
	assert_false(is_place("Finance/Daily", "finance/daily"));
	assert_false(is_place("Finance\\/Daily", "Finance/Daily"));
	assert_true(is_place("Finance\\/Daily", "Finance\\/Daily"));
}

static void a_hidden_parent_is_unknown_and_never_the_root(void **state)
{
	(void)state;
	assert_true(may_be(".../Daily", "Daily"));
	assert_true(may_be(".../Daily", "/Daily"));
	assert_true(may_be(".../Daily", "Finance/Daily"));
	assert_true(may_be(".../EMEA/Daily", "Finance/EMEA/Daily"));
	assert_false(may_be(".../EMEA/Daily", "Daily"));
	assert_false(may_be(".../Daily", "Finance"));
	assert_false(may_be(".../Daily", "NotDaily"));
	assert_false(may_be(".../Daily", "Finance\\/Daily"));
	assert_true(may_be(".../Finance\\/Daily", "X/Finance\\/Daily"));
	struct project_place seen = { "Finance/Daily", false };
	assert_false(project_may_be(&seen, "Finance/Daily"));
}

int main(void)
{
	json_setup();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(projects_of_one_name_are_told_apart_by_their_parents),
		cmocka_unit_test(chains_that_end_nowhere_or_in_themselves),
		cmocka_unit_test(a_path_is_written_with_or_without_a_slash_in_front),
		cmocka_unit_test(a_hidden_parent_is_unknown_and_never_the_root),
	};
	return cmocka_run_group_tests_name("tableau project", tests, NULL, NULL);
}
