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
	struct error *err;
	int rc;
};

/* ---- erasing, by the writer ---- */

static int erase_events(struct engine_db *db, struct forget *f, struct error *err)
{
	int rc = 0;
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

static int erase(struct engine_db *db, void *ctx, struct error *err)
{
	struct forget *f = ctx;
	if (f->collection == NULL)
		return erase_events(db, f, err);
	return sqlite_docs_erase(
	    db, f->collection, f->ids, f->count, &f->out->documents, err);
}

static void erase_now(struct forget *f)
{
	struct sqlite_task task = {.run = erase, .ctx = f};
	if (f->count > 0 && f->rc == 0)
		f->rc = sqlite_writer_do(f->db, &task, f->err);
	f->count = 0;
}

static bool add(struct forget *f, int64_t id)
{
	f->ids[f->count++] = id;
	if (f->count == ERASE_AT_ONCE)
		erase_now(f);
	return f->rc == 0;
}

static bool each_event(void *ctx, const struct store_event *event)
{
	struct forget *f = ctx;
	bool about = holds_text(&f->address, event->params) ||
		     holds_target(&f->address, event->query);
	return !about || add(f, event->id);
}

static bool each_doc(void *ctx, int64_t row, json_t *doc)
{
	struct forget *f = ctx;
	return !holds_value(&f->address, doc) || add(f, row);
}

/* ---- all of it ---- */

struct names {
	char **list;
	size_t count;
};

static bool each_name(void *ctx, const char *name, const char *key_field, int64_t count)
{
	struct names *names = ctx;
	(void)key_field;
	(void)count;
	names->list = mem_resize(names->list, names->count + 1, sizeof(*names->list));
	names->list[names->count++] = mem_strdup(name);
	return true;
}

static int forget_documents(struct forget *f)
{
	struct names names = {0};
	int rc = sqlite_reader_collections(f->reader, each_name, &names, f->err);
	for (size_t i = 0; i < names.count && rc == 0; i++) {
		f->collection = names.list[i];
		rc = sqlite_find(f->reader, names.list[i], NULL, each_doc, f, f->err);
		erase_now(f);
		rc = rc < 0 ? rc : f->rc;
	}
	for (size_t i = 0; i < names.count; i++)
		free(names.list[i]);
	free(names.list);
	return rc;
}

static int forget_events(struct forget *f)
{
	struct store_event_query all = {0};
	int rc = sqlite_events(f->reader, &all, each_event, f, f->err);
	erase_now(f);
	return rc < 0 ? rc : f->rc;
}

static int try_to_empty_log(struct engine_db *db, void *ctx, struct error *err)
{
	(void)ctx;
	return checkpoint_truncate(db->checkpoint, db->writer.db, err);
}

/* What was erased is still in the log until that is emptied. The writer goes on
 * between the attempts. */
static int empty_log(struct engine_db *db, struct error *err)
{
	int rc = 1;
	for (int i = 0; i < EMPTY_TRIES && rc == 1; i++) {
		struct sqlite_task task = {.run = try_to_empty_log, .bare = true};
		if (i > 0)
			(void)usleep(EMPTY_PAUSE_US);
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
	f->err = err;
	int rc = sqlite_reader_new(&f->reader, db, err);
	if (rc == 0)
		rc = forget_events(f);
	if (rc == 0)
		rc = forget_documents(f);
	sqlite_reader_close(f->reader);
	if (rc == 0)
		rc = empty_log(db, err);
	holds_clear(&f->address);
	free(f);
	return rc;
}
