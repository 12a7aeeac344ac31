/* metrics_jobs -- what /metrics tells of the queues. */
#ifndef OFFHOOK_ADMIN_METRICS_JOBS_H
#define OFFHOOK_ADMIN_METRICS_JOBS_H

#include "util/buf.h"
#include "util/error.h"
#include "workers/work.h"

struct admin_jobs;

int admin_jobs_open(struct admin_jobs **out, struct store *store,
    const struct work *work, struct error *err);
/* Appends them in Prometheus' text format. Counting a million jobs takes some tenths of a
 * second: what is told of each queue is up to a few seconds old. One thread. */
void admin_jobs_metrics(struct admin_jobs *jobs, struct buf *out);
void admin_jobs_close(struct admin_jobs *jobs); /* NULL is fine */

#endif
