#include "sqlite/sqlite_forget.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query/holds.h"
#include "sqlite/forget_calls.h"
#include "sqlite/sqlite_docs.h"
#include "sqlite/sqlite_reader.h"
#include "sqlite/sqlite_writer.h"
#include "store/reserved.h"
#include "util/mem.h"

enum {
	EMPTY_TRIES = 20, /* to empty the log in spite of readers */
	EMPTY_PAUSE_US = 100000,
	SID_COLUMN =
	    1, /* of the query of events; and the route's, and the parameters' */
	ROUTE_COLUMN = 2,
	PARAMS_COLUMN = 5
};

struct forget {
	struct engine_db *db;
	struct engine_reader *reader;
	struct holds address;
	const char *collection; /* whose documents are looked at */
	bool all;               /* of them are the person's */
	struct calls calls;     /* the person's, of a part of the events */

	enum {
		LOOK_FOR_ADDRESS,
		LOOK_FOR_CALLS, /* of events with the address: nothing is erased */
		LOOK_FOR_OTHERS /* events of those calls without the address */
	} look;

	/* the rows of a slice that hold the address */
	struct {
		int64_t id;
		bool named; /* by its SID or route */
	} rows[SQLITE_SLICE_ROWS];

	size_t count;
	struct store_forgotten *out;
};

/* ---- erasing: by the writer, each slice in a transaction of its own ---- */

static int forget_empty_events(struct engine_db *db, void *ctx, struct error *err)
{
	struct forget *f = ctx;
	int rc = 0;
	sqlite3_stmt *stmt = sqlite_db_prepare(db->writer.db,
	    "UPDATE event SET params = '{}', raw = NULL, query = NULL, failure = NULL,"
	    " request = NULL, reply_type = NULL, reply_body = NULL,"
	    " sid = CASE WHEN ?2 THEN NULL ELSE sid END,"
	    " route = CASE WHEN ?2 THEN NULL ELSE route END WHERE id = ?1",
	    err);
	if (stmt == NULL)
		return -1;
	for (size_t i = 0; i < f->count && rc == 0; i++) {
		(void)sqlite3_bind_int64(stmt, 1, f->rows[i].id);
		(void)sqlite3_bind_int(stmt, 2, f->rows[i].named);
		rc = sqlite_db_run(stmt, err);
	}
	(void)sqlite3_finalize(stmt);
	f->out->events += (int64_t)f->count;
	return rc;
}

static int forget_remove_documents(struct engine_db *db, void *ctx, struct error *err)
{
	struct forget *f = ctx;
	int rc = 0;
	for (size_t i = 0; i < f->count && rc == 0; i++)
		rc = sqlite_docs_erase(
		    db, f->collection, &f->rows[i].id, 1, &f->out->documents, err);
	return rc;
}

/* Puts `with` in place of the texts that hold the address; true when there were any. */
static bool forget_replace(struct forget *f, json_t *json, json_t *with)
{
	size_t index;
	const char *name;
	json_t *inner;
	bool any = false;
	json_array_foreach(json, index, inner) {
		any = forget_replace(f, inner, with) || any;
	}
	json_object_foreach(json, name, inner) {
		if (holds_text(&f->address, span_of(json_string_value(inner))))
			any = json_object_set(json, name, with) == 0;
	}
	return any;
}

/* An alert counts other people's failures too: it stays, without its texts. One that is
 * grouped by the address does not. */
static int forget_edit_alert(const void *ctx, json_t *doc, struct error *err)
{
	struct forget *const *f = ctx;
	struct span group = span_of(json_string_value(json_object_get(doc, "group")));
	(void)err;
	if (holds_text(&(*f)->address, group))
		return 0;
	bool replaced = forget_replace(*f, doc, json_null());
	(*f)->out->errors += replaced;
	return replaced;
}

static int forget_edit_alerts(struct engine_db *db, void *ctx, struct error *err)
{
	struct forget *f = ctx;
	enum sqlite_applied applied = SQLITE_APPLIED;
	for (size_t i = 0; i < f->count && applied == SQLITE_APPLIED; i++) {
		struct store_write write = {.op = STORE_UPDATE,
		    .collection = f->collection,
		    .ids = &f->rows[i].id,
		    .id_count = 1,
		    .edit = forget_edit_alert,
		    .edit_ctx = &f,
		    .expect = -1};
		applied = sqlite_docs_apply(db, &write, err);
	}
	return applied == SQLITE_APPLIED ? 0 : -1;
}

