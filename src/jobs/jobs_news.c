#include <stdlib.h>

#include "jobs/jobs_internal.h"
#include "util/container.h"
#include "util/mem.h"

enum { NEWS_BYTES = 8 << 20 }; /* in the inbox, and one job more */

/* A committed change of a job or queue. */
struct news {
	struct note note;
	enum job_op op;
	bool due; /* JOB_ENQUEUE: it may run now */
	bool unblocked;
	struct board_item *item; /* due: all of the job; else what news_tell copies */
	size_t bytes;
};

/* ---- on the jobs' thread ---- */

static void news_arrived(struct jobs *jobs, struct note *note)
{
	struct news *news = container_of(note, struct news, note);
	struct board *board = jobs->board;
	const struct store_job *job = &news->item->job;
	atomic_fetch_sub(&jobs->news_bytes, (int_fast64_t)news->bytes);
	switch (news->op) {
	case JOB_ENQUEUE:
		if (news->due) {
			board_add(board, news->item, jobs_now(jobs));
			news->item = NULL;
		} else {
			board_later(board, job->queue, job->run_at_ms);
		}
		break;
	case JOB_RETRY:
		board_drop(board, job->id);
		board_later(board, job->queue, job->run_at_ms);
		break;
	case JOB_CANCEL:
		if (job->id != 0)
			board_drop(board, job->id);
		else
			board_drop_unique(board, job->queue, job->unique);
		if (news->unblocked)
			board_later(board, job->queue, 0);
		break;
	case JOB_PAUSE:
	case JOB_RESUME:
		board_pause(board, job->queue, news->op == JOB_PAUSE);
		break;
	case JOB_SETTLE:
	case JOB_DROP:
	case JOB_PROGRESS:
		break;
	}
	free(news->item);
	free(news);
}

void jobs_news_catch_up(struct jobs *jobs)
{
	if (atomic_exchange(&jobs->news_lost, false))
		board_forget(jobs->board);
}

/* ---- on the writer's thread ---- */

/* Of a job that is not due, only what news_arrived needs is copied. Pausing and resuming is
 * never lost. */
static void news_tell(struct jobs *jobs, const struct store_job_write *write, bool due)
{
	const struct store_job *job = &write->job;
	bool bounded = write->op != JOB_PAUSE && write->op != JOB_RESUME;
	if (bounded && atomic_load(&jobs->news_bytes) > NEWS_BYTES) {
		if (!atomic_exchange(&jobs->news_lost, true))
			inbox_ring(&jobs->inbox);
		return;
	}
	struct news *news = mem_new(1, sizeof(*news));
	news->note.arrived = news_arrived;
	news->op = write->op;
	news->due = due;
	news->unblocked = write->unblocked;
	news->item = due ? board_item_new(job)
			 : board_item_new(&(struct store_job){.id = job->id,
			       .queue = job->queue,
			       .run_at_ms = job->run_at_ms,
			       .unique = job->unique});
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
				news_tell(jobs, write, write->job.run_at_ms <= now_ms);
			break;
		case JOB_RETRY:
		case JOB_CANCEL:
			if (write->changed)
				news_tell(jobs, write, false);
			break;
		case JOB_PAUSE:
		case JOB_RESUME:
			news_tell(jobs, write, false);
			break;
		case JOB_SETTLE:   /* ours: its errand reports it */
		case JOB_DROP:     /* the job had ended: it is not on the board */
		case JOB_PROGRESS: /* changes nothing on the board */
			break;
		}
	}
}
