/*
 * content/command.c - the table of a command's members: where each is stored and shown.
 */
#include "content/command.h"

/* clang-format off */
const struct member command_members[] = {
	MEMBER_TIME(command_row, at, .column = "at", .key = "at", .required = true, .help = "When the person asked"),
	MEMBER_TEXT(command_row, who, .column = "who", .key = "by", .required = true, .help = "Who asked"),
	MEMBER_TEXT(command_row, verb, .column = "verb", .key = "command", .required = true, .help = "cancel, retry or replay"),
	MEMBER_COUNT(command_row, subject, .column = "subject"),
	MEMBER_TEXT(command_row, site, .column = "site"),
	MEMBER_COUNT(command_row, result, .column = "result", .key = "result", .help = "The event or refresh that it led to"),
	{ 0 },
};
/* clang-format on */
