#include "sqlite/sqlite_queues.h"

#include <stdlib.h>

#include "sqlite/sqlite_db.h"
#include "util/mem.h"

/* Notes what the database says; a name that was met before keeps its place. */
static struct sqlite_queue *queue_note(
    struct sqlite_writer *w, int64_t id, struct span name)
{
	struct sqlite_queue *q = w->jobs.queues;
	while (q != NULL && !span_eq(q->name, name))
		q = q->next;
	if (q == NULL) {
		q = mem_new(1, sizeof(*q));
		q->name = (struct span){mem_strndup(name), name.len};
		q->next = w->jobs.queues;
		w->jobs.queues = q;
	}
	q->id = id;
	return q;
}

static int queue_look_up(struct sqlite_queue **out, struct sqlite_writer *w,
    struct span name, struct error *err)
{
	sqlite3_stmt *stmt =
	    sqlite_db_prepare(w->db, "SELECT id FROM job_queue WHERE name = ?", err);
	if (stmt == NULL)
		return -1;
	sqlite_db_text(stmt, 1, name);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1)
		*out = queue_note(w, sqlite3_column_int64(stmt, 0), name);
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int queue_make(struct sqlite_queue **out, struct sqlite_writer *w,
    struct span name, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_db_prepare(
	    w->db, "INSERT INTO job_queue(name, paused) VALUES(?, 0)", err);
	if (stmt == NULL)
		return -1;
	sqlite_db_text(stmt, 1, name);
	int rc = sqlite_db_run(stmt, err);
	if (rc == 0)
		*out = queue_note(w, sqlite3_last_insert_rowid(w->db), name);
	(void)sqlite3_finalize(stmt);
	return rc;
}

struct sqlite_queue *sqlite_queue_named(
    struct sqlite_writer *w, struct span name, struct error *err)
{
	struct sqlite_queue *q = w->jobs.queues;
	while (q != NULL && !(q->id != 0 && span_eq(q->name, name)))
		q = q->next;
	if (q == NULL && queue_look_up(&q, w, name, err) == 0)
		(void)queue_make(&q, w, name, err);
	return q;
}

struct sqlite_queue *sqlite_queue_by_id(
    struct sqlite_writer *w, int64_t id, struct error *err)
{
	struct sqlite_queue *q = w->jobs.queues;
	while (q != NULL && q->id != id)
		q = q->next;
	if (q != NULL)
		return q;
	sqlite3_stmt *stmt =
	    sqlite_db_prepare(w->db, "SELECT name FROM job_queue WHERE id = ?", err);
	if (stmt == NULL)
		return NULL;
	(void)sqlite3_bind_int64(stmt, 1, id);
	int rc = sqlite_db_step(stmt, err);
	if (rc == 1)
		q = queue_note(w, id, sqlite_db_column(stmt, 0));
	else if (rc == 0)
		(void)error_set(
		    err, "the store has no queue %lld, but jobs of it", (long long)id);
	(void)sqlite3_finalize(stmt);
	return q;
}

void sqlite_queues_undo(struct sqlite_writer *w)
{
	for (struct sqlite_queue *q = w->jobs.queues; q != NULL; q = q->next)
		q->id = 0;
}

void sqlite_queues_free(struct sqlite_writer *w)
{
	while (w->jobs.queues != NULL) {
		struct sqlite_queue *q = w->jobs.queues;
		w->jobs.queues = q->next;
		free((void *)(uintptr_t)q->name.ptr);
		free(q);
	}
}
