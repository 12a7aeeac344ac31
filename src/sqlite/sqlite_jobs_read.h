/* sqlite_jobs_read -- jobs, as a reader sees them. */
#ifndef OFFHOOK_SQLITE_SQLITE_JOBS_READ_H
#define OFFHOOK_SQLITE_SQLITE_JOBS_READ_H

#include "sqlite/sqlite_reader.h"

/* Functions of struct engine. */
struct store_due_jobs *sqlite_jobs_due(
    struct engine_reader *reader, struct store_due *due);
struct store_jobs *sqlite_jobs_find(
    struct engine_reader *reader, const struct store_job_query *query);
int sqlite_job_get(struct engine_reader *reader, int64_t id, struct arena *arena,
    struct store_job *out, struct error *err);
int sqlite_jobs_queues(struct engine_reader *reader, bool counted, struct arena *arena,
    struct store_queue **out, struct error *err);

/* ---- what these files share ---- */

/* The columns that sqlite_job_row reads, from the table through an index ("" for none).
 * A condition follows. */
#define SQLITE_JOB_SELECT(index)                                                       \
	"SELECT job.id, name, state, rank, run_at, created_at, ended_at, tries, grp,"  \
	" uniq, uniq_ms, event_id, payload, errors, progress FROM job " index          \
	" CROSS JOIN job_queue ON job_queue.id = job.queue "

/* The attempts that run now; the caller frees the list. */
struct running_list *sqlite_job_running(const struct engine_reader *reader);
/* The state of the row that stmt is at, JOB_RUNNING among them. Columns 0, 2 and 7 must
 * be as above. */
enum job_state sqlite_job_state(const struct running_list *running, sqlite3_stmt *stmt);
/* That row as a job; its texts are borrowed until the statement's next step. */
struct store_job sqlite_job_row(const struct running_list *running, sqlite3_stmt *stmt);
/* 1 and the queue's number, 0: there is no such queue, -1 with err. */
int sqlite_queue_id(
    struct engine_reader *reader, struct span name, int64_t *id, struct error *err);

#endif
