/*
 * sandbox/body.h - what a request says, in JSON or in XML, as one tree.
 *
 * The type must match the body: without a Content-Type of JSON it is read as
 * XML (src/tableau/README.md, JSON, Refreshing). XML becomes what tests/samples/tableau/README.md
 * calls "rule XML to JSON": the root vanishes, attributes become string members, elements become
 * members. Pure.
 */
#pragma once
#include "base/json.h"

/* NULL: empty, or malformed. The caller owns the tree. */
cJSON *body_parse(struct str body, const char *content_type);
