/*
 * sandbox/body.h - the body of a request, JSON or XML, as one tree.
 *
 * The type must match the body: without a Content-Type of JSON it is read as XML
 * (src/tableau/README.md, JSON, Refreshing). XML is converted by the "rule XML to JSON" of
 * tests/samples/tableau/README.md: the root vanishes, attributes become string members, elements
 * become members. Pure.
 */
#pragma once
#include "base/json.h"

/* NULL: empty or malformed. The caller owns the tree. */
cJSON *body_parse(struct str body, const char *content_type);
