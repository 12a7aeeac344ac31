#include "sqlite/sqlite.h"

#include <stdlib.h>

#include "sqlite/data_dir.h"
#include "sqlite/db_file.h"
#include "sqlite/lock.h"
#include "sqlite/sqlite_collection.h"
#include "sqlite/sqlite_db.h"
#include "sqlite/sqlite_events.h"
#include "sqlite/sqlite_find.h"
#include "sqlite/sqlite_forget.h"
#include "sqlite/sqlite_index.h"
#include "sqlite/sqlite_jobs_read.h"
#include "sqlite/sqlite_key.h"
#include "sqlite/sqlite_numbers.h"
#include "sqlite/sqlite_reader.h"
#include "sqlite/sqlite_schema.h"
#include "sqlite/sqlite_writer.h"
#include "sqlite/trickle.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/thread.h"

enum { WRITER_CACHE_KIB = 4096, DEFAULT_QUEUE_BYTES = 64 << 20 };

/* ---- open and close ---- */

static int sqlite_check(const char *dir, struct error *err)
{
	int there = data_dir_check(dir, err);
	if (there <= 0 || lock_held(dir))
		return there < 0 ? -1 : 0;
	return db_file_look(dir, err) < 0 ? -1 : 0;
}

static int sqlite_check_contents(const char *dir, struct error *err)
{
	sqlite3 *db = NULL;
	int rc = db_file_look(dir, err);
	if (rc > 0)
		rc = sqlite_db_open_reader(&db, dir, err) < 0
			 ? -1
			 : sqlite_schema_look(db, err);
	(void)sqlite3_close(db);
	return rc;
}

static int make_store(const char *dir, struct error *err)
{
	int there = db_file_look(dir, err);
	if (there != 0)
		return there < 0 ? -1 : 0;
	if (db_file_make(dir, err) < 0)
		return -1;
	char *made = mem_printf("new store made in %s", dir);
	log_write(LOG_INFO, made, NULL);
	free(made);
	return 0;
}

static void free_db(struct engine_db *db)
{
	struct sqlite_writer *w = &db->writer;
	sqlite3_stmt *const all[] = {w->begin, w->commit, w->rollback, w->savepoint,
	    w->release, w->undo, w->add_event, w->revise_event, w->count_repeat,
	    w->set_next_row, w->probe};
	checkpoint_close(db->checkpoint);
	keys_close(db->keys);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		(void)sqlite3_finalize(all[i]);
	sqlite_collection_forget_all(w);
	sqlite_jobs_stop(w);
	buf_free(&w->text);
	(void)sqlite3_close(w->db);
	trickle_free(db->trickle);
	running_close(db->running);
	lock_drop(db->lock);
	files_clear(&db->files);
	commit_queue_clear(&db->queue);
	repeats_clear(&db->repeats);
	mutex_clear(&db->mutex);
	free(db->dir);
	free(db);
}

static int sqlite_open(struct engine_db **out, const struct store_config *config,
    struct engine_owner owner, struct error *err)
{
	struct engine_db *db = mem_new(1, sizeof(*db));
	struct keys_config keys = {.seal_count = config->seal_count};
	int64_t wal_bytes = config->wal_limit_bytes;
	db->dir = mem_strdup(config->dir);
	db->lock = -1;
	db->owner = owner;
	commit_queue_init(&db->queue, config->queue_limit_bytes > 0
					  ? config->queue_limit_bytes
					  : DEFAULT_QUEUE_BYTES);
	repeats_init(&db->repeats);
	mutex_init(&db->mutex);
	atomic_init(&db->healthy, true);
	if (data_dir_open(db->dir, err) < 0 ||
	    (db->lock = lock_take(db->dir, err)) < 0 || make_store(db->dir, err) < 0 ||
	    sqlite_db_open(&db->writer.db, db->dir, WRITER_CACHE_KIB, err) < 0 ||
	    db_file_check(db->writer.db, err) < 0 ||
	    sqlite_schema_upgrade(db->writer.db, err) < 0 ||
	    sqlite_numbers_check(db->writer.db, err) < 0 ||
	    keys_open(&db->keys, db->writer.db, &keys, err) < 0 ||
	    running_open(&db->running, db->dir, err) < 0 ||
	    checkpoint_open(&db->checkpoint, db->dir, wal_bytes, err) < 0 ||
	    files_note(&db->files, db->dir, err) < 0) {
		free_db(db);
		return -1;
	}
	db->trickle = trickle_new(db->writer.db, false);
	if (sqlite_writer_start(db, err) < 0) {
		free_db(db);
		return -1;
	}
	*out = db;
	return 0;
}

