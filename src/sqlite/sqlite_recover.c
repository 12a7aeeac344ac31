#include "sqlite/sqlite_recover.h"

#include <stdlib.h>

#include "sqlite/sqlite_db.h"
#include "util/clock.h"
#include "util/mem.h"

/* The running file has the lowest bits of a try; which it was, the row says. */
static int count_try(struct sqlite_writer *w, sqlite3_stmt *row,
    const struct running_list *list, int64_t id, struct error *err)
{
	struct store_job_write write = {.op = JOB_SETTLE,
	    .job = {.id = id, .state = JOB_WAITING},
	    .count = true,
	    .error = SPAN("the server stopped while it ran"),
	    .now_ms = clock_wall_ms()};
	(void)sqlite3_bind_int64(row, 1, id);
	int rc = sqlite_db_step(row, err);
	if (rc != 1)
		return rc;
	write.nth = sqlite3_column_int(row, 0) + 1;
	write.job.run_at_ms = sqlite3_column_int64(row, 1);
	(void)sqlite3_reset(row);
	if (!running_has(list, id, write.nth))
		return 0;
	return sqlite_jobs_apply(w, &write, 0, err) == 1 ? 0 : -1;
}

static int count_all(
    struct sqlite_writer *w, const struct running_list *list, struct error *err)
{
	sqlite3_stmt *row = sqlite_db_prepare(w->db,
	    "SELECT tries, run_at FROM job WHERE id = ? AND " SQLITE_JOB_WAITING, err);
	int rc = row == NULL ? -1 : sqlite_db_exec(w->db, "BEGIN IMMEDIATE", err);
	for (size_t i = 0; i < list->count && rc == 0; i++)
		rc = count_try(w, row, list, running_id(list->tries[i]), err);
	(void)sqlite3_finalize(row);
	if (rc == 0)
		rc = sqlite_db_exec(w->db, "COMMIT", err);
	return rc;
}

int sqlite_recover(struct engine_db *db, struct error *err)
{
	struct running_list *list = mem_new(1, sizeof(*list));
	running_read(db->running, list);
	int rc = list->count == 0 ? 0 : count_all(&db->writer, list, err);
	if (rc == 0)
		running_clear(db->running);
	free(list);
	return rc;
}
