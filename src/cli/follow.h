/* follow -- looking again and again, until Ctrl-C. */
#ifndef OFFHOOK_CLI_FOLLOW_H
#define OFFHOOK_CLI_FOLLOW_H

#include "util/error.h"

/* Calls look(…) ten times a second, or less often when a look takes long: it never takes
 * more than a tenth of the time. Ends with 0 at SIGINT or SIGTERM, which are taken here so
 * that the caller can clean up, or when stdout is closed; with -1 and err when look(…)
 * does. */
int follow_until_stopped(
    int (*look)(void *ctx, struct error *err), void *ctx, struct error *err);

#endif
