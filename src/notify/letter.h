/*
 * notify/letter.h - the body of a message in its receiver's format. Pure.
 *
 * Names and reasons are strangers' texts. In titles and lines their hidden characters are escapes
 * (base/visible.h), and they are cut; for Slack, `&`, `<` and `>` are entities, so that no name
 * mentions a channel or makes a link; a card for Teams has text without markup.
 */
#pragma once
#include "notify/book.h"

/* Bytes of the texts of a message: Slack asks for at most 4,000 characters, a card for Teams has at
 * most 28 KB with everything around it. */
#define LETTER_SLACK_BYTES 3800
#define LETTER_TEXT_BYTES 16000
#define LETTER_CARD_BYTES 27000

/* `id` is the same for each delivery of the message, so that a receiver can tell repeats. */
void letter_print(
	const struct book_draft *draft, const char *id, struct wall now, struct text *out);
/* The members of a message of format json, for its schema. */
extern const struct member letter_members[];
