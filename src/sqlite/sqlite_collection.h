/* sqlite_collection -- collections, as the writer knows them. One is made when it is first
 * written to; its statements are kept. */
#ifndef OFFHOOK_SQLITE_SQLITE_COLLECTION_H
#define OFFHOOK_SQLITE_SQLITE_COLLECTION_H

#include "sqlite/sqlite.h"

enum sqlite_applied {
	SQLITE_APPLIED,
	SQLITE_CONFLICT, /* with a message; concerns this transaction alone */
	SQLITE_BROKEN    /* the database failed, with a message */
};

/* *out is the collection; NULL when there is none and make is false. Within a transaction
 * of the writer. */
enum sqlite_applied sqlite_collection_find(struct sqlite_collection **out,
    struct sqlite_writer *w, const char *name, bool make, struct error *err);
/* Makes it with a key, or checks that it has that key. */
enum sqlite_applied sqlite_collection_declare(struct sqlite_writer *w, const char *name,
    const char *key_field, struct error *err);
/* The statement at *place, prepared from format (its %s is the table's quoted name);
 * NULL with err. */
sqlite3_stmt *sqlite_collection_stmt(struct sqlite_writer *w, sqlite3_stmt **place,
    const char *format, const char *name, struct error *err);
/* Forgets all of them: they are read from the database again when needed. */
void sqlite_collection_forget_all(struct sqlite_writer *w);

#endif
