/* notify/try.c - one message for a person who wants to know whether a receiver takes any. */
#include "notify/letter.h"
#include "notify/notify.h"
#include "notify/post.h"

struct
try {
	bool is_done;
	enum posted posted;
	struct text reason;
};

static void replied(const struct transport_reply *reply, void *context)
{
	struct try *try = context;
	try->posted = post_outcome(reply, &try->reason);
	try->is_done = true;
}

bool notify_try(const struct config_receiver *receiver, struct error *err)
{
	struct wall now = clock_wall();
	struct try try = { .reason = TEXT(300) };
	OWNED_TEXT struct text body = TEXT(TEXT_UNBOUNDED);
	OWNED_MEMORY char *id = mem_printf("ntf_test_%lld", (long long)now.us);
	const struct news news = {
		.receiver = receiver->name,
		.event = NOTICE_FAILED,
		.site = "test",
		.kind = "workbook",
		.content_id = "",
		.content = "Test",
		.project = "",
		.rule = "",
		.owner = "",
		.reason = "this is a test of the receiver; nothing has failed",
		.at = now,
	};
	const struct book_draft draft = {
		.receiver = receiver,
		.group = { "", "", "" },
		.is_test = true,
		.count = 1,
		.news = { &news },
		.is_new = { true },
		.news_count = 1,
		.events = { [NOTICE_FAILED] = 1 },
	};
	letter_print(&draft, id, now, &body);
	struct transport *transport = transport_new();
	bool is_sent = post_send(transport, receiver, id, body.at, replied, &try, err);
	while (is_sent && !try.is_done)
		transport_step(transport, 1000, -1);
	transport_free(transport);
	bool is_good = is_sent && try.posted == POSTED;
	if (is_sent && !is_good)
		IGNORE(error_fail(err, ERROR_TRANSIENT, "%s", try.reason.at)); /* false */
	text_clear(&try.reason);
	return is_good;
}
