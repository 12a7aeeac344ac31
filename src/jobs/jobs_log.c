#include <inttypes.h>
#include <stdio.h>

#include "jobs/jobs_internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/utf8.h"

enum {
	LINES_MAX = 50, /* a second: a queue that fails as a whole has many failures */
	WHY_CHARS = 150
};

/* Whether another line may be logged now. *untold becomes the number of failures that
 * were not logged before it. */
static bool log_allows(struct jobs_log *log, int64_t second, unsigned *untold)
{
	if (log->second != second) {
		log->second = second;
		log->lines = 0;
	}
	if (log->lines == LINES_MAX) {
		log->untold++;
		return false;
	}
	log->lines++;
	*untold = log->untold;
	log->untold = 0;
	return true;
}

void jobs_log_failure(struct jobs *jobs, const struct attempt *attempt)
{
	const struct store_job_write *settle = &attempt->settle;
	bool dead = settle->job.state == JOB_DEAD;
	unsigned count;
	char untold[16], id[24], queue[80], tries[32], error[4 * WHY_CHARS + 1];
	char again[CLOCK_ISO_SIZE];
	if (!log_allows(&jobs->log, jobs->round_mono_ms / 1000, &count))
		return;
	(void)snprintf(untold, sizeof(untold), "%u", count);
	(void)snprintf(id, sizeof(id), "%" PRId64, attempt->given.job.id);
	(void)snprintf(
	    queue, sizeof(queue), "%.*s", SPAN_ARG(attempt->given.job.queue));
	(void)snprintf(tries, sizeof(tries), "%d of %d", attempt->given.nth,
	    attempt->given.max_tries);
	(void)snprintf(
	    error, sizeof(error), "%.*s", SPAN_ARG(utf8_cut(settle->error, WHY_CHARS)));
	clock_iso(again, settle->job.run_at_ms);
	log_write(dead ? LOG_ERROR : LOG_WARN,
	    dead ? "a job was given up: see `offhook jobs show`" : "a job failed",
	    "queue", queue, "job", id, "try", tries, "why", error, "again",
	    dead ? NULL : again, "untold", count > 0 ? untold : NULL, NULL);
}
