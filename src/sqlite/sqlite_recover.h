/* sqlite_recover -- attempts of jobs that had begun when the server stopped. */
#ifndef OFFHOOK_SQLITE_SQLITE_RECOVER_H
#define OFFHOOK_SQLITE_SQLITE_RECOVER_H

#include "sqlite/sqlite.h"

/* Counts them as failed, in one transaction, and clears the notes. Before the writer's
 * thread starts. */
int sqlite_recover(struct engine_db *db, struct error *err);

#endif
