/* job -- what a job may look like, whichever engine keeps it. */
#ifndef OFFHOOK_STORE_JOB_H
#define OFFHOOK_STORE_JOB_H

#include "store/store.h"

enum { JOB_KEY_MAX = 200, JOB_PRIORITY_MAX = 100 };

/* 0 when a transaction's jobs can be stored; else -1, and err says which one cannot and
 * why. */
int job_check(const struct store_job_write *jobs, struct error *err);

static inline bool job_state_open(enum job_state state)
{
	return state <= JOB_RUNNING;
}

#endif
