/* mailbox -- what many threads put, one takes: without a lock, in the order in which it
 * was put. What is put has a struct mail in it; container_of leads back. */
#ifndef OFFHOOK_UTIL_MAILBOX_H
#define OFFHOOK_UTIL_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct mail {
	struct mail *next;
};

/* All zero is an empty one. */
struct mailbox {
	_Atomic(struct mail *) newest;
};

/* Any thread. Whether the box was empty before: then its owner may need to be woken.
 * Sequentially consistent, as is mailbox_empty: an owner that says that it sleeps and
 * then looks whether the box is empty misses nothing that a thread puts before it looks
 * whether the owner sleeps. */
bool mailbox_put(struct mailbox *box, struct mail *mail);
/* Takes all there is, the oldest first, linked by next; NULL: nothing. */
struct mail *mailbox_take(struct mailbox *box);

static inline bool mailbox_empty(struct mailbox *box)
{
	return atomic_load(&box->newest) == NULL;
}

#endif
