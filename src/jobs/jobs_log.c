#include <glib.h>
#include <stdio.h>

#include "jobs/jobs_internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/log_flood.h"
#include "util/utf8.h"

enum { WHY_CHARS = 150 };

static void log_glib_line(
    const char *domain, GLogLevelFlags level, const char *line, void *ctx)
{
	(void)domain;
	(void)level;
	(void)ctx;
	log_write(LOG_WARN, line, "from", "GLib", NULL);
}

void jobs_log_libraries(void)
{
	(void)g_log_set_default_handler(log_glib_line, NULL);
}

void jobs_log_failure(const struct attempt *attempt)
{
	const struct store_job_write *settle = &attempt->settle;
	bool dead = settle->job.state == JOB_DEAD;
	char queue[80], tries[32], error[4 * WHY_CHARS + 1];
	char again[CLOCK_ISO_SIZE];
	if (!log_flood_passes(FLOOD_JOBS))
		return;
	(void)snprintf(
	    queue, sizeof(queue), "%.*s", SPAN_ARG(attempt->given.job.queue));
	(void)snprintf(tries, sizeof(tries), "%d of %d", attempt->given.nth,
	    attempt->given.max_tries);
	(void)snprintf(
	    error, sizeof(error), "%.*s", SPAN_ARG(utf8_cut(settle->error, WHY_CHARS)));
	clock_iso(again, settle->job.run_at_ms);
	log_write(dead ? LOG_ERROR : LOG_WARN,
	    dead ? "a job was given up: see `offhook jobs show`" : "a job failed",
	    "queue", queue, LOG_INT("job", attempt->given.job.id), "try", tries, "why",
	    error, "again", dead ? NULL : again, NULL);
}