/* The errors and the progress of a job that is about somebody else. */
static int forget_edit_job(
    struct forget *f, sqlite3_stmt *select, sqlite3_stmt *update, struct error *err)
{
	int rc = sqlite_db_step(select, err);
	if (rc != 1)
		return rc;
	struct span text = sqlite_db_column(select, 1);
	struct span progress = sqlite_db_column(select, 2);
	json_t *errors = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
	json_t *erased = json_string("(erased)");
	if (errors != NULL && forget_replace(f, errors, erased)) {
		char *edited = json_dumps(errors, JSON_COMPACT);
		(void)sqlite3_bind_text(update, 2, edited, -1, free);
	} else {
		sqlite_db_text(update, 2, text);
	}
	sqlite_db_text(
	    update, 3, holds_text(&f->address, progress) ? (struct span){0} : progress);
	rc = sqlite_db_run(update, err);
	(void)sqlite3_clear_bindings(update);
	(void)sqlite3_reset(select);
	json_decref(erased);
	json_decref(errors);
	f->out->errors++;
	return rc;
}

static int forget_edit_jobs(struct engine_db *db, void *ctx, struct error *err)
{
	struct forget *f = ctx;
	sqlite3_stmt *select = sqlite_db_prepare(
	    db->writer.db, "SELECT id, errors, progress FROM job WHERE id = ?", err);
	sqlite3_stmt *update = sqlite_db_prepare(db->writer.db,
	    "UPDATE job SET errors = ?2, progress = ?3 WHERE id = ?1", err);
	int rc = select == NULL || update == NULL ? -1 : 0;
	for (size_t i = 0; i < f->count && rc == 0; i++) {
		(void)sqlite3_bind_int64(select, 1, f->rows[i].id);
		(void)sqlite3_bind_int64(update, 1, f->rows[i].id);
		rc = forget_edit_job(f, select, update, err);
	}
	(void)sqlite3_finalize(select);
	(void)sqlite3_finalize(update);
	return rc;
}

/* ---- looking, in slices, beside the writer ---- */

static bool forget_wants(struct forget *f, sqlite3_stmt *stmt, bool found)
{
	struct span params;
	if (f->look == LOOK_FOR_ADDRESS)
		return found;
	params = sqlite_db_column(stmt, PARAMS_COLUMN);
	if (f->look == LOOK_FOR_OTHERS)
		return !found && calls_hold(&f->calls, params);
	if (found)
		calls_add(&f->calls, params);
	return false;
}

/* Adds the row to those of the slice when it is to be erased. */
static void forget_look_at(struct forget *f, sqlite3_stmt *stmt, size_t *bytes)
{
	bool found = f->all, named = false;
	for (int i = 1; i < sqlite3_column_count(stmt); i++) {
		struct span text = sqlite_db_column(stmt, i);
		bool holds = holds_text(&f->address, text);
		found = found || holds;
		named = named || (holds && (i == SID_COLUMN || i == ROUTE_COLUMN));
		*bytes += text.len;
	}
	if (!forget_wants(f, stmt, found))
		return;
	f->rows[f->count].id = sqlite3_column_int64(stmt, 0);
	f->rows[f->count++].named = named;
}

static bool forget_is_full(const struct forget *f)
{
	return f->look == LOOK_FOR_CALLS && calls_full(&f->calls);
}

/* Looks at a slice of the rows after *id up to last: 1, 0 when there are no more, -1. */
static int forget_look(
    struct forget *f, const char *sql, int64_t *id, int64_t last, struct error *err)
{
	int rc = 1;
	size_t bytes = 0;
	sqlite3_stmt *stmt = sqlite_cache_get(&f->reader->cache, sql, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, *id);
	(void)sqlite3_bind_int64(stmt, 2, last);
	f->count = 0;
	for (int rows = 0; rows < SQLITE_SLICE_ROWS && bytes < SQLITE_SLICE_BYTES &&
			   !forget_is_full(f) && (rc = sqlite_db_step(stmt, err)) == 1;
	     rows++) {
		*id = sqlite3_column_int64(stmt, 0);
		forget_look_at(f, stmt, &bytes);
	}
	(void)sqlite3_reset(stmt);
	return rc;
}

/* The query gives an id and texts, of the rows with ids after ?1 up to ?2. *id becomes the
 * last that was looked at. 1 when there are more and no room for their calls. */
static int forget_walk(struct forget *f, const char *sql, int64_t *id, int64_t last,
    int (*erase)(struct engine_db *db, void *ctx, struct error *err), struct error *err)
{
	int rc = 1;
	while (rc == 1 && !forget_is_full(f)) {
		struct sqlite_task task = {.run = erase, .ctx = f};
		rc = forget_look(f, sql, id, last, err);
		if (rc >= 0 && f->count > 0 && sqlite_writer_do(f->db, &task, err) < 0)
			rc = -1;
	}
	return rc;
}

static int forget_all(struct forget *f, const char *sql,
    int (*erase)(struct engine_db *db, void *ctx, struct error *err), struct error *err)
{
	int64_t id = 0;
	return forget_walk(f, sql, &id, INT64_MAX, erase, err);
}

/* Events that hold the address go after the others of their calls, which are known by them
 * alone: so what was broken off can be done again. As many calls at a time as there is
 * room for. */
