#include "store/job.h"

#include "store/store.h"

const char *job_state_name(enum job_state state)
{
	switch (state) {
	case JOB_WAITING:
		return "waiting";
	case JOB_BLOCKED:
		return "blocked";
	case JOB_RUNNING:
		return "running";
	case JOB_DONE:
		return "done";
	case JOB_DEAD:
		return "dead";
	case JOB_CANCELLED:
		return "cancelled";
	case JOB_STATES:
		break;
	}
	return "unknown";
}

static int check_queue(struct span queue, struct error *err)
{
	if (store_name_valid(queue))
		return 0;
	return error_set(err,
	    "'%.*s' cannot be a queue's name: a letter or _, then letters, digits, _ . -, "
	    "at most 64 bytes",
	    queue.len > 80 ? 80 : (int)queue.len, queue.ptr != NULL ? queue.ptr : "");
}

static int check_key(
    const struct store_job *job, const char *what, struct span key, struct error *err)
{
	if (key.len <= JOB_KEY_MAX)
		return 0;
	return error_set(err,
	    "a job for queue '%.*s': its %s has %zu bytes; at most %d are allowed",
	    SPAN_ARG(job->queue), what, key.len, JOB_KEY_MAX);
}

static int check_new(const struct store_job *job, struct error *err)
{
	if (check_queue(job->queue, err) < 0 ||
	    check_key(job, "group", job->group, err) < 0 ||
	    check_key(job, "unique key", job->unique, err) < 0)
		return -1;
	if (job->payload.len == 0)
		return error_set(
		    err, "a job for queue '%.*s' has no payload", SPAN_ARG(job->queue));
	if (job->priority < -JOB_PRIORITY_MAX || job->priority > JOB_PRIORITY_MAX)
		return error_set(err,
		    "a job for queue '%.*s': priority %d; it goes from -%d to %d",
		    SPAN_ARG(job->queue), job->priority, JOB_PRIORITY_MAX,
		    JOB_PRIORITY_MAX);
	return 0;
}

static int check_settle(const struct store_job_write *write, struct error *err)
{
	enum job_state to = write->job.state;
	bool can = to == JOB_WAITING || to == JOB_DONE || to == JOB_DEAD ||
		   to == JOB_CANCELLED;
	if (can && write->nth > 0)
		return 0;
	return error_set(err, "job %lld: try %d cannot end as %s",
	    (long long)write->job.id, write->nth, job_state_name(to));
}

static int check_one(const struct store_job_write *write, struct error *err)
{
	switch (write->op) {
	case JOB_ENQUEUE:
		return check_new(&write->job, err);
	case JOB_SETTLE:
		return check_settle(write, err);
	case JOB_CANCEL:
		return write->job.id != 0 ? 0 : check_queue(write->job.queue, err);
	case JOB_PAUSE:
	case JOB_RESUME:
		return check_queue(write->job.queue, err);
	case JOB_RETRY:
	case JOB_DROP:
	case JOB_PROGRESS:
		return 0;
	}
	return error_set(err, "no such change of a job: %d", (int)write->op);
}

int job_check(const struct store_job_write *jobs, struct error *err)
{
	for (; jobs != NULL; jobs = jobs->next) {
		if (check_one(jobs, err) < 0)
			return -1;
	}
	return 0;
}
