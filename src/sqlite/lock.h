/* lock -- one process owns a data directory: DIR/lock, locked while it does, with its
 * process id inside for whoever finds it locked. The kernel drops the lock when the
 * process dies. */
#ifndef OFFHOOK_SQLITE_LOCK_H
#define OFFHOOK_SQLITE_LOCK_H

#include <stdbool.h>

#include "util/error.h"

/* The lock's descriptor, or -1 with err saying who has it. */
int lock_take(const char *dir, struct error *err);
/* Gives it up; -1 is fine. */
void lock_drop(int fd);
/* Whether a process owns the directory; takes nothing, so that it never stands in the
 * way of one that starts. */
bool lock_held(const char *dir);

#endif