static void sqlite_close(struct engine_db *db)
{
	sqlite_writer_stop(db);
	free_db(db);
}

/* ---- small functions of the engine ---- */

static bool sqlite_submit(struct engine_db *db, struct store_txn *txn)
{
	return commit_queue_push(&db->queue, txn);
}

static void sqlite_flush(struct engine_db *db)
{
	commit_queue_flush(&db->queue);
}

static void sqlite_make_room(struct engine_db *db)
{
	atomic_store(&db->wants_room, true);
	commit_queue_ring(&db->queue);
}

static bool sqlite_healthy(struct engine_db *db, struct error *why)
{
	if (atomic_load(&db->healthy))
		return checkpoint_healthy(db->checkpoint, why);
	mutex_lock(&db->mutex);
	if (why != NULL)
		*why = db->trouble;
	mutex_unlock(&db->mutex);
	return false;
}

static bool sqlite_in_place(const struct engine_db *db)
{
	return files_check(&db->files, NULL) == 0;
}

static int64_t sqlite_reserve(struct engine_db *db, int64_t count)
{
	return atomic_fetch_add(&db->next_row, count);
}

static void sqlite_stats(const struct engine_db *db, struct store_stats *out)
{
	*out = (struct store_stats){
	    .events = atomic_load(&db->events),
	    .duplicates = atomic_load(&db->duplicates),
	    .commits = atomic_load(&db->commits),
	    .failed_commits = atomic_load(&db->failed_commits),
	    .waiting = atomic_load(&db->queue.waiting),
	    .wal_bytes = atomic_load(&db->log_bytes),
	};
}

static enum engine_known sqlite_peek(struct engine_db *db, struct store_key *key)
{
	int64_t row;
	return keys_peek(db->keys, sqlite_key_event(key), &row) == KEYS_NEW
		   ? ENGINE_NEW
		   : ENGINE_PERHAPS;
}

static bool sqlite_unkeyed(const struct engine_db *db, int64_t *first, int64_t *last)
{
	*first = db->unkeyed_first;
	*last = db->unkeyed_last;
	return *first <= *last;
}

static void sqlite_repeated(struct engine_db *db, int64_t event_id)
{
	if (repeats_add(&db->repeats, event_id, 1))
		commit_queue_ring(&db->queue);
}

static bool sqlite_job_given(struct engine_db *db, int64_t id, int try)
{
	return running_give(db->running, id, try);
}

static bool sqlite_job_began(struct engine_db *db, int64_t id, int try)
{
	return running_begin(db->running, id, try) ||
	       (running_give(db->running, id, try) &&
		   running_begin(db->running, id, try));
}

static void sqlite_job_ended(struct engine_db *db, int64_t id)
{
	running_remove(db->running, id);
}

const struct engine engine_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .check = sqlite_check,
    .check_contents = sqlite_check_contents,
    .close = sqlite_close,
    .submit = sqlite_submit,
    .flush = sqlite_flush,
    .make_room = sqlite_make_room,
    .healthy = sqlite_healthy,
    .stats = sqlite_stats,
    .reserve = sqlite_reserve,
    .declare = sqlite_index_declare,
    .index = sqlite_index_make,
    .forget = sqlite_forget,
    .job_given = sqlite_job_given,
    .job_began = sqlite_job_began,
    .job_ended = sqlite_job_ended,
    .peek = sqlite_peek,
    .lookup = sqlite_reader_lookup,
    .in_place = sqlite_in_place,
    .repeated = sqlite_repeated,
    .unkeyed = sqlite_unkeyed,
    .reader_open = sqlite_reader_open,
    .reader_new = sqlite_reader_new,
    .reader_close = sqlite_reader_close,
    .reader_job_began = sqlite_reader_job_began,
    .events = sqlite_events,
    .event_get = sqlite_event_get,
    .docs = sqlite_find,
    .count = sqlite_reader_count,
    .get = sqlite_reader_get,
    .collections = sqlite_reader_collections,
    .due = sqlite_jobs_due,
    .jobs = sqlite_jobs_find,
    .job_get = sqlite_job_get,
    .queues = sqlite_jobs_queues,
};
