/* dev_log -- a server's log as its author wants to see it: a line for each webhook (who,
 * what, how long), the reply as the phone shows it; and what else there is to tell. */
#ifndef OFFHOOK_DEV_DEV_LOG_H
#define OFFHOOK_DEV_DEV_LOG_H

#include <stdio.h>

#include "util/span.h"

struct dev_log;

/* Replies are looked up in the store of data, which need not be there yet. out and data
 * must outlive it. One thread at a time. */
struct dev_log *dev_log_new(FILE *out, const char *data);
void dev_log_free(struct dev_log *log); /* NULL is fine */
/* Prints a line that the server wrote with --log-format json. */
void dev_log_show(struct dev_log *log, struct span line);

#endif
