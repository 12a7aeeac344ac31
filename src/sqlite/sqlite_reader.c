#include "sqlite/sqlite_reader.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/sqlite.h"
#include "sqlite/sqlite_key.h"
#include "sqlite/sqlite_schema.h"
#include "util/mem.h"

/* A collection is never removed, and its key field stays as it was made. */
struct sqlite_known {
	struct sqlite_known *next;
	char *name, *key_field; /* key_field or NULL */
};

/* ---- open and close ---- */

int sqlite_reader_open(struct engine_reader **out, const char *dir, struct error *err)
{
	struct engine_reader *reader = mem_new(1, sizeof(*reader));
	if (sqlite_db_open_reader(&reader->db, dir, err) < 0 ||
	    sqlite_schema_check(reader->db, err) < 0) {
		sqlite_reader_close(reader);
		return -1;
	}
	reader->cache.db = reader->db;
	reader->dir = mem_strdup(dir);
	*out = reader;
	return 0;
}

int sqlite_reader_new(
    struct engine_reader **out, struct engine_db *db, struct error *err)
{
	if (sqlite_reader_open(out, db->dir, err) < 0)
		return -1;
	(*out)->keys = db->keys;
	(*out)->running = db->running;
	return 0;
}

void sqlite_reader_close(struct engine_reader *reader)
{
	if (reader == NULL)
		return;
	sqlite_cache_clear(&reader->cache);
	keys_reader_free(reader->own_keys);
	while (reader->known != NULL) {
		struct sqlite_known *known = reader->known;
		reader->known = known->next;
		free(known->name);
		free(known->key_field);
		free(known);
	}
	(void)sqlite3_close(reader->db);
	running_close(reader->given);
	free(reader->dir);
	free(reader);
}

void sqlite_reader_job_began(struct engine_reader *reader, int64_t id, int try)
{
	if (reader->given == NULL)
		reader->given = running_join(reader->dir);
	if (reader->given != NULL)
		(void)running_begin(reader->given, id, try);
}

/* ---- snapshots ---- */

static int reader_run(struct engine_reader *reader, const char *sql, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(&reader->cache, sql, err);
	return stmt == NULL ? -1 : sqlite_db_run(stmt, err);
}

int sqlite_snapshot_begin(struct engine_reader *reader, struct error *err)
{
	return reader_run(reader, "BEGIN", err);
}

int sqlite_snapshot_end(struct engine_reader *reader, int rc, struct error *err)
{
	struct error other;
	int ended = reader_run(reader, "COMMIT", rc < 0 ? &other : err);
	return rc < 0 || ended == 0 ? rc : -1;
}

/* ---- collections ---- */

sqlite3_stmt *sqlite_reader_stmt(struct engine_reader *reader, const char *format,
    const char *collection, struct error *err)
{
	/* One collection may be named twice in the text. */
	char *sql = sqlite3_mprintf(format, collection, collection);
	sqlite3_stmt *stmt = sqlite_cache_get(&reader->cache, sql, err);
	sqlite3_free(sql);
	return stmt;
}

static struct sqlite_known *reader_known(
    const struct engine_reader *reader, const char *collection)
{
	struct sqlite_known *known = reader->known;
	while (known != NULL && strcmp(known->name, collection) != 0)
		known = known->next;
	return known;
}

/* Asks the table: 1, 0 or -1. */
static int reader_look_up(
    struct engine_reader *reader, const char *collection, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_cache_get(&reader->cache,
	    "SELECT name, key_field FROM collections WHERE name = ?", err);
	if (stmt == NULL)
		return -1;
	sqlite_db_text(stmt, 1, span_of(collection));
	int rc = sqlite_db_step(stmt, err);
	if (rc != 1)
		return rc;
	rc = strcmp((const char *)sqlite3_column_text(stmt, 0), collection) == 0;
	if (rc == 1) {
		struct sqlite_known *known = mem_new(1, sizeof(*known));
		known->name = mem_strdup(collection);
		known->key_field =
		    mem_strdup((const char *)sqlite3_column_text(stmt, 1));
		known->next = reader->known;
		reader->known = known;
	}
	(void)sqlite3_reset(stmt);
	return rc;
}

int sqlite_reader_collection(struct engine_reader *reader, const char *collection,
    const char **key_field, struct error *err)
{
	int rc = 1;
	if (reader_known(reader, collection) == NULL)
		rc = reader_look_up(reader, collection, err);
	if (rc == 1 && key_field != NULL)
		*key_field = reader_known(reader, collection)->key_field;
	return rc;
}

int64_t sqlite_reader_count(
    struct engine_reader *reader, const char *collection, struct error *err)
{
	int rc = sqlite_reader_collection(reader, collection, NULL, err);
	if (rc != 1)
		return rc;
	sqlite3_stmt *stmt = sqlite_reader_stmt(
	    reader, "SELECT count(*) FROM \"doc_%w\"", collection, err);
	if (stmt == NULL || sqlite_db_step(stmt, err) != 1)
		return -1;
	int64_t count = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	return count;
}

