/* sqlite_find -- documents that match a filter: by "_id" or key where the filter names
 * one, by an index where there is one for a path that must equal a value, else all of
 * them, in slices. */
#ifndef OFFHOOK_SQLITE_SQLITE_FIND_H
#define OFFHOOK_SQLITE_SQLITE_FIND_H

#include "store/engine.h"

/* As struct engine's docs. */
struct engine_docs *sqlite_find(
    struct engine_reader *reader, const struct store_query *query);

#endif
