/* inbox -- what other threads tell one: notes, embedded in what they are about, taken
 * in the order in which they came. Pushing takes no lock, and wakes the owner only when
 * it sleeps. */
#ifndef OFFHOOK_JOBS_INBOX_H
#define OFFHOOK_JOBS_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

struct note {
	struct note *next;                               /* the inbox's */
	void (*arrived)(void *owner, struct note *note); /* on the owner's thread */
};

struct inbox {
	_Atomic(struct note *) newest; /* a stack */
	atomic_bool sleeping;          /* the owner is in inbox_wait, or about to be */
	atomic_int pushing;            /* threads within inbox_push */
	int bell;                      /* eventfd */
};

int inbox_init(struct inbox *inbox, struct error *err);
/* When nobody pushes any more, or just does for the last time. */
void inbox_clear(struct inbox *inbox);

/* Any thread; never blocks. */
void inbox_push(struct inbox *inbox, struct note *note);
/* Wakes the owner, now or from its next sleep. Any thread; never blocks. */
void inbox_ring(struct inbox *inbox);

/* The owner: calls arrived of all that came, which may free its note. */
void inbox_take(struct inbox *inbox, void *owner);
/* The owner: sleeps until something came or timeout_ms have passed. */
void inbox_wait(struct inbox *inbox, int timeout_ms);

#endif
