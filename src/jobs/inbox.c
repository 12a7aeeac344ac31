#include "jobs/inbox.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int inbox_init(struct inbox *inbox, struct error *err)
{
	atomic_init(&inbox->newest, NULL);
	atomic_init(&inbox->sleeping, false);
	atomic_init(&inbox->pushing, 0);
	inbox->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (inbox->bell < 0)
		return error_set(err, "cannot make an eventfd: %s", strerror(errno));
	return 0;
}

void inbox_clear(struct inbox *inbox)
{
	while (atomic_load(&inbox->pushing) > 0)
		(void)sched_yield();
	(void)close(inbox->bell);
}

/* The order of stores and loads here and in inbox_wait (all sequentially consistent)
 * leaves no gap: either the owner sees what was pushed, or we see that it sleeps. */
void inbox_push(struct inbox *inbox, struct note *note)
{
	atomic_fetch_add(&inbox->pushing, 1);
	note->next = atomic_load_explicit(&inbox->newest, memory_order_relaxed);
	while (!atomic_compare_exchange_weak(&inbox->newest, &note->next, note))
		;
	if (atomic_exchange(&inbox->sleeping, false))
		inbox_ring(inbox);
	atomic_fetch_sub(&inbox->pushing, 1);
}

void inbox_ring(struct inbox *inbox)
{
	uint64_t one = 1;
	(void)!write(inbox->bell, &one, sizeof(one));
}

void inbox_take(struct inbox *inbox, void *owner)
{
	struct note *newest = atomic_exchange(&inbox->newest, NULL);
	struct note *oldest = NULL;
	while (newest != NULL) {
		struct note *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest != NULL) {
		struct note *note = oldest;
		oldest = note->next;
		note->arrived(owner, note);
	}
}

void inbox_wait(struct inbox *inbox, int timeout_ms)
{
	uint64_t rings;
	atomic_store(&inbox->sleeping, true);
	if (atomic_load(&inbox->newest) == NULL) {
		struct pollfd bell = {.fd = inbox->bell, .events = POLLIN};
		(void)poll(&bell, 1, timeout_ms);
	}
	atomic_store(&inbox->sleeping, false);
	(void)!read(inbox->bell, &rings, sizeof(rings));
}
