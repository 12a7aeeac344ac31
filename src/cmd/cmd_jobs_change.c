/* cmd_jobs_change -- retry, drop and cancel, of jobs given by id or by a filter. */
#include "cli/bulk.h"
#include "cli/data.h"
#include "cli/job_filter.h"
#include "cmd/verbs.h"
#include "view/job_view.h"

enum {
	OPEN = 1 << JOB_WAITING | 1 << JOB_BLOCKED | 1 << JOB_RUNNING,
	ENDED = 1 << JOB_DONE | 1 << JOB_DEAD | 1 << JOB_CANCELLED
};

struct change_kind {
	const char *name, *past;
	unsigned allowed; /* states in which a job can be changed */
	unsigned usual;   /* states when no --state is given */
	bool waits;       /* without a server, the jobs wait for the next one */
};

struct change {
	const struct options *options;
	const struct change_kind *kind;
	struct store_job_query query; /* used when no ids are given */
	struct job_look look;
	struct bulk bulk;
};

static const char *allowed_states(
    char out[JOB_STATES_SIZE], const struct change_kind *kind)
{
	return job_filter_states(out, kind->allowed, "and");
}

static int change_read_options(struct change *change, struct error *err)
{
	const struct options *options = change->options;
	const struct change_kind *kind = change->kind;
	char states[JOB_STATES_SIZE];
	if (bulk_check_choice(options, job_filter_given(options),
		"--queue, --state, --error", err) != 0 ||
	    job_filter_read(&change->query, options, change->look.now_ms, err) != 0)
		return -1;
	if ((change->query.states & ~kind->allowed) != 0)
		return error_set(err, "--state: only %s jobs can be %s",
		    allowed_states(states, kind), kind->past);
	if (change->query.states == 0)
		change->query.states = kind->usual;
	return 0;
}

/* Adds the job to those to change. A dry run prints the first few. */
static void change_add(struct change *change, const struct store_job *job)
{
	bulk_add(&change->bulk, job->id);
	if (!options_has(change->options, "dry-run") || change->options->json ||
	    change->bulk.count > BULK_FIRST_FEW)
		return;
	if (change->bulk.count == 1)
		job_view_head(stdout, &change->look);
	job_view_line(stdout, job, &change->look);
}

static int change_add_matching(
    void *ctx, struct store_reader *reader, struct error *err)
{
	struct change *change = ctx;
	struct store_job job;
	int rc;
	if (data_check_queue(reader, change->options->app, change->query.queue,
		"; `offhook jobs stats` lists them", err) != 0)
		return -1;
	struct store_jobs *jobs = store_jobs_open(reader, &change->query);
	while ((rc = store_jobs_next(jobs, &job, err)) == 1)
		change_add(change, &job);
	store_jobs_close(jobs);
	return rc;
}

static int change_add_one(
    void *ctx, struct store_reader *reader, int64_t id, struct error *err)
{
	struct change *change = ctx;
	char states[JOB_STATES_SIZE];
	struct store_job job;
	int found = store_job_get(reader, id, change->options->arena, &job, err);
	if (found == 1 && (change->kind->allowed >> job.state & 1) != 0)
		change_add(change, &job);
	else if (found == 1)
		(void)fprintf(stderr, "job %lld is %s: only %s jobs can be %s\n",
		    (long long)id, job_state_name(job.state),
		    allowed_states(states, change->kind), change->kind->past);
	return found;
}

static int change_run(const struct options *options, const struct change_kind *kind)
{
	struct error err;
	struct change change = {
	    .options = options, .kind = kind, .look = job_look_now()};
	if (change_read_options(&change, &err) != 0)
		return options_misused(options, &err);
	return bulk_change(&(struct bulk_change){.options = options,
	    .noun = "job",
	    .done = kind->past,
	    .changed = kind->past,
	    .waits = kind->waits,
	    .request = json_pack("{s:s, s:s}", "command", "jobs", "do", kind->name),
	    .bulk = &change.bulk,
	    .add_one = change_add_one,
	    .add_matching = change_add_matching,
	    .ctx = &change});
}

int cmd_jobs_retry(const struct options *options)
{
	static const struct change_kind kind = {"retry", "retried",
	    1 << JOB_DEAD | 1 << JOB_CANCELLED | 1 << JOB_WAITING, 1 << JOB_DEAD, true};
	return change_run(options, &kind);
}

int cmd_jobs_drop(const struct options *options)
{
	static const struct change_kind kind = {"drop", "dropped", ENDED, ENDED, false};
	return change_run(options, &kind);
}

int cmd_jobs_cancel(const struct options *options)
{
	static const struct change_kind kind = {
	    "cancel", "cancelled", OPEN, OPEN, false};
	return change_run(options, &kind);
}
