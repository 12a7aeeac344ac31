#include "sqlite/sqlite_find.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/sqlite_index.h"
#include "sqlite/sqlite_key.h"
#include "sqlite/sqlite_reader.h"
#include "util/buf.h"
#include "util/container.h"
#include "util/mem.h"

/* A walk over the documents of a collection. */
struct walk {
	struct engine_docs docs;
	struct engine_reader *reader;
	const char *collection;
	const struct filter *filter;
	bool stamped; /* stamps are asked for */
	struct budget budget;
	bool begun;
	char *sql; /* gives (id, doc) of rows after ?2; NULL: there are no more */
	const json_t *value;    /* its ?1, when it goes through an index */
	struct store_doc given; /* the last one, ours */
	/* the slice: rows copied out of the database, so that no snapshot is held while
	 * they are looked at */
	struct buf text;

	struct {
		int64_t row;
		size_t end; /* where its text ends */
	} list[SQLITE_SLICE_ROWS];

	size_t count, next;
};

/* ---- how to read ---- */

/* Not null, which also matches what is missing; nor text with a NUL, at which SQL text
 * ends. */
static bool can_be_looked_up(const json_t *value)
{
	if (json_is_string(value))
		return strlen(json_string_value(value)) == json_string_length(value);
	return json_is_number(value) || json_is_boolean(value);
}

static void bind_value(sqlite3_stmt *stmt, const json_t *value)
{
	if (json_is_string(value))
		sqlite_db_text(stmt, 1, span_of(json_string_value(value)));
	else if (json_is_integer(value))
		(void)sqlite3_bind_int64(stmt, 1, json_integer_value(value));
	else if (json_is_real(value))
		(void)sqlite3_bind_double(stmt, 1, json_real_value(value));
	else if (value != NULL)
		(void)sqlite3_bind_int(stmt, 1, json_is_true(value));
}

/* The first index on a path of which the filter wants one value. */
static int docs_use_index(struct walk *walk, struct error *err)
{
	int rc = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(
	    &walk->reader->cache, "SELECT path FROM indexes WHERE collection = ?", err);
	if (stmt == NULL)
		return -1;
	sqlite_db_text(stmt, 1, span_of(walk->collection));
	while (walk->sql == NULL && (rc = sqlite_db_step(stmt, err)) == 1) {
		const char *path = (const char *)sqlite3_column_text(stmt, 0);
		walk->value = filter_equals(walk->filter, path);
		if (can_be_looked_up(walk->value))
			walk->sql = sqlite_index_query(walk->collection, path);
	}
	(void)sqlite3_reset(stmt);
	if (walk->sql == NULL)
		walk->value = NULL;
	return walk->sql == NULL && rc < 0 ? -1 : 0;
}

/* Reads the document that the filter names by "_id" or key: 1, 0 when there is none, -1.
 * *named: whether it names one. */
static int docs_read_named(
    struct walk *walk, const char *key_field, bool *named, struct error *err)
{
	char digits[SQLITE_KEY_DIGITS];
	struct span text;
	const json_t *id = filter_equals(walk->filter, "_id");
	const json_t *key =
	    key_field == NULL ? NULL : filter_equals(walk->filter, key_field);
	*named = true;
	if (json_is_string(id))
		return sqlite_reader_by_id(walk->reader, walk->collection,
		    span_of(json_string_value(id)), &walk->given, err);
	if (key != NULL && sqlite_key_text(&text, key, digits))
		return sqlite_reader_by_key(
		    walk->reader, walk->collection, key_field, text, &walk->given, err);
	*named = false;
	return 0;
}

/* Reads the only document, or sets how the others are read. */
static int docs_begin(struct walk *walk, struct error *err)
{
	const char *key_field = NULL;
	bool named = false;
	int rc =
	    sqlite_reader_collection(walk->reader, walk->collection, &key_field, err);
	bool exists = rc == 1;
	if (exists && walk->filter != NULL) {
		rc = docs_read_named(walk, key_field, &named, err);
		if (!named)
			rc = docs_use_index(walk, err);
	}
	if (exists && !named && walk->sql == NULL)
		walk->sql = mem_printf(
		    "SELECT id, doc FROM \"doc_%s\" WHERE id > ?2 ORDER BY id LIMIT 500",
		    walk->collection);
	return rc < 0 ? -1 : 0;
}

/* ---- slices ---- */

static int docs_read_slice(struct walk *walk, struct error *err)
{
	int rc = 1;
	int64_t after = walk->count > 0 ? walk->list[walk->count - 1].row : 0;
	sqlite3_stmt *stmt = sqlite_cache_get(&walk->reader->cache, walk->sql, err);
	if (stmt == NULL)
		return -1;
	bind_value(stmt, walk->value);
	(void)sqlite3_bind_int64(stmt, 2, after);
	walk->count = walk->next = 0;
	buf_clear(&walk->text);
	while (walk->count < SQLITE_SLICE_ROWS && walk->text.len < SQLITE_SLICE_BYTES &&
	       (rc = sqlite_db_step(stmt, err)) == 1) {
		buf_put(&walk->text, sqlite_db_column(stmt, 1));
		walk->list[walk->count].row = sqlite3_column_int64(stmt, 0);
		walk->list[walk->count++].end = walk->text.len;
	}
	(void)sqlite3_reset(stmt);
	if (rc == 0 && walk->count < SQLITE_SLICE_ROWS) {
		free(walk->sql);
		walk->sql = NULL;
	}
	return rc < 0 ? -1 : 0;
}

/* ---- the cursor ---- */

static void docs_drop(struct walk *walk)
{
	json_decref(walk->given.json);
	walk->given = (struct store_doc){0};
}

/* Takes the next one of the slice. */
static void docs_take(struct walk *walk)
{
	size_t start = walk->next == 0 ? 0 : walk->list[walk->next - 1].end;
	struct span text = {walk->text.ptr + start, walk->list[walk->next].end - start};
	walk->given.row = walk->list[walk->next++].row;
	walk->given.json = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
	if (walk->stamped)
		walk->given.stamp = sqlite_db_stamp(text);
}

static int docs_next(struct engine_docs *docs, struct store_doc *out, struct error *err)
{
	struct walk *walk = container_of(docs, struct walk, docs);
	docs_drop(walk);
	if (!walk->begun && docs_begin(walk, err) < 0)
		return -1;
	walk->begun = true;
	for (;;) {
		int matches = walk->given.json == NULL ? 0
			      : walk->filter == NULL
				  ? 1
				  : filter_match(walk->filter, walk->given.json,
					&walk->budget, err);
		if (matches < 0)
			return -1;
		if (matches == 1)
			break;
		docs_drop(walk);
		if (walk->next < walk->count)
			docs_take(walk);
		else if (walk->sql == NULL)
			return 0;
		else if (docs_read_slice(walk, err) < 0)
			return -1;
	}
	*out = walk->given;
	return 1;
}

static void docs_close(struct engine_docs *docs)
{
	struct walk *walk = container_of(docs, struct walk, docs);
	docs_drop(walk);
	free(walk->sql);
	buf_free(&walk->text);
	free(walk);
}

struct engine_docs *sqlite_find(
    struct engine_reader *reader, const struct store_query *query)
{
	struct walk *walk = mem_new(1, sizeof(*walk));
	walk->docs = (struct engine_docs){docs_next, docs_close};
	walk->reader = reader;
	walk->collection = query->collection;
	walk->filter = query->filter;
	walk->stamped = query->stamped;
	walk->budget = budget_of(BUDGET_QUERY_MS);
	return &walk->docs;
}
