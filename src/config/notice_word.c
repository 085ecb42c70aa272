/* config/notice_word.c - the words of `notify`, and the parts of a template. */
#include "config/notice_word.h"

const char *const notice_events[] = { "failed", "expired", "recovered", "pat_expiring",
	"site_left_alone", NULL };
const char *const notice_formats[] = { "json", "slack", "teams", NULL };
const char *const notice_groups[] = { "site", "rule", "owner", NULL };
const char *const notice_fields[] = { "event", "what", "reason", "site", "kind", "content",
	"project", "rule", "owner", "refresh", "at", "summary", "count", "receiver", NULL };

int notice_field_of(struct str name)
{
	for (int i = 0; i < NOTICE_FIELD_COUNT; i++)
		if (str_is(name, notice_fields[i]))
			return i;
	return -1;
}

/* Where `${name}` begins in `view`, or its length. */
static size_t find_field(struct str view, struct str *name)
{
	for (size_t i = 0; i + 1 < view.length; i++) {
		if (view.at[i] != '$' || view.at[i + 1] != '{')
			continue;
		const char *end = memchr(view.at + i, '}', view.length - i);
		if (!end)
			break;
		*name = (struct str){ view.at + i + 2, (size_t)(end - view.at) - i - 2 };
		return i;
	}
	return view.length;
}

bool notice_word_next_part(struct str *rest, struct str *literal, struct str *name)
{
	if (!rest->length)
		return false;
	*name = (struct str){ 0 };
	size_t length = find_field(*rest, name);
	*literal = (struct str){ rest->at, length };
	size_t taken = name->at ? length + name->length + sizeof "${}" - 1 : length;
	*rest = (struct str){ rest->at + taken, rest->length - taken };
	return true;
}
