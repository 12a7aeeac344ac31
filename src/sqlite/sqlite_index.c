#include "sqlite/sqlite_index.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/sqlite_collection.h"
#include "sqlite/sqlite_db.h"
#include "sqlite/sqlite_writer.h"
#include "util/buf.h"

/* ---- SQL ---- */

/* Path a.b as SQLite's '$."a"."b"', up to `parts` parts. */
static void json_path(struct buf *out, const char *path, size_t parts)
{
	buf_puts(out, "'$");
	while (parts-- > 0) {
		size_t len = strcspn(path, ".");
		buf_printf(out, ".\"%.*s\"", (int)len, path);
		path += len + (path[len] == '.');
	}
	buf_putc(out, '\'');
}

static size_t part_count(const char *path)
{
	size_t count = 1;
	for (; *path != '\0'; path++)
		count += *path == '.';
	return count;
}

static void value_expression(struct buf *out, const char *path)
{
	buf_puts(out, "json_extract(doc, ");
	json_path(out, path, part_count(path));
	buf_putc(out, ')');
}

/* True when there is an array at the path or on the way to it. */
static void array_expression(struct buf *out, const char *path)
{
	buf_putc(out, '(');
	for (size_t parts = 1; parts <= part_count(path); parts++) {
		buf_puts(out, parts == 1 ? "json_type(doc, " : " OR json_type(doc, ");
		json_path(out, path, parts);
		buf_puts(out, ") = 'array'");
	}
	buf_putc(out, ')');
}

char *sqlite_index_query(const char *collection, const char *path)
{
	struct buf sql = {0};
	buf_printf(&sql, "SELECT id, doc FROM \"doc_%s\" WHERE ", collection);
	value_expression(&sql, path);
	buf_puts(&sql, " = ?1 AND id > ?2 AND NOT ");
	array_expression(&sql, path);
	buf_printf(
	    &sql, " UNION ALL SELECT id, doc FROM \"doc_%s\" WHERE ", collection);
	array_expression(&sql, path);
	buf_puts(&sql, " AND id > ?2 ORDER BY id LIMIT 500");
	return sql.ptr;
}

static char *make_indexes(const char *collection, const char *path)
{
	struct buf sql = {0};
	buf_printf(&sql, "CREATE INDEX \"by_%s_%s\" ON \"doc_%s\"(", collection, path,
	    collection);
	value_expression(&sql, path);
	buf_printf(&sql, "); CREATE INDEX \"by_%s_%s_array\" ON \"doc_%s\"(id) WHERE ",
	    collection, path, collection);
	array_expression(&sql, path);
	buf_printf(&sql, "; INSERT INTO indexes VALUES('%s', '%s')", collection, path);
	return sql.ptr;
}

/* ---- tasks of the writer ---- */

struct request {
	const char *collection, *name; /* a key field or a path */
};

static int index_declare(struct engine_db *db, void *ctx, struct error *err)
{
	const struct request *r = ctx;
	return sqlite_collection_declare(&db->writer, r->collection, r->name, err) ==
		       SQLITE_APPLIED
		   ? 0
		   : -1;
}

int sqlite_index_declare(struct engine_db *db, const char *collection,
    const char *key_field, struct error *err)
{
	struct request request = {collection, key_field};
	struct sqlite_task task = {.run = index_declare, .ctx = &request};
	return sqlite_writer_do(db, &task, err);
}

static int index_make(struct engine_db *db, void *ctx, struct error *err)
{
	const struct request *r = ctx;
	struct sqlite_collection *c = NULL;
	if (sqlite_collection_find(&c, &db->writer, r->collection, true, err) !=
	    SQLITE_APPLIED)
		return -1;
	sqlite3_stmt *stmt = sqlite_db_prepare(db->writer.db,
	    "SELECT 1 FROM indexes WHERE collection = ? AND path = ?", err);
	if (stmt == NULL)
		return -1;
	sqlite_db_text(stmt, 1, span_of(r->collection));
	sqlite_db_text(stmt, 2, span_of(r->name));
	int rc = sqlite_db_step(stmt, err);
	(void)sqlite3_finalize(stmt);
	if (rc == 0) {
		char *sql = make_indexes(r->collection, r->name);
		rc = sqlite_db_exec(db->writer.db, sql, err);
		free(sql);
	}
	return rc < 0 ? -1 : 0;
}

int sqlite_index_make(
    struct engine_db *db, const char *collection, const char *path, struct error *err)
{
	struct request request = {collection, path};
	struct sqlite_task task = {.run = index_make, .ctx = &request};
	return sqlite_writer_do(db, &task, err);
}
