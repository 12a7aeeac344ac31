/* sqlite_index -- what an index on a path of a collection is in SQL. Arrays match by
 * their elements, so documents with an array on the way are kept apart in a second,
 * partial index, and every match is checked again with the filter. */
#ifndef OFFHOOK_SQLITE_SQLITE_INDEX_H
#define OFFHOOK_SQLITE_SQLITE_INDEX_H

#include <stdbool.h>

#include "store/engine.h"

/* Functions of struct engine; they have the writer do it. */
int sqlite_index_declare(struct engine_db *db, const char *collection,
    const char *key_field, struct error *err);
int sqlite_index_make(
    struct engine_db *db, const char *collection, const char *path, struct error *err);

/* The text of a query for (id, doc) of rows after id ?2 that may have value ?1 at the
 * path, in order of id, SQLITE_SLICE_ROWS of them; malloc'd. */
char *sqlite_index_query(const char *collection, const char *path);

#endif
