#include "sqlite/sqlite_forget.h"

#include <stdlib.h>
#include <unistd.h>

#include "query/holds.h"
#include "sqlite/sqlite_docs.h"
#include "sqlite/sqlite_events.h"
#include "sqlite/sqlite_find.h"
#include "sqlite/sqlite_reader.h"
#include "sqlite/sqlite_writer.h"
#include "util/mem.h"

enum {
	ERASE_AT_ONCE = 500,
	EMPTY_TRIES = 20, /* to empty the log in spite of readers */
	EMPTY_PAUSE_US = 100000
};

struct forget {
	struct engine_db *db;
	struct engine_reader *reader;
	struct holds address;
	const char *collection; /* whose documents ids are; NULL: events */
	int64_t ids[ERASE_AT_ONCE];
	size_t count;
	struct store_forgotten *out;
};

/* ---- erasing, by the writer ---- */

static int forget_erase(struct engine_db *db, void *ctx, struct error *err)
{
	struct forget *f = ctx;
	int rc = 0;
	if (f->collection != NULL)
		return sqlite_docs_erase(
		    db, f->collection, f->ids, f->count, &f->out->documents, err);
	sqlite3_stmt *stmt = sqlite_db_prepare(db->writer.db,
	    "UPDATE event SET params = '{}', raw = NULL, query = NULL, failure = NULL,"
	    " request = NULL, reply_type = NULL, reply_body = NULL WHERE id = ?",
	    err);
	if (stmt == NULL)
		return -1;
	for (size_t i = 0; i < f->count && rc == 0; i++) {
		(void)sqlite3_bind_int64(stmt, 1, f->ids[i]);
		rc = sqlite_db_run(stmt, err);
		f->out->events++;
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int forget_erase_now(struct forget *f, struct error *err)
{
	struct sqlite_task task = {.run = forget_erase, .ctx = f};
	int rc = f->count == 0 ? 0 : sqlite_writer_do(f->db, &task, err);
	f->count = 0;
	return rc;
}

static int forget_add(struct forget *f, int64_t id, struct error *err)
{
	f->ids[f->count++] = id;
	return f->count == ERASE_AT_ONCE ? forget_erase_now(f, err) : 0;
}

/* ---- all of it ---- */

static int forget_documents(struct forget *f, const char *collection, struct error *err)
{
	struct store_doc doc;
	int rc, erased = 0;
	struct engine_docs *docs = sqlite_find(f->reader, collection, NULL);
	f->collection = collection;
	while (erased == 0 && (rc = docs->next(docs, &doc, err)) == 1) {
		if (holds_value(&f->address, doc.json))
			erased = forget_add(f, doc.row, err);
	}
	docs->close(docs);
	return erased < 0 || rc < 0 ? -1 : forget_erase_now(f, err);
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

static int forget_events(struct forget *f, struct error *err)
{
	struct store_event event;
	int rc, erased = 0;
	struct store_events *events =
	    sqlite_events(f->reader, &(struct store_event_query){0});
	while (erased == 0 && (rc = events->next(events, &event, err)) == 1) {
		if (holds_text(&f->address, event.params) ||
		    holds_target(&f->address, event.query))
			erased = forget_add(f, event.id, err);
	}
	events->close(events);
	return erased < 0 || rc < 0 ? -1 : forget_erase_now(f, err);
}

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
		rc = forget_events(f, err);
	if (rc == 0)
		rc = forget_collections(f, err);
	sqlite_reader_close(f->reader);
	if (rc == 0)
		rc = forget_empty_log(db, err);
	holds_clear(&f->address);
	free(f);
	return rc;
}
