#include <inttypes.h>
#include <stdio.h>

#include "jobs/jobs_internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/utf8.h"

enum {
	TOLD_MAX = 50, /* lines a second: a queue that fails whole has many */
	WHY_CHARS = 150
};

/* Whether there is room for another line; what there was none for is told with the next
 * that there is. */
static bool may_tell(struct jobs_told *told, int64_t second, char untold[16])
{
	if (told->second != second) {
		told->second = second;
		told->lines = 0;
	}
	if (told->lines == TOLD_MAX) {
		told->untold++;
		return false;
	}
	told->lines++;
	if (told->untold > 0)
		(void)snprintf(untold, 16, "%u", told->untold);
	told->untold = 0;
	return true;
}

void jobs_log_failure(struct jobs *jobs, const struct attempt *attempt)
{
	const struct store_job_write *settle = &attempt->settle;
	bool dead = settle->job.state == JOB_DEAD;
	char untold[16] = "", id[24], queue[80], tries[32], error[4 * WHY_CHARS + 1];
	char again[CLOCK_ISO_SIZE];
	if (!may_tell(&jobs->told, jobs->round_mono_ms / 1000, untold))
		return;
	(void)snprintf(id, sizeof(id), "%" PRId64, attempt->run.job.id);
	(void)snprintf(queue, sizeof(queue), "%.*s", SPAN_ARG(attempt->run.job.queue));
	(void)snprintf(
	    tries, sizeof(tries), "%d of %d", attempt->run.try, attempt->run.max_tries);
	(void)snprintf(
	    error, sizeof(error), "%.*s", SPAN_ARG(utf8_cut(settle->error, WHY_CHARS)));
	clock_iso(again, settle->job.run_at_ms);
	log_write(dead ? LOG_ERROR : LOG_WARN,
	    dead ? "a job was given up: see `offhook jobs show`" : "a job failed",
	    "queue", queue, "job", id, "try", tries, "why", error, "again",
	    dead ? NULL : again, "untold", untold[0] != '\0' ? untold : NULL, NULL);
}
