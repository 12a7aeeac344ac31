/* dev_tools -- what building an app needs and this machine does not have. */
#ifndef OFFHOOK_DEV_DEV_TOOLS_H
#define OFFHOOK_DEV_DEV_TOOLS_H

#include "util/error.h"

/* -1 with err ("the build needs make and pkg-config, which are not here; on Debian: apt-get
 * install -y make pkg-config"), 0 when nothing is missing. said: what a build that failed has
 * printed, and only what it names counts; NULL: all that a new project needs. */
int dev_tools_check(const char *said, struct error *err);

#endif
