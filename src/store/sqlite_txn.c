#include "store/sqlite_txn.h"

#include "store/sqlite_db.h"
#include "store/sqlite_docs.h"
#include "util/text.h"

static int insert_event(
    struct sqlite_writer *w, const struct store_event *event, struct error *err)
{
	sqlite3_stmt *stmt = w->add_event;
	(void)sqlite3_bind_int64(stmt, 1, event->id);
	(void)sqlite3_bind_int64(stmt, 2, event->received_at_ms);
	sqlite_db_text(stmt, 3, span_of(event->kind));
	sqlite_db_text(stmt, 4, event->sid);
	sqlite_db_text(stmt, 5, event->route);
	sqlite_db_text(stmt, 6, event->query);
	(void)sqlite3_bind_int(stmt, 7, (int)event->state);
	sqlite_db_text(stmt, 8, event->failure);
	sqlite_db_text(stmt, 9, event->params);
	sqlite_db_blob(stmt, 10, event->raw);
	(void)sqlite3_bind_int(stmt, 11, event->reply.status);
	sqlite_db_text(stmt, 12, event->reply.type);
	sqlite_db_text(stmt, 13, event->reply.body);
	return sqlite_db_run(stmt, err);
}

/* Every event with a SID is found by the first half of a key. Where the event's own
 * key does not begin so, one is added that does. */
static void add_keys(struct engine_db *db, const struct store_txn *txn)
{
	const struct store_event *event = &txn->event;
	unsigned char digest[32];
	if (txn->keyed)
		keys_add(db->keys, txn->key, event->id);
	for (size_t i = 0; i < txn->mark_count; i++)
		keys_add(db->keys, txn->marks[i], event->id);
	if (event->sid.len == 0)
		return;
	text_sha256(digest, event->sid);
	if (txn->keyed && memcmp(digest, txn->key, KEYS_SIZE / 2) == 0)
		return;
	memset(digest + KEYS_SIZE / 2, 0, KEYS_SIZE / 2);
	keys_add(db->keys, digest, event->id);
}

static int add_event(struct engine_db *db, struct store_txn *txn, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	txn->event.id = w->next_event;
	if (insert_event(w, &txn->event, err) < 0)
		return -1;
	w->next_event++;
	w->batch_events++;
	add_keys(db, txn);
	return 0;
}

/* A single write of one document checks all before it changes anything. */
static bool needs_savepoint(const struct store_write *writes)
{
	return writes->next != NULL || writes->ids != NULL;
}

static int undo(struct engine_db *db, size_t mark, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	keys_undo(db->keys, mark);
	if (w->made_collection)
		sqlite_collection_forget_all(w);
	return sqlite_db_run(w->undo, err) < 0 || sqlite_db_run(w->release, err) < 0
		   ? -1
		   : 0;
}

static int apply_writes(struct engine_db *db, struct store_txn *txn, struct error *err)
{
	struct sqlite_writer *w = &db->writer;
	size_t mark = keys_mark(db->keys);
	bool guarded = needs_savepoint(txn->writes);
	enum sqlite_applied applied = SQLITE_APPLIED;
	if (guarded && sqlite_db_run(w->savepoint, err) < 0)
		return -1;
	for (const struct store_write *write = txn->writes;
	     write != NULL && applied == SQLITE_APPLIED; write = write->next)
		applied = sqlite_docs_apply(db, write, &txn->error);
	switch (applied) {
	case SQLITE_APPLIED:
		return guarded ? sqlite_db_run(w->release, err) : 0;
	case SQLITE_CONFLICT:
		txn->result = STORE_CONFLICT;
		return guarded ? undo(db, mark, err) : 0;
	case SQLITE_BROKEN:
		break;
	}
	*err = txn->error;
	return -1;
}

int sqlite_txn_apply(struct engine_db *db, struct store_txn *txn, struct error *err)
{
	txn->result = STORE_OK;
	if (txn->writes != NULL && apply_writes(db, txn, err) < 0)
		return -1;
	if (txn->result == STORE_OK && txn->event.kind != NULL)
		return add_event(db, txn, err);
	return 0;
}
