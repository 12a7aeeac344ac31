/* alert_worker -- tells the owner what went wrong: by an HTTP request (alert-url), a command
 * (alert-command), or both. One alert for all failures of a group since the last, and at
 * most one each alert-interval. Runs in a worker process, which has the settings from its
 * environment. */
#ifndef OFFHOOK_HOST_ALERT_WORKER_H
#define OFFHOOK_HOST_ALERT_WORKER_H

#include <stdbool.h>

#include "config/config.h"
#include "offhook.h"
#include "util/error.h"

/* Whether an alert has somewhere to go. */
bool alert_wanted(const struct config *config);
/* Puts the settings into this process's environment, for the processes it starts, and takes
 * out what is not set. Before there are threads. -1 with err: they cannot work here
 * (libcurl is not installed). */
int alert_export(const struct config *config, struct error *err);
/* The worker of QUEUE_ALERTS. */
int alert_work(oh_job *job);

#endif
