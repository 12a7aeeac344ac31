/* sqlite_index -- an index on a path of a collection, in SQL. An array matches when one of
 * its elements does, which SQL cannot index: documents with an array on the path are in a
 * second, partial index, and the filter checks every match again. */
#ifndef OFFHOOK_SQLITE_SQLITE_INDEX_H
#define OFFHOOK_SQLITE_SQLITE_INDEX_H

#include <stdbool.h>

#include "store/engine.h"

/* Functions of struct engine; they have the writer do it. */
int sqlite_index_declare(struct engine_db *db, const char *collection,
    const char *key_field, struct error *err);
int sqlite_index_make(
    struct engine_db *db, const char *collection, const char *path, struct error *err);

/* A query, malloc'd: it gives (id, doc) of SQLITE_SLICE_ROWS rows after id ?2, in order,
 * that may have the value ?1 at the path. */
char *sqlite_index_query(const char *collection, const char *path);

#endif
