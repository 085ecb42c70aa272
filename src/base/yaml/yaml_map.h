/*
 * base/yaml/yaml_map.h - the pairs of one YAML map: duplicate keys found, `<<` merges applied. For
 * base/yaml/yaml.c only.
 */
#pragma once
#include "base/yaml/yaml.h"

/*
 * Gives `map` its pairs from `children`: keys and values in turn, 2 * count of them. Pairs written
 * in the map come first, in their order; then merged pairs whose key is not written
 * (yaml.org/type/merge.html: a written key wins, then an earlier map).
 */
void yaml_map_fill(struct yaml_node *map, const struct yaml_node *const *children, size_t count,
	const struct yaml_file *file, struct arena *arena, struct problems *problems);
