/* A store's database with nothing but the key tables in it, and a model of what they
 * must answer. Every key is made from two small numbers; its row is the order in which
 * it was added, so that the newest row is the highest. */
#ifndef KEYS_FIXTURE_H
#define KEYS_FIXTURE_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/keys_reader.h"

enum { MAX_ADDED = 8192 };

struct added {
	uint32_t sid, what;
};

struct fixture {
	char dir[64], path[96];
	struct keys_config config;
	sqlite3 *db, *reader;
	struct keys *keys;
	struct keys_reader *own;           /* of f->reader, as another process has it */
	struct added added[MAX_ADDED + 1]; /* by row, from 1 */
	int64_t committed, added_count;    /* the rest is the open transaction's */
	uint64_t random;
};

static inline uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return x ^ x >> 31;
}

static inline uint64_t next_random(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15U;
	return mix(*state);
}

static inline uint32_t below(struct fixture *f, uint32_t limit)
{
	return (uint32_t)(next_random(&f->random) % limit);
}

/* Keys of one sid share their first 8 bytes; the least of them is what 0's. */
static inline void make_key(unsigned char key[KEYS_SIZE], uint64_t sid, uint64_t what)
{
	uint64_t halves[] = {
	    mix(sid + 1), what == 0 ? 0 : mix(mix(sid + 1) ^ what << 32)};
	for (int i = 0; i < KEYS_SIZE; i++)
		key[i] = (unsigned char)(halves[i / 8] >> 8 * (i % 8));
}

static inline void run_sql(sqlite3 *db, const char *sql)
{
	char *message = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
}

static inline int64_t ask_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int64_t number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

static inline sqlite3 *open_db(const char *path)
{
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	run_sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;");
	return db;
}

static inline void open_keys(struct fixture *f)
{
	struct error err = {""};
	f->db = open_db(f->path);
	run_sql(f->db, keys_schema);
	if (ask_number(f->db, "PRAGMA user_version") == 0)
		run_sql(f->db, keys_schema_sums);
	run_sql(f->db, "PRAGMA user_version = 1");
	f->reader = open_db(f->path);
	f->own = keys_reader_new(f->reader);
	if (keys_open(&f->keys, f->db, &f->config, &err) < 0)
		fail_msg("%s", err.text);
}

/* As a crash does: an open transaction is lost. */
static inline void close_keys(struct fixture *f)
{
	keys_close(f->keys);
	keys_reader_free(f->own);
	sqlite3_close(f->reader);
	sqlite3_close(f->db);
	f->added_count = f->committed;
}

static inline struct fixture *fixture_new(size_t seal_count, size_t fan_out)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	strcpy(f->dir, "/tmp/test-keys-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/keys.db", f->dir);
	f->config = (struct keys_config){seal_count, fan_out};
	open_keys(f);
	return f;
}

static inline void remove_db(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < 3; i++) {
		char name[128];
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		unlink(name);
	}
}

static inline void fixture_free(struct fixture *f)
{
	close_keys(f);
	remove_db(f->path);
	rmdir(f->dir);
	free(f);
}

static inline void add(struct fixture *f, uint32_t sid, uint32_t what)
{
	unsigned char key[KEYS_SIZE];
	assert_true(f->added_count < MAX_ADDED);
	f->added[++f->added_count] = (struct added){sid, what};
	make_key(key, sid, what);
	keys_add(f->keys, key, f->added_count);
}

static inline void rollback(struct fixture *f)
{
	if (sqlite3_get_autocommit(f->db) == 0)
		run_sql(f->db, "ROLLBACK");
	keys_rolled_back(f->keys);
	f->added_count = f->committed;
}

/* written: what keys_write returned. False when it failed, and was rolled back. */
static inline bool end(struct fixture *f, int written)
{
	if (written < 0) {
		rollback(f);
		return false;
	}
	run_sql(f->db, "COMMIT");
	keys_committed(f->keys);
	f->committed = f->added_count;
	return true;
}

static inline bool commit(struct fixture *f, size_t budget)
{
	struct error err = {""};
	int written = keys_write(f->keys, budget, &err);
	assert_int_equal(written < 0, err.text[0] != '\0');
	return end(f, written);
}

/* Commits until sealing and merging are done; how often. */
static inline int drain(struct fixture *f, size_t budget)
{
	int commits = 0;
	while (keys_busy(f->keys)) {
		run_sql(f->db, "BEGIN IMMEDIATE");
		assert_true(commit(f, budget));
		assert_true(commits++ < 100000);
	}
	return commits;
}

/* Keys of 30 sids and 6 whats. */
static inline void commit_random(struct fixture *f, uint32_t count)
{
	run_sql(f->db, "BEGIN IMMEDIATE");
	for (uint32_t i = 0; i < count; i++)
		add(f, below(f, 30), below(f, 6));
	assert_true(commit(f, 0));
}

