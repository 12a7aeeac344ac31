/* lock -- one process owns a data directory: it keeps DIR/lock locked, and its process id
 * inside, for messages. The kernel drops the lock when the process dies. */
#ifndef OFFHOOK_SQLITE_LOCK_H
#define OFFHOOK_SQLITE_LOCK_H

#include <stdbool.h>

#include "util/error.h"

/* The lock's descriptor, or -1 with err saying who has it. */
int lock_take(const char *dir, struct error *err);
/* Releases it; -1 is fine. */
void lock_drop(int fd);
/* Whether a process owns the directory. Takes no lock itself, not even for a moment: that
 * could make a starting server fail. */
bool lock_held(const char *dir);

#endif
