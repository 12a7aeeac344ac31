/* log_adopt -- what other programs write on their standard error, as lines of the log: so
 * that where each line is JSON, theirs are, too. A part of the logger. */
#ifndef OFFHOOK_UTIL_LOG_ADOPT_H
#define OFFHOOK_UTIL_LOG_ADOPT_H

#include "util/error.h"

/* After log_start. Does nothing unless lines are JSON. -1 with err. */
int log_adopt_start(struct error *err);
/* What a program that is started gets as its standard error, as spawn's files have it: our
 * own, unless lines are adopted. Its lines of over 8 kB are cut. Any thread. */
int log_adopt_file(void);
/* Takes what is there still. After the programs have ended. Harmless when it was not
 * started. */
void log_adopt_stop(void);

#endif
