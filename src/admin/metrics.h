/* metrics -- what /metrics says: counters and gauges in Prometheus' text format. */
#ifndef OFFHOOK_ADMIN_METRICS_H
#define OFFHOOK_ADMIN_METRICS_H

#include "admin/admin.h"
#include "util/buf.h"
#include "util/error.h"

struct metrics;

int metrics_open(
    struct metrics **out, const struct admin_view *view, struct error *err);
/* Appends all metrics. Counting a million jobs takes some tenths of a second, so the
 * numbers of each queue may be up to 5 seconds old. One thread. */
void metrics_write(struct metrics *metrics, struct buf *out);
void metrics_close(struct metrics *metrics); /* NULL is fine */

#endif
