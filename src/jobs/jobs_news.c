#include <stdlib.h>

#include "jobs/jobs_internal.h"
#include "util/mem.h"

enum { NEWS_BYTES = 8 << 20 }; /* and one job more */

/* A change of a job or queue. */
struct news {
	struct note note;
	enum job_op op;
	bool due; /* JOB_ENQUEUE: it may run now */
	bool unblocked;
	struct board_item *item; /* due: all of the job; else what stands in brief() */
	size_t bytes;
};

/* ---- on the jobs' thread ---- */

static void change(struct jobs *jobs, const struct news *news)
{
	const struct store_job *job = &news->item->job;
	switch (news->op) {
	case JOB_ENQUEUE:
		board_later(jobs->board, job->queue, job->run_at_ms);
		break;
	case JOB_RETRY:
		board_drop(jobs->board, job->id);
		board_later(jobs->board, job->queue, job->run_at_ms);
		break;
	case JOB_CANCEL:
		if (job->id != 0)
			board_drop(jobs->board, job->id);
		else
			board_drop_unique(jobs->board, job->queue, job->unique);
		if (news->unblocked)
			board_later(jobs->board, job->queue, 0);
		break;
	case JOB_PAUSE:
	case JOB_RESUME:
		board_pause(jobs->board, job->queue, news->op == JOB_PAUSE);
		break;
	case JOB_SETTLE:
	case JOB_DROP:
	case JOB_PROGRESS:
		break;
	}
}

static void arrived(struct jobs *jobs, struct note *note)
{
	struct news *news = (struct news *)note;
	if (news->due) {
		board_add(jobs->board, news->item, jobs_now(jobs));
	} else {
		change(jobs, news);
		free(news->item);
	}
	atomic_fetch_sub(&jobs->news_bytes, (int_fast64_t)news->bytes);
	free(news);
}

void jobs_news_catch_up(struct jobs *jobs)
{
	if (atomic_exchange(&jobs->news_lost, false))
		board_forget(jobs->board);
}

/* ---- on the writer's thread ---- */

static void lose(struct jobs *jobs)
{
	if (!atomic_exchange(&jobs->news_lost, true))
		inbox_ring(&jobs->inbox);
}

/* What is to be known of a job that does not run now. */
static struct store_job brief(const struct store_job *job)
{
	return (struct store_job){.id = job->id,
	    .queue = job->queue,
	    .run_at_ms = job->run_at_ms,
	    .unique = job->unique};
}

static void tell(struct jobs *jobs, const struct store_job_write *write, bool due)
{
	const struct store_job told = due ? write->job : brief(&write->job);
	bool bounded = write->op != JOB_PAUSE && write->op != JOB_RESUME;
	if (bounded && atomic_load(&jobs->news_bytes) > NEWS_BYTES) {
		lose(jobs);
		return;
	}
	struct news *news = mem_new(1, sizeof(*news));
	news->note.arrived = arrived;
	news->op = write->op;
	news->due = due;
	news->unblocked = write->unblocked;
	news->item = board_item_new(&told);
	news->bytes = sizeof(*news) + news->item->bytes;
	atomic_fetch_add(&jobs->news_bytes, (int_fast64_t)news->bytes);
	inbox_push(&jobs->inbox, &news->note);
}

void jobs_news(void *ctx, const struct store_txn *txn)
{
	struct jobs *jobs = ctx;
	int64_t now_ms = jobs_now(jobs);
	for (const struct store_job_write *write = txn->jobs; write != NULL;
	     write = write->next) {
		switch (write->op) {
		case JOB_ENQUEUE:
			if (write->job.id != 0 && write->job.state == JOB_WAITING)
				tell(jobs, write, write->job.run_at_ms <= now_ms);
			break;
		case JOB_RETRY:
		case JOB_CANCEL:
			if (write->changed)
				tell(jobs, write, false);
			break;
		case JOB_PAUSE:
		case JOB_RESUME:
			tell(jobs, write, false);
			break;
		case JOB_SETTLE:   /* our own: told by its done */
		case JOB_DROP:     /* it had ended */
		case JOB_PROGRESS: /* our own */
			break;
		}
	}
}
