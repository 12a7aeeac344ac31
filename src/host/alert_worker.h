/* alert_worker -- tells the owner what went wrong: by an HTTP request (alert-url), a
 * command (alert-command), or both. One alert for all failures of a group since the last
 * one, and at most one each alert-interval. */
#ifndef OFFHOOK_HOST_ALERT_WORKER_H
#define OFFHOOK_HOST_ALERT_WORKER_H

#include "offhook.h"

/* The worker of QUEUE_ALERTS. */
int alert_work(oh_job *job);

#endif
