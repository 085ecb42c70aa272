/*
 * base/mailbox.h - where threads meet: a bounded queue of owned messages.
 *
 * Any thread sends; one thread receives. A message is a pointer that the mailbox owns while it
 * waits. The receiver either blocks in mailbox_wait() or polls mailbox_fd() beside its other
 * descriptors and then drains with mailbox_take_all().
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include <stdbool.h>
#include <stddef.h>

struct mailbox;

/* Every message begins with this, so that a batch is a list without further allocation. */
struct message {
	struct message *next;
};

/* ERROR_SYSTEM: no descriptor is left. */
struct mailbox *mailbox_new(
	size_t most, void (*free_message)(struct message *), struct error *err) MUST_USE;
void mailbox_free(struct mailbox *mailbox); /* frees the messages that still wait */
OWNED_DEFINE(mailbox)

/* Takes the message and returns true; false when `most` messages wait already or the box is closed:
 * then the caller still owns it. */
bool mailbox_send(struct mailbox *mailbox, struct message *message) MUST_USE;
/* As mailbox_send(), but past the bound: for answers whose number is bounded by the requests that
 * they answer. False when closed. */
bool mailbox_send_answer(struct mailbox *mailbox, struct message *message) MUST_USE;

/* Takes all waiting messages, oldest first, which the caller then owns; NULL when there are
 * none. */
struct message *mailbox_take_all(struct mailbox *mailbox);
/* The same, but blocks until there is one; NULL once the mailbox is closed and empty. */
struct message *mailbox_wait(struct mailbox *mailbox);

/* readable (eventfd) while messages wait; do not read it */
int mailbox_fd(const struct mailbox *mailbox);
size_t mailbox_count(struct mailbox *mailbox);
void mailbox_close(struct mailbox *mailbox); /* no more sends; wakes the receiver */
