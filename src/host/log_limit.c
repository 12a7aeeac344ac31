#include "host/log_limit.h"

void log_limit_run(struct log_limit *limit)
{
	limit->in_run = 0;
}

bool log_limit_passes(struct log_limit *limit, int64_t now_us)
{
	int64_t second = now_us / 1000000;
	if (limit->in_run < LOG_LIMIT_EACH_RUN) {
		limit->in_run++;
		return true;
	}
	if (second != limit->second) {
		limit->second = second;
		limit->lines = 0;
	}
	if (limit->lines < LOG_LIMIT_A_SECOND) {
		limit->lines++;
		return true;
	}
	limit->dropped++;
	return false;
}
