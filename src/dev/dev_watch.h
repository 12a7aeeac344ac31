/* dev_watch -- notices when a source (C, C++, makefiles) or settings (.env, *.conf)
 * were saved in the current directory or below it, except in hidden directories. */
#ifndef OFFHOOK_DEV_DEV_WATCH_H
#define OFFHOOK_DEV_DEV_WATCH_H

#include "util/error.h"

enum dev_saved { DEV_SAVED_SOURCE = 1, DEV_SAVED_SETTINGS = 2 };

/* A descriptor that becomes readable after a save; -1 with err. The caller closes it. */
int dev_watch_open(struct error *err);
/* Watches the directory of that file, too. */
void dev_watch_beside(int fd, const char *path);
/* Waits until nothing more is saved for a moment, because editors save in several
 * steps. Returns what was saved: bits of enum dev_saved, or 0. */
unsigned dev_watch_settle(int fd);

#endif
