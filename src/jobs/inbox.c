#include "jobs/inbox.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/container.h"

int inbox_init(struct inbox *inbox, struct error *err)
{
	*inbox = (struct inbox){.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
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

void inbox_push(struct inbox *inbox, struct note *note)
{
	atomic_fetch_add(&inbox->pushing, 1);
	(void)mailbox_put(&inbox->box, &note->mail);
	if (atomic_exchange(&inbox->sleeping, false))
		inbox_ring(inbox);
	atomic_fetch_sub(&inbox->pushing, 1);
}

void inbox_ring(struct inbox *inbox)
{
	uint64_t one = 1;
	(void)!write(inbox->bell, &one, sizeof(one));
}

void inbox_take(struct inbox *inbox, struct jobs *jobs)
{
	struct mail *mail = mailbox_take(&inbox->box);
	while (mail != NULL) {
		struct note *note = container_of(mail, struct note, mail);
		mail = mail->next;
		note->arrived(jobs, note);
	}
}

void inbox_wait(struct inbox *inbox, int timeout_ms)
{
	uint64_t rings;
	atomic_store(&inbox->sleeping, true);
	if (mailbox_empty(&inbox->box)) {
		struct pollfd bell = {.fd = inbox->bell, .events = POLLIN};
		(void)poll(&bell, 1, timeout_ms);
	}
	atomic_store(&inbox->sleeping, false);
	(void)!read(inbox->bell, &rings, sizeof(rings));
}
