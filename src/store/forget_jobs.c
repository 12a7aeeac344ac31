#include "store/forget_jobs.h"

#include <stdlib.h>

#include "query/holds.h"
#include "store/job.h"
#include "util/clock.h"
#include "util/mem.h"

enum { DROP_AT_ONCE = 250 };

struct forget {
	struct store *store;
	struct holds address;
	struct store_job_write changes[2 * DROP_AT_ONCE];
	size_t count;
	int64_t dropped;
	struct error *err;
	int rc;
};

static void drop_now(struct forget *f)
{
	struct store_txn txn = {.jobs = f->changes};
	if (f->count == 0 || f->rc < 0)
		return;
	for (size_t i = 0; i + 1 < f->count; i++)
		f->changes[i].next = &f->changes[i + 1];
	f->changes[f->count - 1].next = NULL;
	if (store_commit(f->store, &txn) != STORE_OK)
		f->rc = error_set(f->err, "%s", txn.error.text);
	for (size_t i = 0; i < f->count && f->rc == 0; i++)
		f->dropped += f->changes[i].op == JOB_DROP && f->changes[i].changed;
	f->count = 0;
}

static void add(struct forget *f, enum job_op op, int64_t id)
{
	f->changes[f->count++] = (struct store_job_write){
	    .op = op, .job = {.id = id}, .now_ms = clock_wall_ms()};
}

static bool each_job(void *ctx, const struct store_job *job)
{
	struct forget *f = ctx;
	if (!span_eq(job->group, f->address.value) &&
	    !span_eq(job->unique, f->address.value) &&
	    !holds_text(&f->address, job->payload))
		return true;
	add(f, JOB_CANCEL, job->id);
	add(f, JOB_DROP, job->id);
	if (f->count == sizeof(f->changes) / sizeof(f->changes[0]))
		drop_now(f);
	return f->rc == 0;
}

int forget_jobs(
    struct store *store, struct span address, int64_t *count, struct error *err)
{
	struct store_reader *reader = NULL;
	struct store_job_query all = {0};
	struct forget *f = mem_new(1, sizeof(*f));
	f->store = store;
	f->err = err;
	holds_init(&f->address, address);
	f->rc = store_reader_new(&reader, store, err);
	if (f->rc == 0 &&
	    store_jobs(reader, &all, (struct store_each_job){each_job, f}, err) < 0)
		f->rc = -1;
	drop_now(f);
	store_reader_close(reader);
	*count = f->dropped;
	int rc = f->rc;
	holds_clear(&f->address);
	free(f);
	return rc;
}
