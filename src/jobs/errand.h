/* errand -- a transaction of the jobs' own: from its submission until the jobs' thread has
 * seen its result. On the jobs' thread only. */
#ifndef OFFHOOK_JOBS_ERRAND_H
#define OFFHOOK_JOBS_ERRAND_H

#include <stdbool.h>

#include "jobs/inbox.h"
#include "store/store.h"

/* Embed it; it must live until done. */
struct errand {
	struct note note;
	struct store_txn txn;
	struct jobs *jobs;
	/* Called when txn has its result; may free the errand. */
	void (*done)(struct jobs *jobs, struct errand *errand);
};

/* Hands txn to the store. When the store is overloaded: false, txn has the error, and done
 * is not called. */
bool errand_submit(struct jobs *jobs, struct errand *errand);
/* Wakes the store's writer for what was submitted. */
void errand_flush(struct jobs *jobs);

#endif
