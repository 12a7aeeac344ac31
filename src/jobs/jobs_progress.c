#include <stddef.h>
#include <stdlib.h>

#include "jobs/jobs_internal.h"
#include "util/mem.h"
#include "util/utf8.h"

enum { EVERY_MS = 1000, TEXT_CHARS = 500 };

/* What a job told: first on its way to the jobs' thread, then to the store. */
struct telling {
	struct note note;
	struct jobs *jobs;
	struct store_txn txn;
	struct store_job_write write;
	int64_t id;
	char *text;
};

static void telling_free(struct telling *telling)
{
	free(telling->text);
	free(telling);
}

static void stored(struct jobs *jobs, struct note *note)
{
	struct telling *telling = (struct telling *)note;
	struct board_item *item = board_find_running(jobs->board, telling->id);
	jobs->others--;
	if (item != NULL) {
		item->attempt->telling = false;
		if (item->attempt->progress != NULL)
			jobs->tell_ms = 0;
	}
	telling_free(telling);
}

/* On the writer's thread. */
static void done(struct store_txn *txn)
{
	struct telling *telling =
	    (struct telling *)((char *)txn - offsetof(struct telling, txn));
	telling->note.arrived = stored;
	inbox_push(&telling->jobs->inbox, &telling->note);
}

static void store(struct jobs *jobs, struct attempt *attempt)
{
	struct telling *telling = mem_new(1, sizeof(*telling));
	telling->jobs = jobs;
	telling->id = attempt->run.job.id;
	telling->text = attempt->progress;
	telling->write.op = JOB_PROGRESS;
	telling->write.job.id = telling->id;
	telling->write.job.progress = span_of(telling->text);
	telling->txn.jobs = &telling->write;
	telling->txn.done = done;
	attempt->progress = NULL;
	attempt->progress_ms = jobs_mono() + EVERY_MS;
	if (store_submit(jobs->store, &telling->txn)) {
		attempt->telling = true;
		jobs->others++;
		store_flush(jobs->store);
	} else {
		telling_free(telling); /* the next one says more */
	}
}

void jobs_progress_submit(struct jobs *jobs)
{
	struct attempt *attempt;
	int64_t now_ms = jobs_mono();
	if (jobs->tell_ms > now_ms)
		return;
	jobs->tell_ms = INT64_MAX;
	TAILQ_FOREACH(attempt, &jobs->tries, link) {
		if (attempt->progress == NULL || attempt->telling)
			continue;
		if (attempt->progress_ms <= now_ms)
			store(jobs, attempt);
		else if (attempt->progress_ms < jobs->tell_ms)
			jobs->tell_ms = attempt->progress_ms;
	}
}

static void told(struct jobs *jobs, struct note *note)
{
	struct telling *telling = (struct telling *)note;
	struct board_item *item = board_find_running(jobs->board, telling->id);
	if (item != NULL) {
		free(item->attempt->progress);
		item->attempt->progress = telling->text;
		telling->text = NULL;
		jobs->tell_ms = 0;
	}
	telling_free(telling);
}

void jobs_progress(struct jobs *jobs, int64_t id, struct span text)
{
	struct telling *telling = mem_new(1, sizeof(*telling));
	telling->note.arrived = told;
	telling->id = id;
	telling->text = mem_strndup(utf8_cut(text, TEXT_CHARS));
	inbox_push(&jobs->inbox, &telling->note);
}
