/* inbox -- how other threads pass notes to the jobs' thread. A note is embedded in what it
 * is about; notes arrive in the order in which they were pushed. Pushing takes no lock,
 * and wakes the jobs' thread only when it sleeps. */
#ifndef OFFHOOK_JOBS_INBOX_H
#define OFFHOOK_JOBS_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "util/error.h"
#include "util/mailbox.h"

struct jobs;

struct note {
	struct mail mail;
	/* On the jobs' thread; may free the note. */
	void (*arrived)(struct jobs *jobs, struct note *note);
};

struct inbox {
	struct mailbox box;
	atomic_bool sleeping; /* the jobs' thread is in inbox_wait */
	atomic_int pushing;   /* threads within inbox_push */
	int bell;             /* eventfd */
};

int inbox_init(struct inbox *inbox, struct error *err);
/* Waits for threads that are within inbox_push; nobody may call it afterwards. */
void inbox_clear(struct inbox *inbox);

/* Any thread; never blocks. */
void inbox_push(struct inbox *inbox, struct note *note);
/* Wakes the jobs' thread from this sleep or the next. Any thread; never blocks. */
void inbox_ring(struct inbox *inbox);

/* For the jobs' thread: calls arrived for each note. */
void inbox_take(struct inbox *inbox, struct jobs *jobs);
/* For the jobs' thread: sleeps until there is a note or a ring, at most timeout_ms. */
void inbox_wait(struct inbox *inbox, int timeout_ms);

#endif
