#include "keys/keys.h"

#include <assert.h>
#include <stdlib.h>

#include "keys/keys_load.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	SEAL_COUNT = 65536,
	FAN_OUT = 8,
	/* A key is written once when sealed and once a merge, of which there are five
	 * before a segment has two billion. */
	WORK_A_BYTE = 8
};

/* key_log: one row a commit, with the commit's number. The active table uses the even ids
 * and the table that is being sealed the odd ones, or the reverse. So a new table's rows
 * write over those of the table before the last, and a commit costs one page. A row counts
 * when its number is beyond every segment's log_end.
 * key_chunks and key_filters: see keys_segment.h; only rows of listed segments count. */
const char *const keys_schema =
    "CREATE TABLE IF NOT EXISTS key_log (id INTEGER PRIMARY KEY, "
    "number INTEGER NOT NULL, entries BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS key_segments (id INTEGER PRIMARY KEY, "
    "level INTEGER NOT NULL, count INTEGER NOT NULL, first INTEGER NOT NULL, "
    "log_end INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS key_chunks (id INTEGER PRIMARY KEY, "
    "entries BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS key_filters (id INTEGER PRIMARY KEY, "
    "bits BLOB NOT NULL);";

/* NULL: written by a version that made no checksums. */
const char *const keys_schema_sums =
    "ALTER TABLE key_log ADD COLUMN sum INTEGER;"
    "ALTER TABLE key_segments ADD COLUMN sum INTEGER;"
    "ALTER TABLE key_filters ADD COLUMN sum INTEGER;"
    "CREATE TABLE key_sums (id INTEGER PRIMARY KEY, sums BLOB NOT NULL);";

/* ---- open and close ---- */

/* A thread that waits to write comes before those that ask to read after it: otherwise
 * peeks, which never stop, would keep it waiting. */
static void lock_init(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;
	keys_must(pthread_rwlockattr_init(&attr));
	keys_must(pthread_rwlockattr_setkind_np(
	    &attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP));
	keys_must(pthread_rwlock_init(lock, &attr));
	keys_must(pthread_rwlockattr_destroy(&attr));
}

struct keys *keys_new(sqlite3 *db)
{
	struct keys *keys = mem_new(1, sizeof(*keys));
	lock_init(&keys->lock);
	keys->rows.db = db;
	keys->next_segment = 1;
	keys->active = keys_table_new(0);
	return keys;
}

int keys_open(
    struct keys **out, sqlite3 *db, const struct keys_config *config, struct error *err)
{
	struct keys *keys = keys_new(db);
	*out = NULL;
	keys->config = *config;
	if (keys->config.seal_count == 0)
		keys->config.seal_count = SEAL_COUNT;
	if (keys->config.fan_out == 0)
		keys->config.fan_out = FAN_OUT;
	assert(keys->config.fan_out >= 2 && keys->config.fan_out <= KEYS_FAN_MAX);
	keys->pending = keys_table_new(0);
	if (keys_load_segments(keys, err) < 0 || keys_check_log(keys, err) < 0 ||
	    keys_load_log(keys, err) < 0) {
		keys_close(keys);
		return error_wrap(err, "key index");
	}
	*out = keys;
	return 0;
}

void keys_close(struct keys *keys)
{
	if (keys == NULL)
		return;
	for (size_t i = 0; i < KEYS_LEVELS; i++)
		keys_job_free(keys->jobs[i]);
	for (size_t i = 0; i < keys->live_count; i++)
		keys_live_clear(&keys->live[i]);
	free(keys->live);
	keys_table_free(keys->active);
	keys_table_free(keys->frozen);
	keys_table_free(keys->pending);
	keys_rows_close(&keys->rows);
	(void)sqlite3_finalize(keys->list_segments);
	(void)sqlite3_finalize(keys->write_log);
	keys_must(pthread_rwlock_destroy(&keys->lock));
	free(keys);
}

/* ---- the open transaction ---- */

void keys_add(struct keys *keys, const unsigned char key[KEYS_SIZE], int64_t row)
{
	assert(row > 0 && !keys->logged);
	struct keys_entry entry = keys_entry_of(key, row);
	keys_table_add(keys->pending, &entry);
}

size_t keys_mark(const struct keys *keys)
{
	return keys->pending->count;
}

void keys_undo(struct keys *keys, size_t mark)
{
	assert(!keys->logged);
	keys_table_cut(keys->pending, mark);
}

