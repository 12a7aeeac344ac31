/* sqlite_jobs -- jobs, as the writer changes them: a row is inserted when the job is
 * enqueued and updated when it ends. Of the open jobs of a group exactly one is waiting
 * (or runs), the others are blocked; ending that one makes the first of the others
 * waiting. */
#ifndef OFFHOOK_SQLITE_SQLITE_JOBS_H
#define OFFHOOK_SQLITE_SQLITE_JOBS_H

#include <sqlite3.h>

#include "store/store.h"

struct sqlite_writer;
struct engine_db;

/* The states as the table has them, without JOB_RUNNING. SQLite uses a partial index only
 * in a query that repeats its condition. */
#define SQLITE_JOB_OPEN    "state <= 1"
#define SQLITE_JOB_WAITING "state = 0"
#define SQLITE_JOB_ENDED   "state >= 3"

/* SQL that makes the tables; for the schema. */
extern const char *const sqlite_jobs_schema;

enum { SQLITE_JOBS_STMTS = 14 };

struct sqlite_queue;

/* The writer's, part of it. */
struct sqlite_jobs {
	sqlite3_stmt *stmts[SQLITE_JOBS_STMTS];
	struct sqlite_queue *queues; /* those seen so far; transactions point to their
					names, so they live until the end */
	int64_t next_id;
	bool dropped; /* the open transaction dropped jobs, perhaps the last one */
};

/* Prepares what is needed. */
int sqlite_jobs_start(struct sqlite_writer *w, struct error *err);
void sqlite_jobs_stop(struct sqlite_writer *w);

/* One change, in a transaction of the writer: 1, 0 when the attempt is fenced (err says
 * so), -1 with err. */
int sqlite_jobs_apply(struct sqlite_writer *w, struct store_job_write *write,
    int64_t event_id, struct error *err);
/* Before the commit. */
int sqlite_jobs_commit(struct sqlite_writer *w, struct error *err);
/* After a rollback: ids from next_id on are free again. */
void sqlite_jobs_undo(struct sqlite_writer *w, int64_t next_id);

#endif
