/* follow -- calls a function again and again until Ctrl-C. */
#ifndef OFFHOOK_CLI_FOLLOW_H
#define OFFHOOK_CLI_FOLLOW_H

#include "util/error.h"

/* Calls look() ten times a second. When look() is slow the calls become rarer, so that
 * they take at most a tenth of the time. Returns 0 after SIGINT or SIGTERM, which it
 * blocks so that the caller can clean up, or when stdout is closed; -1 with err when
 * look() fails. */
int follow_until_stopped(
    int (*look)(void *ctx, struct error *err), void *ctx, struct error *err);

#endif
