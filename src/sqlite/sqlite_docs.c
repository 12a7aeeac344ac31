#include "sqlite/sqlite_docs.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/sqlite_db.h"
#include "sqlite/sqlite_key.h"

static enum sqlite_applied no_key(const char *collection, struct error *err)
{
	(void)error_set(err,
	    "collection '%s' has no key: declare one before its first document",
	    collection);
	return SQLITE_CONFLICT;
}

/* ---- reading ---- */

/* As sqlite_db_doc. */
static int docs_read_row(struct sqlite_writer *w, struct sqlite_collection *c,
    int64_t row, bool stamped, struct store_doc *found, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_collection_stmt(
	    w, &c->select, "SELECT doc FROM %s WHERE id = ?", c->name, err);
	return stmt == NULL ? -1 : sqlite_db_doc(stmt, row, stamped, found, err);
}

/* A document's key, hashed once. */
struct doc_key {
	struct span value; /* absent: the document has none */
	unsigned char hash[KEYS_SIZE];
	bool known_free; /* looked up: no document has it */
};

static struct doc_key key_of(const struct sqlite_collection *c, struct span value)
{
	struct doc_key key = {.value = value};
	if (value.ptr != NULL)
		sqlite_key_hash(key.hash, c->name, value);
	return key;
}

/* The document with that key: the last row that was entered under it, if that still has
 * the key. 1, 0 or -1. */
static int docs_find_key(struct engine_db *db, struct sqlite_collection *c,
    const struct doc_key *key, struct store_doc *found, struct error *err)
{
	int64_t row;
	int rc = keys_find_uncommitted(db->keys, key->hash, &row, err);
	if (rc == 1)
		rc = docs_read_row(&db->writer, c, row, false, found, err);
	if (rc == 1 && !sqlite_key_is(found->json, c->key_field, key->value)) {
		json_decref(found->json);
		found->json = NULL;
		rc = 0;
	}
	return rc;
}

/* Whether another row than `row` has the key. */
static enum sqlite_applied docs_key_free(struct engine_db *db,
    struct sqlite_collection *c, const struct doc_key *key, int64_t row,
    struct error *err)
{
	struct store_doc other = {0};
	if (key->known_free)
		return SQLITE_APPLIED;
	int rc = docs_find_key(db, c, key, &other, err);
	if (rc == 1)
		json_decref(other.json);
	if (rc == 1 && other.row != row) {
		(void)error_set(err,
		    "collection '%s' has a document with that '%s' already", c->name,
		    c->key_field);
		return SQLITE_CONFLICT;
	}
	return rc < 0 ? SQLITE_BROKEN : SQLITE_APPLIED;
}

/* Whether a statement failed because of this document (its _id is taken; an index finds
 * it malformed) or because of the database. */
static enum sqlite_applied docs_outcome(struct sqlite_writer *w, int rc)
{
	if (rc == 0)
		return SQLITE_APPLIED;
	switch (sqlite3_errcode(w->db)) {
	case SQLITE_CONSTRAINT:
	case SQLITE_ERROR:
	case SQLITE_TOOBIG:
		return SQLITE_CONFLICT;
	default:
		return SQLITE_BROKEN;
	}
}

/* ---- inserting ---- */

/* {"a":1} becomes {"_id":"…","a":1}. */
static struct span with_id(struct buf *out, struct span doc, int64_t row)
{
	char id[STORE_ID_SIZE];
	struct span rest = span_trim(span_from(doc, 1));
	store_id(id, row);
	buf_clear(out);
	buf_reserve(out, doc.len + 40);
	buf_puts(out, "{\"_id\":\"");
	buf_add(out, id, STORE_ID_SIZE - 1);
	buf_putc(out, '"');
	if (rest.ptr[0] != '}')
		buf_putc(out, ',');
	buf_put(out, rest);
	return buf_span(out);
}

static enum sqlite_applied docs_add_row(struct engine_db *db,
    struct sqlite_collection *c, int64_t row, struct span text, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_collection_stmt(&db->writer, &c->insert,
	    "INSERT INTO %s(id, doc) VALUES(?, ?)", c->name, err);
	if (stmt == NULL)
		return SQLITE_BROKEN;
	(void)sqlite3_bind_int64(stmt, 1, row);
	sqlite_db_text(stmt, 2, text);
	int rc = sqlite_db_run(stmt, err);
	if (rc < 0 && sqlite3_errcode(db->writer.db) == SQLITE_CONSTRAINT)
		(void)error_set(err,
		    "collection '%s' has a document with that _id already", c->name);
	return docs_outcome(&db->writer, rc);
}

