/* log_limit -- how many lines a handler process may log: a handler that logs in a loop
 * must not fill its owner's disk. */
#ifndef OFFHOOK_HOST_LOG_LIMIT_H
#define OFFHOOK_HOST_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* The first lines of each run always pass, whatever the rate of webhooks; beyond them,
 * so many a second. */
enum { LOG_LIMIT_EACH_RUN = 10, LOG_LIMIT_A_SECOND = 1000 };

/* All zero to begin with. */
struct log_limit {
	int64_t second; /* of the monotonic clock */
	uint32_t lines; /* in it, of those beyond a run's first */
	uint32_t in_run;
	uint32_t dropped; /* not yet told */
};

/* A handler begins to run. */
void log_limit_run(struct log_limit *limit);
/* Whether another line may pass. */
bool log_limit_passes(struct log_limit *limit, int64_t now_us);

#endif
