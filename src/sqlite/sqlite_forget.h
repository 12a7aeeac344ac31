/* sqlite_forget -- erases what the store has of one person. */
#ifndef OFFHOOK_SQLITE_SQLITE_FORGET_H
#define OFFHOOK_SQLITE_SQLITE_FORGET_H

#include "store/engine.h"

/* As struct engine's forget. Reads in slices on the caller's thread, has the writer erase
 * a slice at a time, and empties the log at the end. */
int sqlite_forget(struct engine_db *db, struct span address,
    struct store_forgotten *out, struct error *err);

#endif