static int forget_events(struct forget *f, struct error *err)
{
	static const char sql[] =
	    "SELECT id, sid, route, query, failure, params, raw, reply_type, reply_body,"
	    " request FROM event WHERE id > ?1 AND id <= ?2 ORDER BY id";
	int64_t erased = 0, last = 0;
	int rc = 1;
	while (rc == 1) {
		memset(&f->calls, 0, sizeof(f->calls));
		f->look = LOOK_FOR_CALLS;
		rc = forget_walk(f, sql, &last, INT64_MAX, NULL, err);
		f->look = LOOK_FOR_OTHERS;
		if (rc >= 0 && f->calls.count > 0 &&
		    forget_all(f, sql, forget_empty_events, err) < 0)
			rc = -1;
		f->look = LOOK_FOR_ADDRESS;
		if (rc >= 0 &&
		    forget_walk(f, sql, &erased, last, forget_empty_events, err) < 0)
			rc = -1;
	}
	return rc;
}

static int forget_documents(struct forget *f, const char *collection, struct error *err)
{
	char *sql = mem_printf(
	    "SELECT id, doc FROM \"doc_%s\" WHERE id > ?1 AND id <= ?2 ORDER BY id",
	    collection);
	int rc = 0;
	f->collection = collection;
	f->all = holds_text(&f->address, span_of(collection));
	if (strcmp(collection, COLLECTION_ALERTS) == 0)
		rc = forget_all(f, sql, forget_edit_alerts, err);
	if (rc == 0)
		rc = forget_all(f, sql, forget_remove_documents, err);
	f->all = false;
	free(sql);
	return rc;
}

static int forget_collections(struct forget *f, struct error *err)
{
	struct arena *arena = arena_new();
	struct store_collection *c = NULL;
	int rc = sqlite_reader_collections(f->reader, false, arena, &c, err);
	for (; c != NULL && rc == 0; c = c->next)
		rc = forget_documents(f, c->name, err);
	arena_free(arena);
	return rc;
}

/* Names cannot be erased: the app uses them. */
static int forget_count_names(struct forget *f, struct error *err)
{
	int rc;
	sqlite3_stmt *stmt = sqlite_cache_get(&f->reader->cache,
	    "SELECT name FROM collections UNION SELECT path FROM indexes"
	    " UNION SELECT name FROM job_queue",
	    err);
	if (stmt == NULL)
		return -1;
	while ((rc = sqlite_db_step(stmt, err)) == 1)
		f->out->names += holds_text(&f->address, sqlite_db_column(stmt, 0));
	return rc;
}

static int forget_rows(struct forget *f, struct error *err)
{
	static const char jobs[] =
	    "SELECT id, errors, progress FROM job WHERE id > ?1 AND id <= ?2 AND"
	    " (errors IS NOT NULL OR progress IS NOT NULL) ORDER BY id";
	return forget_events(f, err) < 0 || forget_collections(f, err) < 0 ||
		       forget_all(f, jobs, forget_edit_jobs, err) < 0
		   ? -1
		   : forget_count_names(f, err);
}

/* ---- the log ---- */

static int forget_try_to_empty_log(struct engine_db *db, void *ctx, struct error *err)
{
	(void)ctx;
	int rc = checkpoint_truncate(db->checkpoint, db->writer.db, err);
	/* The pages in its cache are not wiped; those in the file are. */
	if (rc == 0)
		(void)sqlite3_db_release_memory(db->writer.db);
	return rc;
}

/* Erased bytes are in the log until that is emptied. The writer goes on committing
 * between the attempts, and has little to write back itself. */
static int forget_empty_log(struct engine_db *db, struct error *err)
{
	int rc = 1;
	for (int i = 0; i < EMPTY_TRIES && rc == 1; i++) {
		struct sqlite_task task = {
		    .run = forget_try_to_empty_log, .bare = true};
		if (i > 0)
			(void)usleep(EMPTY_PAUSE_US);
		checkpoint_ahead(db->checkpoint);
		rc = sqlite_writer_do(db, &task, err);
	}
	if (rc == 1)
		return error_set(err,
		    "it is erased, but a reader keeps the old state in %s/offhook.db-wal: "
		    "end it and try again",
		    db->dir);
	return rc;
}

int sqlite_forget(struct engine_db *db, struct span address,
    struct store_forgotten *out, struct error *err)
{
	struct forget *f = mem_new(1, sizeof(*f));
	f->db = db;
	holds_init(&f->address, address);
	f->out = out;
	int rc = sqlite_reader_new(&f->reader, db, err);
	if (rc == 0)
		rc = forget_rows(f, err);
	sqlite_reader_close(f->reader);
	if (rc == 0)
		rc = forget_empty_log(db, err);
	holds_clear(&f->address);
	free(f);
	return rc;
}
