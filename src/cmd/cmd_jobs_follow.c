/* cmd_jobs_follow -- prints changes of jobs as they happen. However many jobs wait,
 * each look reads only those that may have changed: the latest ones, the running ones
 * and those that have just ended. It prints what differs from the look before; a job
 * that changed twice between two looks is printed once. */
#include <limits.h>
#include <stdlib.h>

#include "cli/data.h"
#include "cli/follow.h"
#include "cli/job_filter.h"
#include "cmd/verbs.h"
#include "util/clock.h"
#include "util/mem.h"
#include "view/job_view.h"
#include "view/term.h"

/* COMMIT_MS: a job has its time of ending a moment before readers see the end. */
enum { TIME_WIDTH = 10, LATEST = 1000, COMMIT_MS = 2000 };

struct seen {
	int64_t id, run_at_ms;
	enum job_state state;
	int tries;
};

struct seen_list { /* sorted by id before it is searched */
	struct seen *at;
	size_t count, cap;
};

struct follow {
	const struct options *options;
	struct store_reader *reader;
	struct store_job_query query; /* without states: shown has them */
	unsigned shown;
	struct job_look look;
	struct seen_list before, now;
	int64_t newest;   /* the largest id seen */
	int64_t latest;   /* all jobs after that id are looked at */
	int64_t ended_ms; /* jobs that ended after that time are looked at */
	bool silent;      /* true in the first look, which prints nothing */
	bool told;        /* the heading was printed */
};

/* ---- the jobs seen ---- */

static int seen_compare(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

static void seen_sort(struct seen_list *list)
{
	if (list->count > 1)
		qsort(list->at, list->count, sizeof(list->at[0]), seen_compare);
}

static const struct seen *seen_find(const struct seen_list *sorted, int64_t id)
{
	const struct seen wanted = {.id = id};
	return sorted->count == 0 ? NULL
				  : bsearch(&wanted, sorted->at, sorted->count,
					sizeof(sorted->at[0]), seen_compare);
}

static void seen_add(struct seen_list *list, const struct store_job *job)
{
	if (list->count == list->cap) {
		list->cap = list->cap == 0 ? 256 : 2 * list->cap;
		list->at = mem_resize(list->at, list->cap, sizeof(list->at[0]));
	}
	list->at[list->count++] =
	    (struct seen){job->id, job->run_at_ms, job->state, job->tries};
}

/* ---- printing ---- */

static void follow_print(struct follow *follow, const struct store_job *job)
{
	char time[CLOCK_ISO_SIZE];
	clock_iso(time, follow->look.now_ms);
	if (follow->options->json) {
		json_t *view = job_view_json(job, follow->look.now_ms);
		(void)json_object_set_new(view, "at", json_string(time));
		term_json(stdout, view);
		return;
	}
	if (!follow->told) {
		(void)printf("%*s", TIME_WIDTH, "");
		job_view_head(stdout, &follow->look);
		follow->told = true;
	}
	(void)printf("%.8s  ", time + 11);
	job_view_line(stdout, job, &follow->look);
}

static void follow_look_at(struct follow *follow, const struct store_job *job)
{
	const struct seen *seen = seen_find(&follow->before, job->id);
	bool shown = !follow->silent && (follow->shown >> job->state & 1) != 0;
	seen_add(&follow->now, job);
	if (job->id > follow->newest)
		follow->newest = job->id;
	bool same = seen != NULL && seen->state == job->state &&
		    seen->tries == job->tries && seen->run_at_ms == job->run_at_ms;
	if (shown && !same)
		follow_print(follow, job);
}

/* ---- a look ---- */

/* Looks at the jobs that match, up to last_id; INT64_MAX: at all of them. */
static int follow_look_through(struct follow *follow,
    const struct store_job_query *query, int64_t last_id, struct error *err)
{
	struct store_job job;
	int rc;
	struct store_jobs *jobs = store_jobs_open(follow->reader, query);
	while ((rc = store_jobs_next(jobs, &job, err)) == 1) {
		if (job.id <= last_id)
			follow_look_at(follow, &job);
	}
	store_jobs_close(jobs);
	return rc;
}

/* Looks at jobs that ran in the look before and now neither run nor have ended: they
 * will run again. */
static int follow_look_at_stopped(struct follow *follow, struct error *err)
{
	struct arena *arena = arena_new();
	int rc = 0;
	seen_sort(&follow->now);
	for (size_t i = 0; i < follow->before.count && rc >= 0; i++) {
		const struct seen *seen = &follow->before.at[i];
		struct store_job job;
		if (seen->state != JOB_RUNNING ||
		    seen_find(&follow->now, seen->id) != NULL)
			continue;
		rc = store_job_get(follow->reader, seen->id, arena, &job, err);
		if (rc == 1)
			follow_look_at(follow, &job);
	}
	arena_free(arena);
	return rc < 0 ? -1 : 0;
}

static int follow_look(void *ctx, struct error *err)
{
	struct follow *follow = ctx;
	struct store_job_query latest = follow->query, running = follow->query,
			       ended = follow->query;
	follow->look.now_ms = clock_wall_ms();
	latest.after_id = follow->latest =
	    follow->newest > LATEST ? follow->newest - LATEST : 0;
	running.states = 1U << JOB_RUNNING;
	ended.ended_after_ms = follow->ended_ms;
	follow->now.count = 0;
	if (follow_look_through(follow, &latest, INT64_MAX, err) < 0 ||
	    follow_look_through(follow, &running, follow->latest, err) < 0 ||
	    follow_look_through(follow, &ended, follow->latest, err) < 0 ||
	    follow_look_at_stopped(follow, err) < 0)
		return -1;
	seen_sort(&follow->now);
	struct seen_list old = follow->before;
	follow->before = follow->now;
	follow->now = old;
	follow->ended_ms = follow->look.now_ms - COMMIT_MS;
	follow->silent = false;
	return 0;
}

/* Only what happens from now on is printed. */
static int follow_begin(struct follow *follow, struct error *err)
{
	const struct store_job_query newest = {.newest_first = true, .limit = 1};
	follow->silent = true;
	follow->ended_ms = follow->look.now_ms - COMMIT_MS;
	follow->shown = follow->query.states != 0 ? follow->query.states : UINT_MAX;
	follow->query.states = 0;
	struct store_job job;
	struct store_jobs *jobs = store_jobs_open(follow->reader, &newest);
	int rc = store_jobs_next(jobs, &job, err);
	if (rc == 1)
		follow->newest = job.id;
	store_jobs_close(jobs);
	return rc < 0 ? -1 : 0;
}

int cmd_jobs_follow(const struct options *options)
{
	struct error err;
	struct follow follow = {.options = options, .look = job_look_now()};
	if (job_filter_read(&follow.query, options, follow.look.now_ms, &err) != 0)
		return options_misused(options, &err);
	int rc = data_open(&follow.reader, options, &err);
	if (follow.look.width > TIME_WIDTH)
		follow.look.width -= TIME_WIDTH;
	if (rc == 0)
		rc = follow_begin(&follow, &err);
	if (rc == 0)
		rc = follow_until_stopped(follow_look, &follow, &err);
	store_reader_close(follow.reader);
	free(follow.before.at);
	free(follow.now.at);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}
