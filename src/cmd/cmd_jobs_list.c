/* cmd_jobs_list -- the list of jobs, and one job in full. */
#include "cli/data.h"
#include "cli/job_filter.h"
#include "cmd/verbs.h"
#include "util/clock.h"
#include "util/text.h"
#include "view/event_view.h"
#include "view/job_view.h"
#include "view/term.h"

enum { LIMIT = 20, QUEUE_WIDTH = 5 }; /* width of the heading */

struct listing {
	const struct options *options;
	struct store_job_query query;
	struct job_look look;
	int64_t oldest; /* oldest id of the newest jobs */
	int64_t count;
};

static bool note(void *ctx, const struct store_job *job)
{
	struct listing *listing = ctx;
	listing->oldest = job->id;
	if (listing->look.queue_width < job->queue.len)
		listing->look.queue_width = job->queue.len;
	return true;
}

static bool print_job(void *ctx, const struct store_job *job)
{
	struct listing *listing = ctx;
	if (listing->options->json) {
		json_t *view = job_view_json(job, listing->look.now_ms);
		term_json(stdout, view);
		json_decref(view);
	} else {
		if (listing->count == 0)
			job_view_head(stdout, &listing->look);
		job_view_line(stdout, job, &listing->look);
	}
	listing->count++;
	return ferror(stdout) == 0;
}

/* Lists the newest jobs, in the order of ids: reads backwards to find the first of
 * them, then prints. With --after, lists the first jobs after that one instead. */
static int list(struct listing *listing, struct store_reader *reader, struct error *err)
{
	if (listing->query.limit > 0 && !options_has(listing->options, "after")) {
		struct store_job_query newest = listing->query;
		newest.newest_first = true;
		listing->oldest = 1;
		listing->look.queue_width = QUEUE_WIDTH;
		if (store_jobs(reader, &newest, (struct store_each_job){note, listing},
			err) != 0)
			return -1;
		listing->query.after_id = listing->oldest - 1;
	}
	if (store_jobs(reader, &listing->query,
		(struct store_each_job){print_job, listing}, err) != 0)
		return -1;
	if (listing->count == 0 && !listing->options->json)
		(void)fprintf(stderr, "no such jobs\n");
	return 0;
}

static void look_now(struct job_look *look)
{
	*look = (struct job_look){.now_ms = clock_wall_ms(),
	    .colour = term_colour(stdout),
	    .width = term_width(stdout)};
}

int cmd_jobs_list(const struct options *options)
{
	struct store_reader *reader = NULL;
	struct error err;
	struct listing listing = {.options = options};
	int code = EXIT_OK;
	int64_t limit = options_has(options, "after") ? 0 : LIMIT;
	look_now(&listing.look);
	if (job_filter_read(&listing.query, options, listing.look.now_ms, &err) != 0 ||
	    options_int(options, "limit", 0, INT64_MAX, &limit, &err) != 0 ||
	    options_int(
		options, "after", 0, INT64_MAX, &listing.query.after_id, &err) != 0)
		return options_misused(options, &err);
	listing.query.limit = limit;
	if (data_open(&reader, options, &err) != 0 || list(&listing, reader, &err) != 0)
		code = options_fail(options, &err);
	store_reader_close(reader);
	return code;
}

/* --- one job in full --- */

struct shown {
	struct listing listing;
	int64_t event;       /* the event that caused the job; 0: none */
	struct arena *arena; /* holds queue and group */
	struct span queue;   /* set when the job is waiting or blocked */
	struct span group;   /* set when the job is blocked */
};

static bool print_full(void *ctx, const struct store_job *job)
{
	struct shown *shown = ctx;
	if (shown->listing.options->json) {
		(void)print_job(&shown->listing, job);
		return true;
	}
	job_view_full(stdout, job, &shown->listing.look);
	shown->event = job->event_id;
	if (job->state == JOB_WAITING || job->state == JOB_BLOCKED)
		shown->queue = arena_copy(shown->arena, job->queue);
	if (job->state == JOB_BLOCKED)
		shown->group = arena_copy(shown->arena, job->group);
	return true;
}

static bool print_paused(void *ctx, const struct store_queue *queue)
{
	const struct shown *shown = ctx;
	if (!queue->paused || !span_eq(queue->name, shown->queue))
		return true;
	(void)fprintf(stdout,
	    "\nIts queue is paused; `offhook jobs resume %.*s` lets it go on\n",
	    SPAN_ARG(queue->name));
	return false;
}

static bool print_event(void *ctx, const struct store_event *event)
{
	const struct shown *shown = ctx;
	(void)fprintf(stdout, "\nCaused by the event\n");
	event_view_line(stdout, event, shown->listing.look.colour);
	return true;
}

static bool print_first(void *ctx, const struct store_job *job)
{
	const struct shown *shown = ctx;
	(void)fprintf(stdout, "\nWaits for\n");
	job_view_line(stdout, job, &shown->listing.look);
	return true;
}

static int show(struct shown *shown, struct store_reader *reader, struct error *err)
{
	int64_t id;
	const char *word = shown->listing.options->args[1];
	if (!text_int(span_of(word), 1, INT64_MAX, &id))
		return error_set(err, "\"%s\" is no job's id", word);
	int found =
	    store_job_get(reader, id, (struct store_each_job){print_full, shown}, err);
	if (found <= 0)
		return found == 0 ? error_set(err,
					"there is no job %lld; ended ones are dropped "
					"after a time",
					(long long)id)
				  : -1;
	if (shown->queue.ptr != NULL &&
	    store_queue_names(reader, print_paused, shown, err) != 0)
		return -1;
	struct store_job_query first = {.queue = shown->queue,
	    .group = shown->group,
	    .states = 1U << JOB_WAITING | 1U << JOB_RUNNING,
	    .limit = 1};
	if (shown->group.ptr != NULL &&
	    store_jobs(
		reader, &first, (struct store_each_job){print_first, shown}, err) != 0)
		return -1;
	return shown->event == 0 || store_event_get(reader, shown->event, print_event,
					shown, err) >= 0
		   ? 0
		   : -1;
}

int cmd_jobs_show(const struct options *options)
{
	struct store_reader *reader = NULL;
	struct error err;
	struct shown shown = {.listing = {.options = options}, .arena = arena_new()};
	look_now(&shown.listing.look);
	int rc = data_open(&reader, options, &err);
	if (rc == 0)
		rc = show(&shown, reader, &err);
	store_reader_close(reader);
	arena_free(shown.arena);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}
