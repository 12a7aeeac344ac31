/* sqlite_docs -- one write of documents, by the writer. The text of an insert is stored as
 * it is, without parsing it. */
#ifndef OFFHOOK_SQLITE_SQLITE_DOCS_H
#define OFFHOOK_SQLITE_SQLITE_DOCS_H

#include "sqlite/sqlite_collection.h"

/* When the write is for one document by key, a conflict is found before anything is
 * changed; otherwise documents may have been changed by then. */
enum sqlite_applied sqlite_docs_apply(
    struct engine_db *db, const struct store_write *write, struct error *err);
/* Removes the rows that are there, and adds their number to *removed. */
int sqlite_docs_erase(struct engine_db *db, const char *collection, const int64_t *ids,
    size_t count, int64_t *removed, struct error *err);

#endif
