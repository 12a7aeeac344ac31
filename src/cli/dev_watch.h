/* dev_watch -- tells when somebody has saved a source: .c, .h and their C++ kin, and
 * makefiles, in the current directory and those below it. Hidden directories are left
 * out. */
#ifndef OFFHOOK_CLI_DEV_WATCH_H
#define OFFHOOK_CLI_DEV_WATCH_H

#include <stdbool.h>

#include "util/error.h"

/* A descriptor that becomes readable; -1 with err. close() it. */
int dev_watch_open(struct error *err);
/* Reads what came and waits until nothing comes for a moment (editors save in several
 * steps: write, rename). Whether a source was among it. */
bool dev_watch_settle(int fd);

#endif
