#include "jobs/errand.h"

#include "jobs/jobs_internal.h"
#include "util/container.h"

static void errand_arrived(struct jobs *jobs, struct note *note)
{
	struct errand *errand = container_of(note, struct errand, note);
	jobs->errands--;
	errand->done(jobs, errand);
}

/* On the store's writer thread. */
static void errand_committed(struct store_txn *txn)
{
	struct errand *errand = container_of(txn, struct errand, txn);
	errand->note.arrived = errand_arrived;
	inbox_push(&errand->jobs->inbox, &errand->note);
}

bool errand_submit(struct jobs *jobs, struct errand *errand)
{
	errand->jobs = jobs;
	errand->txn.done = errand_committed;
	if (!store_submit(jobs->store, &errand->txn)) {
		errand->txn.result = STORE_FAILED;
		(void)error_set(&errand->txn.error, "the store is overloaded");
		return false;
	}
	jobs->errands++;
	jobs->unflushed = true;
	return true;
}

void errand_flush(struct jobs *jobs)
{
	if (jobs->unflushed)
		store_flush(jobs->store);
	jobs->unflushed = false;
}