int sqlite_reader_collections(struct engine_reader *reader, bool counted,
    struct arena *arena, struct store_collection **out, struct error *err)
{
	int rc;
	struct store_collection **last = out;
	sqlite3_stmt *stmt = sqlite_cache_get(&reader->cache,
	    "SELECT name, key_field FROM collections ORDER BY name", err);
	if (stmt == NULL)
		return -1;
	while ((rc = sqlite_db_step(stmt, err)) == 1) {
		struct span key_field = sqlite_db_column(stmt, 1);
		struct store_collection *c = arena_zalloc(arena, sizeof(*c));
		c->name = arena_strndup(arena, sqlite_db_column(stmt, 0));
		if (key_field.ptr != NULL)
			c->key_field = arena_strndup(arena, key_field);
		*last = c;
		last = &c->next;
	}
	for (struct store_collection *c = *out; c != NULL && counted && rc == 0;
	     c = c->next) {
		c->count = sqlite_reader_count(reader, c->name, err);
		rc = c->count < 0 ? -1 : 0;
	}
	return rc;
}

/* ---- one document ---- */

static int reader_read_row(struct engine_reader *reader, const char *collection,
    int64_t row, struct store_doc *found, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_reader_stmt(
	    reader, "SELECT doc FROM \"doc_%w\" WHERE id = ?", collection, err);
	return stmt == NULL ? -1 : sqlite_db_doc(stmt, row, false, found, err);
}

static int reader_not_found(struct store_doc *found)
{
	json_decref(found->json);
	found->json = NULL;
	return 0;
}

/* ---- keys ---- */

/* The index of its own, where the writer's is not there or has forgotten too much for a
 * held snapshot; NULL: the writer's. */
static struct keys_reader *reader_own_keys(struct engine_reader *reader)
{
	if (reader->keys != NULL && sqlite3_get_autocommit(reader->db) != 0)
		return NULL;
	if (reader->own_keys == NULL)
		reader->own_keys = keys_reader_new(reader->db);
	return reader->own_keys;
}

static int reader_find_key(struct engine_reader *reader,
    const unsigned char key[KEYS_SIZE], int64_t *row, struct error *err)
{
	struct keys_reader *own = reader_own_keys(reader);
	return own != NULL ? keys_reader_find(own, key, row, err)
			   : keys_find(reader->keys, reader->db, key, row, err);
}

int sqlite_reader_key_prefix(struct engine_reader *reader,
    const unsigned char prefix[KEYS_SIZE / 2], int64_t **rows, size_t *count,
    struct error *err)
{
	struct keys_reader *own = reader_own_keys(reader);
	return own != NULL ? keys_reader_find_prefix(own, prefix, rows, count, err)
			   : keys_find_prefix(
				 reader->keys, reader->db, prefix, rows, count, err);
}

/* The key may move to another row between the look at the keys and the look at the
 * row: then there is a newer entry to follow. */
static int reader_follow_key(struct engine_reader *reader, const char *collection,
    const char *key_field, struct span key, struct store_doc *found, struct error *err)
{
	unsigned char hash[KEYS_SIZE];
	int64_t row, before = 0;
	sqlite_key_hash(hash, collection, key);
	for (;;) {
		int rc = reader_find_key(reader, hash, &row, err);
		if (rc != 1 || row == before)
			return rc == 1 ? 0 : rc;
		rc = reader_read_row(reader, collection, row, found, err);
		if (rc < 0 || (rc == 1 && sqlite_key_is(found->json, key_field, key)))
			return rc;
		(void)reader_not_found(found);
		before = row;
	}
}

int sqlite_reader_by_key(struct engine_reader *reader, const char *collection,
    const char *key_field, struct span key, struct store_doc *found, struct error *err)
{
	/* One snapshot for key and row costs less than two; but the writer's memory must
	 * be asked before a snapshot is taken. */
	if (reader->keys != NULL || sqlite3_get_autocommit(reader->db) == 0)
		return reader_follow_key(
		    reader, collection, key_field, key, found, err);
	if (sqlite_snapshot_begin(reader, err) < 0)
		return -1;
	int rc = reader_follow_key(reader, collection, key_field, key, found, err);
	return sqlite_snapshot_end(reader, rc, err);
}

int sqlite_reader_by_id(struct engine_reader *reader, const char *collection,
    struct span id, struct store_doc *found, struct error *err)
{
	int64_t row = store_id_row(id);
	if (row == 0)
		return 0;
	int rc = reader_read_row(reader, collection, row, found, err);
	if (rc != 1)
		return rc;
	const json_t *own = json_object_get(found->json, "_id");
	bool same = json_is_string(own) && span_is(id, json_string_value(own));
	return same ? 1 : reader_not_found(found);
}

int sqlite_reader_get(struct engine_reader *reader, const char *collection,
    struct span key, bool by_id, json_t **out, struct error *err)
{
	struct store_doc found = {0};
	const char *key_field = NULL;
	int rc = sqlite_reader_collection(reader, collection, &key_field, err);
	if (rc == 1 && by_id)
		rc = sqlite_reader_by_id(reader, collection, key, &found, err);
	else if (rc == 1 && key_field == NULL)
		rc = error_set(err, "collection '%s' has no key", collection);
	else if (rc == 1)
		rc = sqlite_reader_by_key(
		    reader, collection, key_field, key, &found, err);
	*out = found.json;
	return rc;
}

int sqlite_reader_lookup(struct engine_reader *reader, struct store_key *key,
    int64_t *event_id, struct error *err)
{
	return reader_find_key(reader, sqlite_key_event(key), event_id, err);
}
