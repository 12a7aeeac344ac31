/* mailbox -- many threads put things in, one thread takes them out, in the same order
 * and without a lock. A thing has a struct mail in it; container_of leads back to the
 * thing. */
#ifndef OFFHOOK_UTIL_MAILBOX_H
#define OFFHOOK_UTIL_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct mail {
	struct mail *next;
};

/* All zero: empty. */
struct mailbox {
	_Atomic(struct mail *) newest;
};

/* Any thread. True when the box was empty before: then its owner may need to be woken.
 * Sequentially consistent, like mailbox_empty. So an owner that notes "I sleep" and
 * then finds the box empty misses nothing, if the other thread puts first and then
 * reads that note. */
bool mailbox_put(struct mailbox *box, struct mail *mail);
/* Takes everything, oldest first, linked by next; NULL: it was empty. */
struct mail *mailbox_take(struct mailbox *box);

static inline bool mailbox_empty(struct mailbox *box)
{
	return atomic_load(&box->newest) == NULL;
}

#endif
