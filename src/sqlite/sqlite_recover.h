/* sqlite_recover -- tries of jobs that had begun when the server stopped. */
#ifndef OFFHOOK_SQLITE_SQLITE_RECOVER_H
#define OFFHOOK_SQLITE_SQLITE_RECOVER_H

#include "sqlite/sqlite.h"

/* Counts them, in one transaction, and forgets that they run. Before the writer's thread
 * starts. */
int sqlite_recover(struct engine_db *db, struct error *err);

#endif