static int keys_write_log(struct keys *keys, struct error *err)
{
	size_t count = keys->pending->count;
	if (count == 0)
		return 0;
	if (keys_rows_prepare(keys->rows.db, &keys->write_log,
		"REPLACE INTO key_log (id, number, entries, sum) VALUES (?1, ?2, ?3, ?4)",
		err) < 0)
		return -1;
	unsigned char *bytes = mem_new(count, KEYS_ENTRY_SIZE);
	for (size_t i = 0; i < count; i++)
		keys_entry_write(
		    bytes + i * KEYS_ENTRY_SIZE, &keys->pending->entries[i]);
	int64_t id = keys->log_rows * 2 + keys->log_odd, number = keys->log_number + 1;
	(void)sqlite3_bind_int64(keys->write_log, 1, id);
	(void)sqlite3_bind_int64(keys->write_log, 2, number);
	(void)sqlite3_bind_int64(keys->write_log, 4,
	    keys_log_sum(bytes, count * KEYS_ENTRY_SIZE, id, number));
	(void)sqlite3_bind_blob64(
	    keys->write_log, 3, bytes, count * KEYS_ENTRY_SIZE, free);
	int rc = sqlite3_step(keys->write_log);
	if (rc != SQLITE_DONE)
		(void)keys_rows_error(keys->rows.db, "cannot write the key log", err);
	(void)sqlite3_reset(keys->write_log);
	(void)sqlite3_clear_bindings(keys->write_log);
	if (rc != SQLITE_DONE)
		return -1;
	keys->logged = true;
	return 0;
}

/* Whether the ranges of rows overlap; if so, moves *at behind the other. */
static bool move_behind(int64_t *at, int64_t rows, const struct keys_segment *other)
{
	int64_t end = other->first + (int64_t)keys_chunk_count(other->count);
	if (*at >= end || other->first >= *at + rows)
		return false;
	*at = end;
	return true;
}

/* The first row of the first range that no segment has, not even one that is being
 * written. */
static int64_t keys_allot(const struct keys *keys, uint64_t count)
{
	int64_t at = 1, rows = (int64_t)keys_chunk_count(count);
	bool moved = true;
	while (moved) {
		moved = false;
		for (size_t i = 0; i < keys->live_count; i++)
			moved |= move_behind(&at, rows, &keys->live[i].segment);
		for (size_t i = 0; i < KEYS_LEVELS; i++) {
			if (keys->jobs[i] != NULL)
				moved |= move_behind(&at, rows, &keys->jobs[i]->out);
		}
	}
	return at;
}

/* How many segments of the level there are, and where in the list they end. */
static size_t level_count(const struct keys *keys, int level, size_t *end)
{
	size_t count = 0;
	for (size_t i = 0; i < keys->live_count; i++) {
		if (keys->live[i].segment.level == level) {
			count++;
			*end = i + 1;
		}
	}
	return count;
}

/* Whether its segments are to become one of the next level. */
static bool keys_level_full(const struct keys *keys, int level)
{
	size_t end = 0;
	return !keys->given_up[level + 1] &&
	       level_count(keys, level, &end) >= keys->config.fan_out;
}

/* Of the oldest segments of the level below. */
static struct keys_job *merge_job(struct keys *keys, int level)
{
	struct keys_segment inputs[KEYS_FAN_MAX];
	uint64_t count = 0;
	size_t end = 0;
	(void)level_count(keys, level - 1, &end);
	for (size_t i = 0; i < keys->config.fan_out; i++) {
		inputs[i] = keys->live[end - 1 - i].segment;
		count += inputs[i].count;
	}
	struct keys_segment out = {.id = keys->next_segment++,
	    .level = level,
	    .first = keys_allot(keys, count)};
	return keys_job_merge(&out, inputs, keys->config.fan_out);
}

/* The job that writes to the level; begins one when the level below is full. NULL: there
 * is nothing to do. */
static struct keys_job *keys_level_job(struct keys *keys, int level)
{
	struct keys_job **job = &keys->jobs[level];
	if (*job == NULL && level == 0 && keys->frozen != NULL) {
		struct keys_segment out = {.id = keys->next_segment++,
		    .first = keys_allot(keys, keys->frozen->count),
		    .log_end = keys->frozen_log_number};
		*job = keys_job_seal(&out, keys->frozen);
	}
	if (*job == NULL && level > 0 && keys_level_full(keys, level - 1))
		*job = merge_job(keys, level);
	return *job;
}

/* Damage met by a merge must not fail the commits it rides on: the segments stay as they
 * are, and whoever looks for a key in the damaged place is told. */
