/* sqlite_jobs_read -- jobs, as a reader sees them. */
#ifndef OFFHOOK_SQLITE_SQLITE_JOBS_READ_H
#define OFFHOOK_SQLITE_SQLITE_JOBS_READ_H

#include "sqlite/sqlite_reader.h"

/* Functions of struct engine. */
int sqlite_jobs_due(struct engine_reader *reader, struct store_due *due,
    struct store_each_job each, struct error *err);
int sqlite_jobs_find(struct engine_reader *reader, const struct store_job_query *query,
    struct store_each_job each, struct error *err);
int sqlite_jobs_queues(struct engine_reader *reader, bool counted,
    bool (*each)(void *ctx, const struct store_queue *queue), void *ctx,
    struct error *err);

/* ---- between the files that do it ---- */

/* The columns a page takes, from the table through an index ("" for none). A condition
 * follows. */
#define SQLITE_JOB_SELECT(index)                                                       \
	"SELECT job.id, name, state, rank, run_at, created_at, ended_at, tries, grp,"  \
	" uniq, uniq_ms, event_id, payload, errors, progress FROM job " index          \
	" CROSS JOIN job_queue ON job_queue.id = job.queue "

/* Jobs copied out of the database, to be given away when no snapshot is held. */
struct sqlite_job_page {
	struct arena *arena;
	struct store_job *jobs;
	size_t count, room;
	struct running_list running; /* as it was when sqlite_job_page_new was called */
};

struct sqlite_job_page *sqlite_job_page_new(struct engine_reader *reader);
void sqlite_job_page_free(struct sqlite_job_page *page); /* NULL is fine */
/* Forgets the jobs. */
void sqlite_job_page_clear(struct sqlite_job_page *page);
/* The state of the row that stmt is at, whose columns 0, 2 and 7 are as above: running,
 * when it is. */
enum job_state sqlite_job_state(const struct sqlite_job_page *page, sqlite3_stmt *stmt);
/* That row as a job, its texts borrowed until the statement's next step. */
struct store_job sqlite_job_row(const struct sqlite_job_page *page, sqlite3_stmt *stmt);
/* Copies it. */
void sqlite_job_page_take(struct sqlite_job_page *page, sqlite3_stmt *stmt);

/* One snapshot for what follows, until its end. */
int sqlite_snapshot_begin(struct engine_reader *reader, struct error *err);
/* Ends it; returns rc, or -1 with err when rc was none and it cannot. */
int sqlite_snapshot_end(struct engine_reader *reader, int rc, struct error *err);
/* 1 and the queue's number, 0: there is none, -1 with err. */
int sqlite_queue_id(
    struct engine_reader *reader, struct span name, int64_t *id, struct error *err);

#endif
