/* log_limit -- how many lines a handler process may log, so that a handler which logs in a
 * loop does not fill its owner's disk. */
#ifndef OFFHOOK_HOST_LOG_LIMIT_H
#define OFFHOOK_HOST_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* The first lines of each run always pass, however many runs there are; more lines pass at
 * this rate. */
enum { LOG_LIMIT_EACH_RUN = 10, LOG_LIMIT_A_SECOND = 1000 };

/* All zero at first. */
struct log_limit {
	int64_t second;  /* of the monotonic clock */
	uint32_t lines;  /* in that second, without the first ones of runs */
	uint32_t in_run; /* first lines of the present run */
	uint32_t dropped;
};

/* A run begins. */
void log_limit_run(struct log_limit *limit);
/* Whether another line may pass. */
bool log_limit_passes(struct log_limit *limit, int64_t now_us);

#endif
