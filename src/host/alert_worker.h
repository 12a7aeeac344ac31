/* alert_worker -- tells the owner what went wrong: by an HTTP request (alert-url), a command
 * (alert-command), or both. One alert for all failures of a group since the last, and at
 * most one each alert-interval. Runs in a worker process, which has the settings from its
 * environment. */
#ifndef OFFHOOK_HOST_ALERT_WORKER_H
#define OFFHOOK_HOST_ALERT_WORKER_H

#include "offhook.h"
#include "store/reserved.h"

/* The worker of QUEUE_ALERTS. */
int alert_work(oh_job *job);

#endif
