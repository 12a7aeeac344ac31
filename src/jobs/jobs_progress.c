#include <stdlib.h>

#include "jobs/jobs_internal.h"
#include "util/container.h"
#include "util/mem.h"
#include "util/utf8.h"

enum { EVERY_MS = 1000, TEXT_CHARS = 500 };

/* A text that a running job reported. It goes to the jobs' thread as a note, and later, if
 * no newer text came, to the store. */
struct progress {
	struct errand errand;
	struct store_job_write write;
	int64_t id; /* of the job, which may end meanwhile */
	char *text;
};

static void progress_free(struct progress *progress)
{
	free(progress->text);
	free(progress);
}

static void progress_stored(struct jobs *jobs, struct errand *errand)
{
	struct progress *progress = container_of(errand, struct progress, errand);
	struct board_item *item = board_find_running(jobs->board, progress->id);
	if (item != NULL) {
		item->attempt->storing_progress = false;
		if (item->attempt->progress != NULL)
			jobs->progress_ms = 0;
	}
	progress_free(progress);
}

static void progress_store(struct jobs *jobs, struct attempt *attempt)
{
	struct progress *progress = mem_new(1, sizeof(*progress));
	progress->id = attempt->given.job.id;
	progress->text = attempt->progress;
	progress->write.op = JOB_PROGRESS;
	progress->write.job.id = progress->id;
	progress->write.job.progress = span_of(progress->text);
	progress->errand.txn.jobs = &progress->write;
	progress->errand.done = progress_stored;
	attempt->progress = NULL;
	attempt->progress_ms = jobs_mono() + EVERY_MS;
	attempt->storing_progress = errand_submit(jobs, &progress->errand);
	if (!attempt->storing_progress)
		progress_free(progress); /* overloaded: the next text is newer */
}

void jobs_progress_submit(struct jobs *jobs)
{
	struct attempt *attempt;
	int64_t now_ms = jobs_mono();
	if (jobs->progress_ms > now_ms)
		return;
	jobs->progress_ms = INT64_MAX;
	TAILQ_FOREACH(attempt, &jobs->attempts, link) {
		if (attempt->progress == NULL || attempt->storing_progress)
			continue;
		if (attempt->progress_ms <= now_ms)
			progress_store(jobs, attempt);
		else if (attempt->progress_ms < jobs->progress_ms)
			jobs->progress_ms = attempt->progress_ms;
	}
}

static void progress_arrived(struct jobs *jobs, struct note *note)
{
	struct progress *progress = container_of(note, struct progress, errand.note);
	struct board_item *item = board_find_running(jobs->board, progress->id);
	if (item != NULL) {
		free(item->attempt->progress);
		item->attempt->progress = progress->text;
		progress->text = NULL;
		jobs->progress_ms = 0;
	}
	progress_free(progress);
}

void jobs_progress(struct jobs *jobs, int64_t id, struct span text)
{
	struct progress *progress = mem_new(1, sizeof(*progress));
	progress->errand.note.arrived = progress_arrived;
	progress->id = id;
	progress->text = mem_strndup(utf8_cut(text, TEXT_CHARS));
	inbox_push(&jobs->inbox, &progress->errand.note);
}