/* Four segments to merge, two by two, and a table to seal, none of it begun. */
static inline struct fixture *fixture_with_backlog(void)
{
	struct fixture *f = fixture_new(400, 16);
	for (int i = 0; i < 32; i++)
		commit_random(f, 50);
	drain(f, 65536);
	commit_random(f, 420);
	assert_int_equal(ask_number(f->db, "SELECT count(*) FROM key_segments"), 4);
	close_keys(f);
	f->config.fan_out = 2;
	open_keys(f);
	return f;
}

/* ---- what the answers must be ---- */

static inline int64_t model_find(
    const struct fixture *f, int64_t last, uint32_t sid, uint32_t what)
{
	int64_t row = last;
	while (row > 0 && (f->added[row].sid != sid || f->added[row].what != what))
		row--;
	return row;
}

/* By the keys_reader, or with NULL through f->keys and f->reader. */
static inline void check_find(struct fixture *f, struct keys_reader *reader,
    const unsigned char key[KEYS_SIZE], int64_t want)
{
	struct error err = {""};
	int64_t row = 0;
	int found = reader != NULL ? keys_reader_find(reader, key, &row, &err)
				   : keys_find(f->keys, f->reader, key, &row, &err);
	if (found < 0)
		fail_msg("%s", err.text);
	assert_int_equal(found, want > 0);
	assert_int_equal(row, want);
}

/* last: the last row that the answer may have. */
static inline void check_prefix_until(
    struct fixture *f, struct keys_reader *reader, uint32_t sid, int64_t last)
{
	unsigned char key[KEYS_SIZE];
	struct error err = {""};
	int64_t *rows;
	size_t count, at = 0;
	make_key(key, sid, 0);
	if ((reader != NULL ? keys_reader_find_prefix(reader, key, &rows, &count, &err)
			    : keys_find_prefix(
				  f->keys, f->reader, key, &rows, &count, &err)) < 0)
		fail_msg("%s", err.text);
	for (int64_t row = 1; row <= last; row++) {
		if (f->added[row].sid == sid) {
			assert_true(at < count);
			assert_int_equal(rows[at++], row);
		}
	}
	assert_int_equal(count, at);
	free(rows);
}

static inline void check_prefix(
    struct fixture *f, struct keys_reader *reader, uint32_t sid)
{
	check_prefix_until(f, reader, sid, f->committed);
}

/* One key by all the ways there are to ask. */
static inline void check_key(struct fixture *f, uint32_t sid, uint32_t what)
{
	unsigned char key[KEYS_SIZE];
	struct error err = {""};
	int64_t row = 0, want = model_find(f, f->committed, sid, what);

	make_key(key, sid, what);
	enum keys_known known = keys_peek(f->keys, key, &row);
	assert_int_not_equal(known, want > 0 ? KEYS_NEW : KEYS_KNOWN);
	assert_int_equal(row, known == KEYS_KNOWN ? want : 0);
	check_find(f, NULL, key, want);
	check_find(f, f->own, key, want);

	row = 0;
	want = model_find(f, f->added_count, sid, what);
	int found = keys_find_uncommitted(f->keys, key, &row, &err);
	assert_int_equal(found, want > 0);
	assert_int_equal(row, want);
}

/* Sids and whats from 0 to below the limits, and some that were never added. */
static inline void check_all(struct fixture *f, uint32_t sids, uint32_t whats)
{
	for (uint32_t sid = 0; sid < sids + 2; sid++) {
		for (uint32_t what = 0; what < whats + 2; what++)
			check_key(f, sid, what);
		check_prefix(f, NULL, sid);
		check_prefix(f, f->own, sid);
	}
}

/* Once all is merged: every key is in one place, and rows are used again. */
static inline void check_tidy(struct fixture *f)
{
	int64_t in_log = ask_number(f->db,
	    "SELECT ifnull(sum(length(entries)) / 24, 0) FROM key_log WHERE number > "
	    "(SELECT ifnull(max(log_end), 0) FROM key_segments)");
	int64_t in_segments =
	    ask_number(f->db, "SELECT ifnull(sum(count), 0) FROM key_segments");
	assert_int_equal(in_log + in_segments, f->committed);
	assert_int_equal(
	    ask_number(f->db,
		"WITH s AS (SELECT first, first + (count + 168) / 169 AS past "
		"FROM key_segments) SELECT count(*) FROM s AS a JOIN s AS b "
		"ON a.first < b.first AND b.first < a.past"),
	    0);
	assert_true(
	    ask_number(f->db, "SELECT count(*) FROM key_chunks") <=
	    ask_number(f->db, "SELECT 8 + 3 * ifnull(sum((count + 168) / 169), 0) "
			      "FROM key_segments"));
}

#endif
