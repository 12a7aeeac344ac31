#include "util/mailbox.h"

bool mailbox_put(struct mailbox *box, struct mail *mail)
{
	struct mail *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);
	do {
		mail->next = newest;
	} while (!atomic_compare_exchange_weak(&box->newest, &newest, mail));
	return newest == NULL;
}

struct mail *mailbox_take(struct mailbox *box)
{
	struct mail *newest = atomic_exchange(&box->newest, NULL);
	struct mail *oldest = NULL;
	while (newest != NULL) {
		struct mail *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}
