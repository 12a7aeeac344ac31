/* sqlite_docs -- one write of documents, by the writer. Inserts are not parsed: their
 * text is stored as it is. */
#ifndef OFFHOOK_SQLITE_SQLITE_DOCS_H
#define OFFHOOK_SQLITE_SQLITE_DOCS_H

#include "sqlite/sqlite_collection.h"

/* A conflict of a single document by key is found before anything is changed; other
 * writes may have changed something by then. */
enum sqlite_applied sqlite_docs_apply(
    struct engine_db *db, const struct store_write *write, struct error *err);
/* Removes rows of a collection, those that are there; *removed counts them. */
int sqlite_docs_erase(struct engine_db *db, const char *collection, const int64_t *ids,
    size_t count, int64_t *removed, struct error *err);

#endif
