#include "admin/metrics_jobs.h"

#include <inttypes.h>
#include <stdlib.h>

#include "admin/metric.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

enum { FRESH_US = 5000000 };

struct admin_jobs {
	const struct work *work;
	struct store_reader *reader;
	struct buf queues;  /* their lines, as last counted */
	int64_t counted_us; /* 0: never */
};

/* ---- of each queue ---- */

/* Prometheus wants all lines of one metric together. */
struct lines {
	struct buf waiting, dead, age;
	int64_t now_ms;
};

static void line(
    struct buf *out, const char *name, const struct store_queue *queue, int64_t value)
{
	buf_printf(out, "offhook_%s{queue=\"%.*s\"} %" PRId64 "\n", name,
	    SPAN_ARG(queue->name), value);
}

static void add_queue(struct lines *lines, const struct store_queue *queue)
{
	int64_t due_ms = queue->oldest_due_ms;
	int64_t age_ms = due_ms < lines->now_ms ? lines->now_ms - due_ms : 0;
	line(&lines->waiting, "jobs_waiting", queue,
	    queue->counts[JOB_WAITING] + queue->counts[JOB_BLOCKED]);
	line(&lines->dead, "jobs_dead", queue, queue->counts[JOB_DEAD]);
	line(&lines->age, "jobs_oldest_due_seconds", queue, age_ms / 1000);
}

static void gauge(
    struct buf *out, const char *name, const char *help, struct buf *lines)
{
	buf_printf(
	    out, "# HELP offhook_%s %s\n# TYPE offhook_%s gauge\n", name, help, name);
	buf_put(out, buf_span(lines));
	buf_free(lines);
}

static void count(struct admin_jobs *jobs)
{
	struct lines lines = {.now_ms = clock_wall_ms()};
	struct arena *arena = arena_new();
	struct store_queue *queue;
	struct error err;
	buf_clear(&jobs->queues);
	if (store_queues(jobs->reader, true, arena, &queue, &err) < 0) {
		log_write(LOG_WARN, "metrics: the queues cannot be counted", "why",
		    err.text, NULL);
		queue = NULL;
	}
	for (; queue != NULL; queue = queue->next)
		add_queue(&lines, queue);
	arena_free(arena);
	gauge(&jobs->queues, "jobs_waiting",
	    "Open jobs of a queue that do not run: waiting, or behind another of "
	    "their group.",
	    &lines.waiting);
	gauge(&jobs->queues, "jobs_dead", "Dead letters of a queue.", &lines.dead);
	gauge(&jobs->queues, "jobs_oldest_due_seconds",
	    "For how long the job of a queue that is due longest has been due.",
	    &lines.age);
	jobs->counted_us = clock_mono_us();
}

/* ---- all ---- */

void admin_jobs_metrics(struct admin_jobs *jobs, struct buf *out)
{
	struct jobs_stats stats;
	work_stats(jobs->work, &stats);
	admin_metric(
	    out, "jobs_started_total", "counter", "Tries begun.", stats.started);
	admin_metric(
	    out, "jobs_done_total", "counter", "Jobs that are done.", stats.done);
	admin_metric(
	    out, "jobs_failed_total", "counter", "Tries that failed.", stats.failed);
	admin_metric(out, "jobs_dead_total", "counter",
	    "Jobs that became dead letters.", stats.dead);
	admin_metric(out, "jobs_snoozed_total", "counter",
	    "Tries that put their job off.", stats.snoozed);
	admin_metric(
	    out, "jobs_running", "gauge", "Tries under way.", (uint64_t)stats.running);
	if (jobs->counted_us == 0 || clock_mono_us() - jobs->counted_us > FRESH_US)
		count(jobs);
	buf_put(out, buf_span(&jobs->queues));
}

int admin_jobs_open(struct admin_jobs **out, struct store *store,
    const struct work *work, struct error *err)
{
	struct admin_jobs *jobs = mem_new(1, sizeof(*jobs));
	jobs->work = work;
	if (store_reader_new(&jobs->reader, store, err) < 0) {
		free(jobs);
		return -1;
	}
	*out = jobs;
	return 0;
}

void admin_jobs_close(struct admin_jobs *jobs)
{
	if (jobs == NULL)
		return;
	store_reader_close(jobs->reader);
	buf_free(&jobs->queues);
	free(jobs);
}
