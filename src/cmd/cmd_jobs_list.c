/* cmd_jobs_list -- the list of jobs, and one job in full. */
#include "cli/data.h"
#include "cli/job_filter.h"
#include "cmd/verbs.h"
#include "util/text.h"
#include "view/event_view.h"
#include "view/job_view.h"
#include "view/term.h"

enum { LIMIT = 20, QUEUE_WIDTH = 5 }; /* width of the heading */

struct listing {
	const struct options *options;
	struct store_job_query query;
	struct job_look look;
	int64_t count;
};

static void listing_print(struct listing *listing, const struct store_job *job)
{
	if (listing->options->json) {
		term_json(stdout, job_view_json(job, listing->look.now_ms));
	} else {
		if (listing->count == 0)
			job_view_head(stdout, &listing->look);
		job_view_line(stdout, job, &listing->look);
	}
	listing->count++;
}

/* Finds where the newest jobs begin, and how long the names of their queues are. */
static int listing_measure(
    struct listing *listing, struct store_reader *reader, struct error *err)
{
	struct store_job_query newest = listing->query;
	struct store_job job;
	int64_t oldest = 1;
	int rc;
	newest.newest_first = true;
	listing->look.queue_width = QUEUE_WIDTH;
	struct store_jobs *jobs = store_jobs_open(reader, &newest);
	while ((rc = store_jobs_next(jobs, &job, err)) == 1) {
		oldest = job.id;
		if (listing->look.queue_width < job.queue.len)
			listing->look.queue_width = job.queue.len;
	}
	store_jobs_close(jobs);
	listing->query.after_id = oldest - 1;
	return rc;
}

static void listing_explain_none(
    const struct listing *listing, struct store_reader *reader)
{
	struct error why;
	if (data_check_queue(reader, listing->options->app, listing->query.queue,
		"; `offhook jobs stats` lists them", &why) != 0)
		term_say(stderr, "no such jobs: %s", why.text);
	else if (!listing->options->json)
		(void)fprintf(stderr, "no such jobs\n");
}

/* Lists the newest jobs, in the order of ids. With --after, lists the first jobs after
 * that one instead. */
static int listing_show(
    struct listing *listing, struct store_reader *reader, struct error *err)
{
	struct store_job job;
	int rc = 0;
	if (listing->query.limit > 0 && !options_has(listing->options, "after") &&
	    listing_measure(listing, reader, err) != 0)
		return -1;
	struct store_jobs *jobs = store_jobs_open(reader, &listing->query);
	while (ferror(stdout) == 0 && (rc = store_jobs_next(jobs, &job, err)) == 1)
		listing_print(listing, &job);
	store_jobs_close(jobs);
	if (rc == 0 && listing->count == 0)
		listing_explain_none(listing, reader);
	return rc < 0 ? -1 : 0;
}

int cmd_jobs_list(const struct options *options)
{
	struct store_reader *reader = NULL;
	struct error err;
	struct listing listing = {.options = options, .look = job_look_now()};
	int code = EXIT_OK;
	if (job_filter_read(&listing.query, options, listing.look.now_ms, &err) != 0)
		return options_misused(options, &err);
	listing.query.limit = options_has(options, "after") ? 0 : LIMIT;
	if (options_int(options, "limit", 0, INT64_MAX, &listing.query.limit, &err) !=
		0 ||
	    options_int(
		options, "after", 0, INT64_MAX, &listing.query.after_id, &err) != 0)
		return options_misused(options, &err);
	if (data_open(&reader, options, &err) != 0 ||
	    listing_show(&listing, reader, &err) != 0)
		code = options_fail(options, &err);
	store_reader_close(reader);
	return code;
}

/* --- one job in full --- */

/* Says when the queue of a waiting job is paused. */
static int job_print_paused(struct store_reader *reader, const struct store_job *job,
    struct arena *arena, struct error *err)
{
	struct store_queue *queue;
	if (store_queues(reader, false, arena, &queue, err) != 0)
		return -1;
	while (queue != NULL && !span_eq(queue->name, job->queue))
		queue = queue->next;
	if (queue != NULL && queue->paused)
		(void)fprintf(stdout,
		    "\nIts queue is paused; `offhook jobs resume %.*s` lets it go on\n",
		    SPAN_ARG(queue->name));
	return 0;
}

/* Prints the job that a blocked one waits for. */
static int job_print_first(struct store_reader *reader, const struct store_job *job,
    const struct job_look *look, struct error *err)
{
	struct store_job_query query = {.queue = job->queue,
	    .group = job->group,
	    .states = 1U << JOB_WAITING | 1U << JOB_RUNNING,
	    .limit = 1};
	struct store_job first;
	struct store_jobs *jobs = store_jobs_open(reader, &query);
	int rc = store_jobs_next(jobs, &first, err);
	if (rc == 1) {
		(void)fprintf(stdout, "\nWaits for\n");
		job_view_line(stdout, &first, look);
	}
	store_jobs_close(jobs);
	return rc < 0 ? -1 : 0;
}

static int job_print(struct listing *listing, struct store_reader *reader,
    const struct store_job *job, struct error *err)
{
	struct arena *arena = listing->options->arena;
	bool blocked = job->state == JOB_BLOCKED;
	struct store_event event;
	if (listing->options->json) {
		listing_print(listing, job);
		return 0;
	}
	job_view_full(stdout, job, &listing->look);
	if (((blocked || job->state == JOB_WAITING) &&
		job_print_paused(reader, job, arena, err) != 0) ||
	    (blocked && job_print_first(reader, job, &listing->look, err) != 0))
		return -1;
	int rc = store_event_get(reader, job->event_id, arena, &event, err);
	if (rc == 1) {
		(void)fprintf(stdout, "\nCaused by the event\n");
		event_view_line(stdout, &event, listing->look.colour);
	}
	return rc < 0 ? -1 : 0;
}

int cmd_jobs_show(const struct options *options)
{
	struct listing listing = {.options = options, .look = job_look_now()};
	struct store_reader *reader = NULL;
	struct store_job job;
	struct error err;
	int64_t id;
	if (!text_int(span_of(options->args[1]), 1, INT64_MAX, &id)) {
		(void)error_set(&err, "\"%s\" is no job's id", options->args[1]);
		return options_fail(options, &err);
	}
	int rc = -1;
	if (data_open(&reader, options, &err) == 0) {
		int found = store_job_get(reader, id, options->arena, &job, &err);
		if (found == 1)
			rc = job_print(&listing, reader, &job, &err);
		else if (found == 0)
			(void)error_set(&err,
			    "there is no job %lld; ended ones are dropped after a time",
			    (long long)id);
	}
	store_reader_close(reader);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}