/* Inserts doc's text, under the key unless that is absent; row 0: the next free one. */
static enum sqlite_applied docs_insert(struct engine_db *db,
    struct sqlite_collection *c, struct span doc, const struct doc_key *key,
    int64_t row, struct error *err)
{
	enum sqlite_applied applied = SQLITE_APPLIED;
	if (key->value.ptr != NULL && c->key_field == NULL)
		return no_key(c->name, err);
	if (key->value.ptr != NULL)
		applied = docs_key_free(db, c, key, 0, err);
	if (applied != SQLITE_APPLIED)
		return applied;
	if (row == 0) {
		row = atomic_fetch_add(&db->next_row, 1);
		doc = with_id(&db->writer.text, doc, row);
	} else if (row >= atomic_load(&db->next_row)) {
		(void)error_set(
		    err, "a document's row must be reserved before it is used");
		return SQLITE_CONFLICT;
	}
	applied = docs_add_row(db, c, row, doc, err);
	if (applied == SQLITE_APPLIED && key->value.ptr != NULL)
		keys_add(db->keys, key->hash, row);
	return applied;
}

/* Changes doc as the write says: 1 changed, 0 left as it is, -1 with err. */
static int docs_revise(struct engine_db *db, const struct store_write *write,
    json_t *doc, bool inserting, struct error *err)
{
	if (write->edit != NULL)
		return write->edit(write->edit_ctx, doc, err);
	return write->update == NULL ? 0
				     : update_apply(write->update, doc, inserting,
					   &db->writer.budget, err);
}

/* Inserts the document of an upsert, as the update or edit changes it. */
static enum sqlite_applied docs_upsert(struct engine_db *db,
    struct sqlite_collection *c, const struct store_write *write,
    const struct doc_key *key, struct error *err)
{
	if (write->update == NULL && write->edit == NULL)
		return docs_insert(db, c, write->doc, key, 0, err);
	json_t *doc = json_loadb(write->doc.ptr, write->doc.len, JSON_ALLOW_NUL, NULL);
	if (doc == NULL) {
		(void)error_set(err,
		    "collection '%s': the document to insert is not JSON", c->name);
		return SQLITE_CONFLICT;
	}
	enum sqlite_applied applied = SQLITE_CONFLICT;
	int changed = docs_revise(db, write, doc, true, err);
	if (changed == 0)
		applied = docs_insert(db, c, write->doc, key, 0, err);
	if (changed == 1) {
		char digits[SQLITE_KEY_DIGITS];
		struct span value = {0};
		(void)sqlite_key_text(&value, filter_path(doc, c->key_field), digits);
		struct doc_key revised = key_of(c, value);
		char *text = json_dumps(doc, JSON_COMPACT);
		applied = docs_insert(db, c, span_of(text), &revised, 0, err);
		free(text);
	}
	json_decref(doc);
	return applied;
}

/* ---- changing and removing ---- */

static enum sqlite_applied docs_write_back(struct engine_db *db,
    struct sqlite_collection *c, const struct store_doc *found, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_collection_stmt(&db->writer, &c->update,
	    "UPDATE %s SET doc = ? WHERE id = ?", c->name, err);
	if (stmt == NULL)
		return SQLITE_BROKEN;
	char *text = json_dumps(found->json, JSON_COMPACT);
	sqlite_db_text(stmt, 1, span_of(text));
	(void)sqlite3_bind_int64(stmt, 2, found->row);
	int rc = sqlite_db_run(stmt, err);
	free(text);
	return docs_outcome(&db->writer, rc);
}

/* Writes a document back whose key field has changed: its new key must be free. */
static enum sqlite_applied docs_write_back_under_key(struct engine_db *db,
    struct sqlite_collection *c, const struct store_doc *found, struct error *err)
{
	char digits[SQLITE_KEY_DIGITS];
	struct span value;
	if (!sqlite_key_text(&value, filter_path(found->json, c->key_field), digits))
		return docs_write_back(db, c, found, err);
	struct doc_key key = key_of(c, value);
	enum sqlite_applied applied = docs_key_free(db, c, &key, found->row, err);
	if (applied == SQLITE_APPLIED)
		applied = docs_write_back(db, c, found, err);
	if (applied == SQLITE_APPLIED)
		keys_add(db->keys, key.hash, found->row);
	return applied;
}

static enum sqlite_applied docs_change(struct engine_db *db,
    struct sqlite_collection *c, const struct store_write *write,
    struct store_doc *found, struct error *err)
{
	json_t *old_key = NULL;
	if (c->key_field != NULL)
		old_key = json_deep_copy(filter_path(found->json, c->key_field));
	int changed = docs_revise(db, write, found->json, false, err);
	bool new_key = c->key_field != NULL &&
		       !json_equal(old_key, filter_path(found->json, c->key_field));
	json_decref(old_key);
	if (changed != 1)
		return changed < 0 ? SQLITE_CONFLICT : SQLITE_APPLIED;
	return new_key ? docs_write_back_under_key(db, c, found, err)
		       : docs_write_back(db, c, found, err);
}

static int docs_delete_row(struct sqlite_writer *w, struct sqlite_collection *c,
    int64_t row, struct error *err)
{
	sqlite3_stmt *stmt = sqlite_collection_stmt(
	    w, &c->delete, "DELETE FROM %s WHERE id = ?", c->name, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, row);
	return sqlite_db_run(stmt, err);
}

