/* job -- work for later, as the store keeps it, and what a job may look like, whichever
 * engine that is.
 *
 * A job is enqueued in the transaction of what caused it, and ended in the transaction
 * of what it wrote. Open jobs are waiting (for their time, for a worker) or blocked
 * (behind an earlier open job of their group: jobs of a group run in the order in which
 * they were enqueued). Ended jobs (done, dead, cancelled) are kept until they are
 * dropped. Marking a job as running costs no transaction: store_job_began notes it in
 * memory that outlives the process, so that an attempt counts even when it kills the
 * whole server. An engine for several nodes needs leases for that. */
#ifndef OFFHOOK_STORE_JOB_H
#define OFFHOOK_STORE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"
#include "util/span.h"

enum job_state {
	JOB_WAITING,
	JOB_BLOCKED,
	JOB_RUNNING, /* only when read: a waiting job with an attempt that has begun */
	JOB_DONE,
	JOB_DEAD, /* a dead letter: given up on */
	JOB_CANCELLED,
	JOB_STATES
};

const char *job_state_name(enum job_state state); /* "waiting", "blocked" … */

struct store_job {
	int64_t id;        /* given at commit, in the order of commits, never twice */
	struct span queue; /* a name, as collections have (store_name_valid) */
	enum job_state state;
	int priority;                       /* higher ones first */
	int64_t run_at_ms;                  /* not before (wall clock) */
	int64_t created_at_ms, ended_at_ms; /* ended 0: it is open */
	struct span group;                  /* absent: none */
	struct span unique;                 /* absent: none; see JOB_ENQUEUE */
	int64_t unique_ms;
	int tries;            /* attempts that have ended and count */
	int64_t event_id;     /* the event (or revised event) of the transaction that
			     enqueued it, or 0 */
	struct span payload;  /* JSON */
	struct span errors;   /* a JSON array with each failed attempt: {"try": 1,
				 "at": "2026-01-31T12:00:00.000Z", "error": "…"}; absent:
				 none */
	struct span progress; /* its worker's last progress text; absent: none */
};

enum job_op {
	/* Adds a job: queue, priority, run_at_ms, created_at_ms, group, unique,
	 * unique_ms, payload. When the queue has an open job with that unique key, or one
	 * that was enqueued less than unique_ms before created_at_ms and is not
	 * cancelled, nothing is added. Sets id (0: nothing added), state and event_id. */
	JOB_ENQUEUE,
	/* An attempt has ended: id, nth. state says how: JOB_DONE, JOB_DEAD, JOB_CANCELLED,
	 * or JOB_WAITING for another attempt at run_at_ms. Unless count is false, tries
	 * becomes nth. error (absent: none) is added to errors, under the number of the
	 * last attempt that counts and the time now_ms; ended_at_ms becomes now_ms. When
	 * the job is not open any more, or tries is not nth - 1, the whole transaction is
	 * STORE_CONFLICT and fenced is set: the effects of a job that was cancelled, or
	 * that ran elsewhere too, are not committed. */
	JOB_SETTLE,
	/* For the owner's commands and for workers. Nothing happens when there is no such
	 * job, or its state does not allow it; changed says so. */
	JOB_RETRY,    /* dead or cancelled: waiting again at run_at_ms, tries 0, errors
			 kept; waiting: run_at_ms set */
	JOB_CANCEL,   /* an open job, by id; or (id 0) the open jobs of queue with that
			 unique key: cancelled, ended_at_ms becomes now_ms */
	JOB_DROP,     /* an ended job, by id: removed */
	JOB_PROGRESS, /* an open job, by id: progress */
	JOB_PAUSE,    /* queue: none of its jobs starts until JOB_RESUME; also after a
			 restart */
	JOB_RESUME
};

/* One change of a job, part of a transaction. What it points to must live until the
 * transaction's done. */
struct store_job_write {
	struct store_job_write *next;
	enum job_op op;
	struct store_job job; /* the fields named above */
	int nth;              /* JOB_SETTLE: the attempt's number, from 1 */
	bool count;
	struct span error;
	int64_t now_ms; /* JOB_SETTLE, JOB_CANCEL */
	/* set at commit, as is job.queue of JOB_SETTLE, JOB_RETRY and JOB_CANCEL by id: */
	bool changed;
	bool fenced;
	bool unblocked; /* another job of the group may run now */
};

static inline bool job_state_open(enum job_state state)
{
	return state <= JOB_RUNNING;
}

enum { JOB_KEY_MAX = 200, JOB_PRIORITY_MAX = 100 };

/* 0 when a transaction's jobs can be stored; else -1, and err says which one cannot and
 * why. */
int job_check(const struct store_job_write *jobs, struct error *err);

#endif
