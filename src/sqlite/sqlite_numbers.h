/* sqlite_numbers -- numbers that a start relies on: those of meta, and what the tables have
 * against them. A store in which they cannot be right is refused, because going on would
 * give a row or an id twice, or an event no keys. */
#ifndef OFFHOOK_SQLITE_SQLITE_NUMBERS_H
#define OFFHOOK_SQLITE_SQLITE_NUMBERS_H

#include <sqlite3.h>

#include "util/error.h"

/* Of a store of this version's schema. -1 with err: "the store is damaged: " and where. */
int sqlite_numbers_check(sqlite3 *db, struct error *err);

#endif
