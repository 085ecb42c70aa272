/* notify/status.c - the members of a receiver's status. */
#include "notify/status.h"

/* clang-format off */
const struct member receiver_members[] = {
	MEMBER_TEXT(receiver_status, name, .key = "name", .required = true, .help = "Name of the receiver"),
	MEMBER_TEXT(receiver_status, format, .key = "format", .required = true, .help = "json, slack or teams"),
	MEMBER_COUNT(receiver_status, active, .key = "active", .always = true,
		.help = "What is wrong now, or has ended and was not told yet"),
	MEMBER_COUNT(receiver_status, waiting, .key = "waiting", .always = true, .help = "Messages that wait for their delivery"),
	MEMBER_COUNT(receiver_status, delivered, .key = "delivered", .always = true, .help = "Messages delivered since the start"),
	MEMBER_COUNT(receiver_status, failed, .key = "failed", .always = true, .help = "Deliveries that failed since the start"),
	MEMBER_COUNT(receiver_status, given_up, .key = "given_up", .always = true, .help = "Messages given up since the start"),
	MEMBER_COUNT(receiver_status, shed, .key = "shed", .help = "Things that were not taken because too much is wrong already"),
	MEMBER_TIME(receiver_status, delivered_at, .key = "delivered_at", .help = "When a message was delivered last"),
	MEMBER_TIME(receiver_status, failed_at, .key = "failed_at", .help = "When a delivery failed last"),
	MEMBER_TEXT(receiver_status, failure, .key = "failure", .help = "Why it failed"),
	MEMBER_TIME(receiver_status, next_try_at, .key = "next_try_at", .help = "When a delivery that failed is tried again"),
	{ 0 },
};
/* clang-format on */

static void notify_status_destroy(struct notify_status *status)
{
	arena_free(status->arena);
	free(status);
}

SHARED_DEFINE(notify_status, notify_status_destroy)

struct notify_status *notify_status_new(void)
{
	struct notify_status *status = mem_new(struct notify_status);
	SHARED_INIT(notify_status, status);
	status->arena = arena_new();
	return status;
}
