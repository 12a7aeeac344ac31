/* dev_log -- shows a server's log to the author of an app: a line for each webhook
 * (who, what, how long) with the reply as the phone shows it, and the other messages. Where
 * `dev`'s own log is JSON, the server's lines pass as they are. */
#ifndef OFFHOOK_DEV_DEV_LOG_H
#define OFFHOOK_DEV_DEV_LOG_H

#include <stdio.h>

#include "util/span.h"

struct dev_log;

/* Reads replies from the store in data, which need not exist yet. out and data must
 * outlive it. One thread at a time. */
struct dev_log *dev_log_new(FILE *out, const char *data);
void dev_log_free(struct dev_log *log); /* NULL is fine */
/* Shows a line that the server wrote with --log-format json. */
void dev_log_show(struct dev_log *log, struct span line);

#endif
