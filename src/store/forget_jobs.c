#include "store/forget_jobs.h"

#include <stdlib.h>

#include "query/holds.h"
#include "store/job.h"
#include "util/clock.h"
#include "util/mem.h"

/* Of a transaction, so that no webhook waits long for it. */
enum { DROP_AT_ONCE = 250, BYTES_AT_ONCE = 1 << 20 };

struct forget {
	struct store *store;
	struct holds address;
	struct store_job_write changes[2 * DROP_AT_ONCE];
	size_t count, bytes;
	int64_t dropped;
};

static int forget_drop_now(struct forget *f, struct error *err)
{
	struct store_txn txn = {.jobs = f->changes};
	if (f->count == 0)
		return 0;
	for (size_t i = 0; i + 1 < f->count; i++)
		f->changes[i].next = &f->changes[i + 1];
	f->changes[f->count - 1].next = NULL;
	if (store_commit(f->store, &txn) != STORE_OK)
		return error_set(err, "%s", txn.error.text);
	for (size_t i = 0; i < f->count; i++)
		f->dropped += f->changes[i].op == JOB_DROP && f->changes[i].changed;
	f->count = f->bytes = 0;
	return 0;
}

static void forget_add(struct forget *f, enum job_op op, int64_t id)
{
	f->changes[f->count++] = (struct store_job_write){
	    .op = op, .job = {.id = id}, .now_ms = clock_wall_ms()};
}

static int forget_drop_all(
    struct forget *f, struct store_reader *reader, struct error *err)
{
	struct store_job job;
	int rc, dropped = 0;
	struct store_jobs *jobs = store_jobs_open(reader, &(struct store_job_query){0});
	while (dropped == 0 && (rc = store_jobs_next(jobs, &job, err)) == 1) {
		if (!holds_text(&f->address, job.group) &&
		    !holds_text(&f->address, job.unique) &&
		    !holds_text(&f->address, job.payload))
			continue;
		forget_add(f, JOB_CANCEL, job.id);
		forget_add(f, JOB_DROP, job.id);
		f->bytes += job.payload.len + job.errors.len;
		if (f->count == sizeof(f->changes) / sizeof(f->changes[0]) ||
		    f->bytes > BYTES_AT_ONCE)
			dropped = forget_drop_now(f, err);
	}
	store_jobs_close(jobs);
	return dropped < 0 || rc < 0 ? -1 : forget_drop_now(f, err);
}

int forget_jobs(
    struct store *store, struct span address, int64_t *count, struct error *err)
{
	struct store_reader *reader = NULL;
	struct forget *f = mem_new(1, sizeof(*f));
	f->store = store;
	holds_init(&f->address, address);
	int rc = store_reader_new(&reader, store, err);
	if (rc == 0)
		rc = forget_drop_all(f, reader, err);
	store_reader_close(reader);
	*count = f->dropped;
	holds_clear(&f->address);
	free(f);
	return rc;
}