static void keys_give_up(struct keys *keys, int level, const struct error *err)
{
	log_write(
	    LOG_ERROR, "the key index is not merged any more", "why", err->text, NULL);
	keys_job_free(keys->jobs[level]);
	keys->jobs[level] = NULL;
	keys->given_up[level] = true;
}

/* Sealing first, for it bounds the memory; small merges before large ones. 1 when there
 * was something to do. */
static int keys_work(struct keys *keys, size_t *spent, struct error *err)
{
	for (int level = 0; level < KEYS_LEVELS; level++) {
		struct keys_job *job = keys_level_job(keys, level);
		if (job == NULL || job->now.done)
			continue;
		struct error why;
		if (keys_job_step(job, &keys->rows, spent, &why) == 0)
			return 1;
		if (level == 0 || !job->unreadable) {
			*err = why;
			return -1;
		}
		keys_give_up(keys, level, &why);
	}
	return 0;
}

int keys_write(struct keys *keys, size_t budget, struct error *err)
{
	size_t due = keys->pending->count * KEYS_ENTRY_SIZE * WORK_A_BYTE;
	size_t spent = 0;
	int rc = keys_write_log(keys, err) < 0 ? -1 : 1;
	if (budget < due)
		budget = due;
	while (rc > 0 && spent < budget)
		rc = keys_work(keys, &spent, err);
	return rc < 0 ? error_wrap(err, "key index") : 0;
}

/* Other threads always find the job's keys, in the old place or in the new one. */
static void keys_finish_job(struct keys *keys, size_t level)
{
	struct keys_job *job = keys->jobs[level];
	struct keys_live taken[KEYS_FAN_MAX] = {{.pieces = NULL}};
	struct keys_table *sealed = NULL;

	keys_lock(keys);
	keys_live_add(keys, &job->out);
	for (size_t i = 0; i < job->input_count; i++) {
		if (job->inputs[i].sorted == NULL)
			taken[i] = keys_live_take(keys, job->inputs[i].segment.id);
	}
	if (level == 0) {
		sealed = keys->frozen;
		keys->frozen = NULL;
	}
	keys_unlock(keys);
	for (size_t i = 0; i < job->input_count; i++)
		keys_live_clear(&taken[i]);
	keys_table_free(sealed);
	keys_job_free(job);
	keys->jobs[level] = NULL;
}

static void keys_finish_jobs(struct keys *keys)
{
	for (size_t level = 0; level < KEYS_LEVELS; level++) {
		struct keys_job *job = keys->jobs[level];
		if (job == NULL)
			continue;
		keys_job_committed(job);
		if (job->committed.done)
			keys_finish_job(keys, level);
	}
}

void keys_committed(struct keys *keys)
{
	assert(keys->logged || keys->pending->count == 0);
	if (keys->logged) {
		keys_lock(keys);
		for (size_t i = 0; i < keys->pending->count; i++)
			keys_table_add(keys->active, &keys->pending->entries[i]);
		keys_unlock(keys);
		keys_table_cut(keys->pending, 0);
		keys->log_number++;
		keys->log_rows++;
		keys->logged = false;
	}
	keys_finish_jobs(keys);
	/* A full table is sealed; the next one gets the new keys. */
	if (keys->frozen == NULL && keys->active->count >= keys->config.seal_count) {
		struct keys_table *next = keys_table_new(keys->config.seal_count);
		keys_lock(keys);
		keys_freeze(keys, next);
		keys_unlock(keys);
	}
}

void keys_rolled_back(struct keys *keys)
{
	keys_table_cut(keys->pending, 0);
	keys->logged = false;
	for (size_t i = 0; i < KEYS_LEVELS; i++) {
		if (keys->jobs[i] != NULL)
			keys_job_rolled_back(keys->jobs[i]);
	}
}

bool keys_busy(const struct keys *keys)
{
	if (keys->frozen != NULL)
		return true;
	for (int level = 0; level + 1 < KEYS_LEVELS; level++) {
		if (keys->jobs[level + 1] != NULL || keys_level_full(keys, level))
			return true;
	}
	return false;
}

size_t keys_memory(struct keys *keys)
{
	size_t bytes = sizeof(*keys);
	keys_lock_shared(keys);
	bytes += keys_table_memory(keys->active) + keys_table_memory(keys->frozen);
	for (size_t i = 0; i < keys->live_count; i++) {
		const struct keys_live *live = &keys->live[i];
		for (uint64_t piece = 0; piece < live->shape.pieces; piece++) {
			bytes += sizeof(*live->pieces);
			if (live->pieces[piece] != NULL)
				bytes += keys_filter_size(live->shape);
		}
	}
	keys_unlock(keys);
	return bytes;
}
