/* sqlite_schema -- the tables, and the migrations that make them. A migration must leave
 * a store that the previous version of the program can still use. */
#ifndef OFFHOOK_SQLITE_SQLITE_SCHEMA_H
#define OFFHOOK_SQLITE_SQLITE_SCHEMA_H

#include <sqlite3.h>

#include "util/error.h"

/* Makes all tables in a file that has none. */
int sqlite_schema_make(sqlite3 *db, struct error *err);
/* Brings a store up to date, and gives it a write-ahead log if it has none: each migration
 * in a transaction of its own. -1 when that fails, when it is not a store, or when a newer
 * program made it and this one cannot use it. */
int sqlite_schema_upgrade(sqlite3 *db, struct error *err);
/* Is there a store, and may this program use it, once it is up to date? */
int sqlite_schema_look(sqlite3 *db, struct error *err);
/* For readers: is there a store, and may this program read it? */
int sqlite_schema_check(sqlite3 *db, struct error *err);

#endif
