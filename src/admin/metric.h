/* metric -- metrics in Prometheus' text format. */
#ifndef OFFHOOK_ADMIN_METRIC_H
#define OFFHOOK_ADMIN_METRIC_H

#include <stdint.h>

#include "util/buf.h"

/* One without labels: its help, its type ("counter", "gauge") and its value. */
void admin_metric(struct buf *out, const char *name, const char *type, const char *help,
    uint64_t value);

#endif
