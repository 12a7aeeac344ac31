#include "sqlite/sqlite_find.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/sqlite_index.h"
#include "sqlite/sqlite_key.h"
#include "sqlite/sqlite_reader.h"
#include "util/buf.h"
#include "util/mem.h"

/* One walk over the documents of a collection. */
struct walk {
	struct engine_reader *reader;
	const char *collection;
	const struct filter *filter;
	bool (*each)(void *ctx, int64_t row, json_t *doc);
	void *ctx;
	bool ended;
};

static void give(struct walk *walk, int64_t row, json_t *doc)
{
	if (walk->filter == NULL || filter_match(walk->filter, doc))
		walk->ended = !walk->each(walk->ctx, row, doc);
}

/* ---- slices ---- */

struct slice {
	struct buf text;

	struct {
		int64_t row;
		size_t end; /* where its text ends */
	} docs[SQLITE_SLICE_ROWS];

	size_t count;
	bool last;
};

/* Copies rows out, so that no snapshot is held while they are looked at. The statement
 * gives (id, doc) and has been bound. */
static int read_slice(struct slice *slice, sqlite3_stmt *stmt, struct error *err)
{
	int rc = 1;
	slice->count = 0;
	buf_clear(&slice->text);
	while (slice->count < SQLITE_SLICE_ROWS &&
	       slice->text.len < SQLITE_SLICE_BYTES &&
	       (rc = sqlite_db_step(stmt, err)) == 1) {
		buf_put(&slice->text, sqlite_db_column(stmt, 1));
		slice->docs[slice->count].row = sqlite3_column_int64(stmt, 0);
		slice->docs[slice->count++].end = slice->text.len;
	}
	(void)sqlite3_reset(stmt);
	slice->last = rc == 0 && slice->count < SQLITE_SLICE_ROWS;
	return rc < 0 ? -1 : 0;
}

static void give_slice(struct walk *walk, const struct slice *slice)
{
	size_t start = 0;
	for (size_t i = 0; i < slice->count && !walk->ended; i++) {
		size_t end = slice->docs[i].end;
		json_t *doc = json_loadb(
		    slice->text.ptr + start, end - start, JSON_ALLOW_NUL, NULL);
		if (doc != NULL)
			give(walk, slice->docs[i].row, doc);
		json_decref(doc);
		start = end;
	}
}

/* Repeats a statement whose ?2 is the row to go on after. */
static int walk_slices(struct walk *walk, sqlite3_stmt *stmt, struct error *err)
{
	struct slice *slice = mem_new(1, sizeof(*slice));
	int64_t after = 0;
	int rc = 0;
	while (rc == 0 && !walk->ended && !slice->last) {
		(void)sqlite3_bind_int64(stmt, 2, after);
		rc = read_slice(slice, stmt, err);
		if (rc == 0)
			give_slice(walk, slice);
		if (slice->count > 0)
			after = slice->docs[slice->count - 1].row;
	}
	buf_free(&slice->text);
	free(slice);
	return rc;
}

static int walk_all(struct walk *walk, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_reader_stmt(walk->reader,
	    "SELECT id, doc FROM \"doc_%w\" WHERE id > ?2 ORDER BY id LIMIT 500",
	    walk->collection, err);
	return stmt == NULL ? -1 : walk_slices(walk, stmt, err);
}

/* ---- by index ---- */

/* Whether a value can be looked for in an index: null also matches what is missing,
 * and SQL text ends at a NUL. */
static bool bind_value(sqlite3_stmt *stmt, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		if (strlen(json_string_value(value)) != json_string_length(value))
			return false;
		sqlite_db_text(stmt, 1, span_of(json_string_value(value)));
		return true;
	case JSON_INTEGER:
		(void)sqlite3_bind_int64(stmt, 1, json_integer_value(value));
		return true;
	case JSON_REAL:
		(void)sqlite3_bind_double(stmt, 1, json_real_value(value));
		return true;
	case JSON_TRUE:
	case JSON_FALSE:
		(void)sqlite3_bind_int(stmt, 1, json_is_true(value));
		return true;
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return false;
}

struct indexed {
	struct walk *walk;
	sqlite3_stmt *stmt; /* bound, or NULL when no index helps */
	struct error *err;
	int rc;
};

static bool try_index(void *ctx, const char *path, const json_t *value)
{
	struct indexed *indexed = ctx;
	struct walk *walk = indexed->walk;
	sqlite3_stmt *stmt = sqlite_cache_get(&walk->reader->cache,
	    "SELECT 1 FROM indexes WHERE collection = ? AND path = ?", indexed->err);
	if (stmt == NULL) {
		indexed->rc = -1;
		return false;
	}
	sqlite_db_text(stmt, 1, span_of(walk->collection));
	sqlite_db_text(stmt, 2, span_of(path));
	indexed->rc = sqlite_db_step(stmt, indexed->err);
	(void)sqlite3_reset(stmt);
	if (indexed->rc != 1)
		return indexed->rc == 0;
	char *sql = sqlite_index_query(walk->collection, path);
	indexed->stmt = sqlite_cache_get(&walk->reader->cache, sql, indexed->err);
	free(sql);
	indexed->rc = indexed->stmt == NULL ? -1 : 0;
	if (indexed->stmt != NULL && !bind_value(indexed->stmt, value))
		indexed->stmt = NULL;
	return indexed->rc == 0 && indexed->stmt == NULL;
}

/* ---- by "_id" or key ---- */

/* True when the filter names one document at most, *rc being the outcome. */
static bool walk_one(
    struct walk *walk, const char *key_field, int *rc, struct error *err)
{
	char digits[SQLITE_KEY_DIGITS];
	struct span text;
	struct sqlite_found found = {0};
	const json_t *id = filter_equals(walk->filter, "_id");
	const json_t *key =
	    key_field == NULL ? NULL : filter_equals(walk->filter, key_field);
	if (json_is_string(id))
		*rc = sqlite_reader_by_id(walk->reader, walk->collection,
		    span_of(json_string_value(id)), &found, err);
	else if (key != NULL && sqlite_key_text(&text, key, digits))
		*rc = sqlite_reader_by_key(
		    walk->reader, walk->collection, key_field, text, &found, err);
	else
		return false;
	if (*rc == 1)
		give(walk, found.row, found.doc);
	json_decref(found.doc);
	*rc = *rc < 0 ? -1 : 0;
	return true;
}

int sqlite_find(struct engine_reader *reader, const char *collection,
    const struct filter *filter, bool (*each)(void *ctx, int64_t row, json_t *doc),
    void *ctx, struct error *err)
{
	struct walk walk = {.reader = reader,
	    .collection = collection,
	    .filter = filter,
	    .each = each,
	    .ctx = ctx};
	struct indexed indexed = {.walk = &walk, .err = err};
	char *key_field = NULL;
	int rc = sqlite_reader_collection(reader, collection, &key_field, err);
	if (rc == 1 && filter != NULL && walk_one(&walk, key_field, &rc, err)) {
		free(key_field);
		return rc;
	}
	free(key_field);
	if (rc != 1)
		return rc;
	if (filter != NULL)
		filter_equalities(filter, try_index, &indexed);
	if (indexed.rc < 0)
		return -1;
	return indexed.stmt != NULL ? walk_slices(&walk, indexed.stmt, err)
				    : walk_all(&walk, err);
}
