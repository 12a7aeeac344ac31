#include "sqlite/sqlite_collection.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/sqlite_db.h"
#include "util/mem.h"

/* Reads the catalogue; a name that differs in case only is a conflict. */
static enum sqlite_applied collection_look_up(struct sqlite_collection **out,
    struct sqlite_writer *w, const char *name, struct error *err)
{
	enum sqlite_applied applied = SQLITE_APPLIED;
	sqlite3_stmt *stmt = sqlite_db_prepare(
	    w->db, "SELECT name, key_field FROM collections WHERE name = ?", err);
	*out = NULL;
	if (stmt == NULL)
		return SQLITE_BROKEN;
	sqlite_db_text(stmt, 1, span_of(name));
	int rc = sqlite_db_step(stmt, err);
	if (rc < 0) {
		applied = SQLITE_BROKEN;
	} else if (rc == 1) {
		const char *found = (const char *)sqlite3_column_text(stmt, 0);
		if (strcmp(found, name) != 0) {
			(void)error_set(err,
			    "there is a collection '%s': '%s' differs from it in case only",
			    found, name);
			applied = SQLITE_CONFLICT;
		} else {
			*out = mem_new(1, sizeof(**out));
			(*out)->name = mem_strdup(name);
			(*out)->key_field =
			    mem_strdup((const char *)sqlite3_column_text(stmt, 1));
			(*out)->next = w->collections;
			w->collections = *out;
		}
	}
	(void)sqlite3_finalize(stmt);
	return applied;
}

static int collection_make_table(
    struct sqlite_writer *w, const char *name, const char *key_field, struct error *err)
{
	char *sql = sqlite3_mprintf("CREATE TABLE \"doc_%w\""
				    "(id INTEGER PRIMARY KEY, doc TEXT NOT NULL);"
				    "INSERT INTO collections VALUES(%Q, %Q);",
	    name, name, key_field);
	w->made_collection = true;
	int rc = sqlite_db_exec(w->db, sql, err);
	sqlite3_free(sql);
	return rc;
}

enum sqlite_applied sqlite_collection_find(struct sqlite_collection **out,
    struct sqlite_writer *w, const char *name, bool make, struct error *err)
{
	for (struct sqlite_collection *c = w->collections; c != NULL; c = c->next) {
		if (strcmp(c->name, name) == 0) {
			*out = c;
			return SQLITE_APPLIED;
		}
	}
	enum sqlite_applied applied = collection_look_up(out, w, name, err);
	if (applied != SQLITE_APPLIED || *out != NULL || !make)
		return applied;
	if (collection_make_table(w, name, NULL, err) < 0)
		return SQLITE_BROKEN;
	return collection_look_up(out, w, name, err);
}

enum sqlite_applied sqlite_collection_declare(
    struct sqlite_writer *w, const char *name, const char *key_field, struct error *err)
{
	struct sqlite_collection *c = NULL;
	enum sqlite_applied applied = sqlite_collection_find(&c, w, name, false, err);
	if (applied != SQLITE_APPLIED)
		return applied;
	if (c == NULL)
		return collection_make_table(w, name, key_field, err) < 0
			   ? SQLITE_BROKEN
			   : SQLITE_APPLIED;
	if (c->key_field != NULL && strcmp(c->key_field, key_field) == 0)
		return SQLITE_APPLIED;
	if (c->key_field != NULL)
		(void)error_set(err,
		    "collection '%s' has the key '%s' already, not '%s'", name,
		    c->key_field, key_field);
	else
		(void)error_set(err,
		    "collection '%s' was made without a key: '%s' must be declared before its "
		    "first document",
		    name, key_field);
	return SQLITE_CONFLICT;
}

sqlite3_stmt *sqlite_collection_stmt(struct sqlite_writer *w, sqlite3_stmt **place,
    const char *format, const char *name, struct error *err)
{
	if (*place == NULL) {
		/* Formats are literals of this folder. */
		char *table = sqlite3_mprintf("\"doc_%w\"", name);
		const char *at = strstr(format, "%s");
		char *sql =
		    mem_printf("%.*s%s%s", (int)(at - format), format, table, at + 2);
		*place = sqlite_db_prepare(w->db, sql, err);
		free(sql);
		sqlite3_free(table);
	}
	return *place;
}

void sqlite_collection_forget_all(struct sqlite_writer *w)
{
	while (w->collections != NULL) {
		struct sqlite_collection *c = w->collections;
		w->collections = c->next;
		(void)sqlite3_finalize(c->insert);
		(void)sqlite3_finalize(c->select);
		(void)sqlite3_finalize(c->update);
		(void)sqlite3_finalize(c->delete);
		free(c->name);
		free(c->key_field);
		free(c);
	}
}
