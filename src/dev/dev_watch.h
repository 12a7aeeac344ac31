/* dev_watch -- tells when somebody has saved a source (.c, .h and their C++ kin, and
 * makefiles) or settings (.env, *.conf) in the current directory and those below it.
 * Hidden directories are left out. */
#ifndef OFFHOOK_DEV_DEV_WATCH_H
#define OFFHOOK_DEV_DEV_WATCH_H

#include "util/error.h"

enum dev_saved { DEV_SAVED_SOURCE = 1, DEV_SAVED_SETTINGS = 2 };

/* A descriptor that becomes readable; -1 with err. close() it. */
int dev_watch_open(struct error *err);
/* Watches the directory of this file, too. */
void dev_watch_beside(int fd, const char *path);
/* Reads what came and waits until nothing comes for a moment (editors save in several
 * steps: write, rename). What was among it: enum dev_saved, several or 0. */
unsigned dev_watch_settle(int fd);

#endif
