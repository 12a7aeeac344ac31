/* fuzz_keys -- key tables with changed numbers and bytes: whatever stands in them, opening
 * ends with an index or an error, so does everything after it, within bounds of steps and
 * pages; and a key that was stored is found under its row, or the damage is told.
 *
 * Input: changes of 8 bytes each: what is changed, which row of it (2 bytes), where (2),
 * and the new value's bytes (3). */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/keys_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	KEYS = 3000,
	SEAL = 500,
	A_COMMIT = 25,
	CHANGE = 8,
	CHANGES_MAX = 8,
	COMMITS_MAX = 200,
	PAGES_MAX = 2000
};

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void run(sqlite3 *db, const char *sql)
{
	expect(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static int64_t ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	expect(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
	expect(sqlite3_step(stmt) == SQLITE_ROW);
	int64_t number = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return number;
}

/* Spread evenly, as hashes are. */
static void make_key(unsigned char key[KEYS_SIZE], uint64_t number)
{
	for (size_t i = 0; i < KEYS_SIZE; i++) {
		number = (number + i + 1) * 0x9e3779b97f4a7c15U;
		number ^= number >> 29;
		key[i] = (unsigned char)(number >> 17);
	}
}

static sqlite3 *open_memory(void)
{
	sqlite3 *db = NULL;
	expect(sqlite3_open(":memory:", &db) == SQLITE_OK);
	return db;
}

/* The tables as the writer makes them, once: segments of two levels, a log. */
static unsigned char *make_tables(sqlite3_int64 *size)
{
	const struct keys_config config = {SEAL, 4};
	struct keys *keys = NULL;
	struct error err;
	sqlite3 *db = open_memory();
	run(db, keys_schema);
	run(db, keys_schema_sums);
	expect(keys_open(&keys, db, &config, &err) == 0);
	for (int64_t row = 1; row <= KEYS + SEAL / 2; row++) {
		unsigned char key[KEYS_SIZE];
		if (row % A_COMMIT == 1)
			run(db, "BEGIN");
		make_key(key, (uint64_t)row);
		keys_add(keys, key, row);
		if (row % A_COMMIT != 0)
			continue;
		expect(keys_write(keys, 65536, &err) == 0);
		run(db, "COMMIT");
		keys_committed(keys);
	}
	keys_close(keys);
	unsigned char *bytes = sqlite3_serialize(db, "main", size, 0);
	(void)sqlite3_close(db);
	return bytes;
}

static sqlite3 *copy_tables(void)
{
	static unsigned char *bytes;
	static sqlite3_int64 size;
	if (bytes == NULL)
		bytes = make_tables(&size);
	unsigned char *copy = sqlite3_malloc64((sqlite3_uint64)size);
	expect(bytes != NULL && copy != NULL);
	memcpy(copy, bytes, (size_t)size);
	sqlite3 *db = open_memory();
	expect(sqlite3_deserialize(db, "main", copy, size, size,
		   SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) ==
	       SQLITE_OK);
	return db;
}

/* ---- changes ---- */

/* A number: near another one, or far from all. */
static int64_t number_of(const uint8_t *value)
{
	int64_t small = (int64_t)(int8_t)value[1];
	switch (value[0] % 4) {
	case 0:
		return small;
	case 1:
		return INT64_MAX - value[1];
	case 2:
		return (int64_t)1 << value[2] % 63;
	default:
		return (int64_t)value[1] << 8 | value[2];
	}
}

/* Whether what it does can hide keys: then only that all ends well is asked. A checksum
 * that is taken away makes its row one of an older version, and a row that is gone cannot
 * be missed where no other row tells of it. */
static bool change(sqlite3 *db, const uint8_t *c)
{
	static const struct {
		const char *table, *column;
		bool bytes, hides;
	} places[] = {
	    {"key_segments", "level", false, false},
	    {"key_segments", "count", false, false},
	    {"key_segments", "first", false, false},
	    {"key_segments", "log_end", false, false},
	    {"key_segments", "id", false, false},
	    {"key_segments", "sum", false, true},
	    {"key_log", "number", false, false},
	    {"key_log", "sum", false, true},
	    {"key_log", "id", false, false},
	    {"key_log", "entries", true, false},
	    {"key_chunks", "entries", true, false},
	    {"key_chunks", "id", false, false},
	    {"key_filters", "bits", true, false},
	    {"key_filters", "sum", false, true},
	    {"key_sums", "sums", true, false},
	    {"key_segments", NULL, false, true},
	    {"key_log", NULL, false, true},
	    {"key_chunks", NULL, false, false},
	    {"key_filters", NULL, false, false},
	    {"key_sums", NULL, false, false},
	};

	size_t place = c[0] % (sizeof(places) / sizeof(places[0]));
	unsigned row = c[1] | (unsigned)c[2] << 8, at = c[3] | (unsigned)c[4] << 8;
	const char *table = places[place].table, *column = places[place].column;
	char sql[512];
	char which[160];
	(void)snprintf(which, sizeof(which),
	    "id = (SELECT id FROM %s LIMIT 1 OFFSET %u %% (SELECT max(1, count(*)) FROM %s))",
	    table, row, table);
	if (column == NULL)
		(void)snprintf(
		    sql, sizeof(sql), "DELETE FROM %s WHERE %s", table, which);
	else if (!places[place].bytes && c[5] == 255)
		(void)snprintf(sql, sizeof(sql),
		    "UPDATE OR REPLACE %s SET %s = NULL WHERE %s", table, column,
		    which);
	else if (!places[place].bytes)
		(void)snprintf(sql, sizeof(sql),
		    "UPDATE OR REPLACE %s SET %s = %lld WHERE %s", table, column,
		    (long long)number_of(c + 5), which);
	else if (c[5] % 4 == 0)
		(void)snprintf(sql, sizeof(sql),
		    "UPDATE %s SET %s = substr(%s, 1, %u) WHERE %s", table, column,
		    column, at, which);
	else
		(void)snprintf(sql, sizeof(sql),
		    "UPDATE %s SET %s = CAST(substr(%s, 1, %u) || x'%02x' ||"
		    " substr(%s, %u) AS BLOB) WHERE %s",
		    table, column, column, at, c[6], column, at + 2, which);
	/* A column that cannot be NULL stays as it is. */
	(void)sqlite3_exec(db, sql, NULL, NULL, NULL);
	return places[place].hides;
}

/* ---- what must hold ---- */

static void find_all(sqlite3 *db, bool hidden)
{
	struct keys_reader *reader = keys_reader_new(db);
	for (uint64_t number = 1; number <= KEYS + SEAL / 2; number += 7) {
		unsigned char key[KEYS_SIZE];
		struct error err = {""};
		int64_t row = 0;
		make_key(key, number);
		int rc = keys_reader_find(reader, key, &row, &err);
		expect(rc >= 0 || err.text[0] != '\0');
		expect(rc != 0 || hidden);
		expect(rc != 1 || hidden || row == (int64_t)number);
	}
	keys_reader_free(reader);
}

/* New keys, until sealing and merging are done or fail. */
static void write_on(struct keys *keys, sqlite3 *db)
{
	struct error err = {""};
	int commits = 0;
	for (int64_t row = KEYS * 10; commits < COMMITS_MAX; commits++) {
		run(db, "BEGIN");
		for (int i = 0; commits < COMMITS_MAX / 4 && i < A_COMMIT; i++) {
			unsigned char key[KEYS_SIZE];
			make_key(key, (uint64_t)++row);
			keys_add(keys, key, row);
		}
		if (keys_write(keys, 65536, &err) < 0) {
			run(db, "ROLLBACK");
			keys_rolled_back(keys);
			expect(err.text[0] != '\0');
			break;
		}
		run(db, "COMMIT");
		keys_committed(keys);
		if (commits >= COMMITS_MAX / 4 && !keys_busy(keys))
			break;
	}
	expect(commits < COMMITS_MAX);
	expect(ask(db, "PRAGMA page_count") < PAGES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct keys_config config = {SEAL, 4};
	struct keys *keys = NULL;
	struct error err = {""};
	bool hidden = false;
	sqlite3 *db = copy_tables();
	for (size_t i = 0; i < CHANGES_MAX && (i + 1) * CHANGE <= size; i++)
		hidden |= change(db, data + i * CHANGE);
	if (keys_open(&keys, db, &config, &err) == 0) {
		find_all(db, hidden);
		write_on(keys, db);
		find_all(db, hidden);
	} else {
		/* Who only reads does not look at all that a start looks at. */
		expect(err.text[0] != '\0');
		find_all(db, true);
	}
	keys_close(keys);
	(void)sqlite3_close(db);
	return 0;
}
