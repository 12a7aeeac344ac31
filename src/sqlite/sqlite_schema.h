/* sqlite_schema -- the tables, and how older ones become them. A migration must leave
 * a store that the previous version of the program can still use. */
#ifndef OFFHOOK_SQLITE_SQLITE_SCHEMA_H
#define OFFHOOK_SQLITE_SQLITE_SCHEMA_H

#include <sqlite3.h>

#include "util/error.h"

/* Brings the store up to date, each migration in a transaction of its own. -1 when it
 * cannot, or when the store is a newer program's that this one cannot use. */
int sqlite_schema_upgrade(sqlite3 *db, struct error *err);
/* For readers: is there a store, and may this program read it? */
int sqlite_schema_check(sqlite3 *db, struct error *err);

#endif