static enum sqlite_applied docs_change_or_remove(struct engine_db *db,
    struct sqlite_collection *c, const struct store_write *write,
    struct store_doc *found, struct error *err)
{
	if (write->op == STORE_UPDATE)
		return docs_change(db, c, write, found, err);
	return docs_delete_row(&db->writer, c, found->row, err) < 0 ? SQLITE_BROKEN
								    : SQLITE_APPLIED;
}

/* Whether a row that a reader or the key has found is meant: 1, 0, or -1 with err when that
 * takes too long to find out. With the stamp that the reader saw, it need not be. */
static int docs_match(struct engine_db *db, const struct store_write *write,
    int64_t stamp, const struct store_doc *found, struct error *err)
{
	if (write->filter == NULL || (stamp != 0 && stamp == found->stamp))
		return 1;
	int rc = filter_match(write->filter, found->json, &db->writer.budget, err);
	return rc < 0 ? error_wrap(err, "collection '%s'", write->collection) : rc;
}

static enum sqlite_applied docs_as_expected(
    const struct store_write *write, int64_t count, struct error *err)
{
	if (write->expect < 0 || write->expect == count)
		return SQLITE_APPLIED;
	(void)error_set(err, "collection '%s': %lld documents match, not %lld",
	    write->collection, (long long)count, (long long)write->expect);
	return SQLITE_CONFLICT;
}

static enum sqlite_applied apply_to_key(struct engine_db *db,
    struct sqlite_collection *c, const struct store_write *write, struct error *err)
{
	struct store_doc found = {0};
	if (c->key_field == NULL)
		return no_key(c->name, err);
	struct doc_key key = key_of(c, write->key);
	int rc = docs_find_key(db, c, &key, &found, err);
	if (rc < 0)
		return SQLITE_BROKEN;
	key.known_free = rc == 0;
	bool inserts = rc == 0 && write->op == STORE_UPDATE && write->doc.ptr != NULL;
	int matches = rc == 1 ? docs_match(db, write, 0, &found, err) : 0;
	enum sqlite_applied applied =
	    matches < 0 ? SQLITE_CONFLICT
			: docs_as_expected(write, inserts || matches == 1, err);
	if (applied == SQLITE_APPLIED && inserts)
		applied = docs_upsert(db, c, write, &key, err);
	else if (applied == SQLITE_APPLIED && matches == 1)
		applied = docs_change_or_remove(db, c, write, &found, err);
	json_decref(found.json);
	return applied;
}

static enum sqlite_applied apply_to_ids(struct engine_db *db,
    struct sqlite_collection *c, const struct store_write *write, struct error *err)
{
	enum sqlite_applied applied = SQLITE_APPLIED;
	int64_t count = 0;
	for (size_t i = 0; i < write->id_count && applied == SQLITE_APPLIED; i++) {
		struct store_doc found = {0};
		int64_t stamp = write->stamps == NULL ? 0 : write->stamps[i];
		int rc = docs_read_row(
		    &db->writer, c, write->ids[i], stamp != 0, &found, err);
		if (rc < 0)
			return SQLITE_BROKEN;
		int matches = rc == 1 ? docs_match(db, write, stamp, &found, err) : 0;
		if (matches < 0) {
			applied = SQLITE_CONFLICT;
		} else if (matches == 1) {
			count++;
			applied = docs_change_or_remove(db, c, write, &found, err);
		}
		json_decref(found.json);
	}
	return applied == SQLITE_APPLIED ? docs_as_expected(write, count, err)
					 : applied;
}

enum sqlite_applied sqlite_docs_apply(
    struct engine_db *db, const struct store_write *write, struct error *err)
{
	struct sqlite_collection *c = NULL;
	bool makes = write->op == STORE_INSERT ||
		     (write->op == STORE_UPDATE && write->doc.ptr != NULL);
	enum sqlite_applied applied =
	    sqlite_collection_find(&c, &db->writer, write->collection, makes, err);
	if (applied != SQLITE_APPLIED)
		return applied;
	if (c == NULL)
		return docs_as_expected(write, 0, err);
	if (write->op == STORE_INSERT) {
		struct doc_key key = key_of(c, write->key);
		return docs_insert(db, c, write->doc, &key,
		    write->ids != NULL ? write->ids[0] : 0, err);
	}
	if (write->key.ptr != NULL)
		return apply_to_key(db, c, write, err);
	return apply_to_ids(db, c, write, err);
}

int sqlite_docs_erase(struct engine_db *db, const char *collection, const int64_t *ids,
    size_t count, int64_t *removed, struct error *err)
{
	struct sqlite_collection *c = NULL;
	if (sqlite_collection_find(&c, &db->writer, collection, false, err) ==
	    SQLITE_BROKEN)
		return -1;
	for (size_t i = 0; i < count && c != NULL; i++) {
		if (docs_delete_row(&db->writer, c, ids[i], err) < 0)
			return -1;
		*removed += sqlite3_changes64(db->writer.db);
	}
	return 0;
}
