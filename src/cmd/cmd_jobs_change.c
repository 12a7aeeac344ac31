/* cmd_jobs_change -- retry, drop and cancel, of jobs given by id or by a filter. */
#include <string.h>

#include "cli/bulk.h"
#include "cli/data.h"
#include "cli/job_filter.h"
#include "cmd/verbs.h"
#include "util/clock.h"
#include "util/text.h"
#include "view/job_view.h"
#include "view/term.h"

enum {
	OPEN = 1 << JOB_WAITING | 1 << JOB_BLOCKED | 1 << JOB_RUNNING,
	ENDED = 1 << JOB_DONE | 1 << JOB_DEAD | 1 << JOB_CANCELLED
};

struct change_kind {
	const char *name, *past;
	unsigned allowed; /* states in which a job can be changed */
	unsigned usual;   /* states when no --state is given */
};

struct change {
	const struct options *options;
	const struct change_kind *kind;
	struct store_job_query query; /* used when no ids are given */
	struct job_look look;
	struct bulk bulk;
	bool dry;
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
	bool filter = job_filter_given(options) || options_has(options, "all");
	if (options->arg_count > 1 && filter)
		return error_set(err, "give ids, or say which with options; not both");
	if (options->arg_count == 1 && !filter)
		return error_set(err,
		    "which? Give ids, a filter (--queue, --state, --error …), or --all");
	if (job_filter_read(&change->query, options, change->look.now_ms, err) != 0)
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
	if (change->dry && !change->options->json &&
	    change->bulk.count <= BULK_FIRST_FEW) {
		if (change->bulk.count == 1)
			job_view_head(stdout, &change->look);
		job_view_line(stdout, job, &change->look);
	}
}

static void change_add_allowed(struct change *change, const struct store_job *job)
{
	char states[JOB_STATES_SIZE];
	if ((change->kind->allowed >> job->state & 1) != 0)
		change_add(change, job);
	else
		(void)fprintf(stderr, "job %lld is %s: only %s jobs can be %s\n",
		    (long long)job->id, job_state_name(job->state),
		    allowed_states(states, change->kind), change->kind->past);
}

static int change_add_matching(
    struct change *change, struct store_reader *reader, struct error *err)
{
	struct store_job job;
	int rc;
	struct store_jobs *jobs = store_jobs_open(reader, &change->query);
	while ((rc = store_jobs_next(jobs, &job, err)) == 1)
		change_add(change, &job);
	store_jobs_close(jobs);
	return rc;
}

static int change_add_ids(
    struct change *change, struct store_reader *reader, struct error *err)
{
	const struct options *options = change->options;
	for (size_t i = 1; i < options->arg_count; i++) {
		struct store_job job;
		int64_t id;
		if (!text_int(span_of(options->args[i]), 1, INT64_MAX, &id))
			return error_set(
			    err, "\"%s\" is no job's id", options->args[i]);
		int found = store_job_get(reader, id, options->arena, &job, err);
		if (found < 0)
			return -1;
		if (found == 1)
			change_add_allowed(change, &job);
		else
			(void)fprintf(stderr, "there is no job %lld\n", (long long)id);
	}
	bulk_sort(&change->bulk);
	return 0;
}

static void change_print(const struct change *change, int64_t changed, bool alone)
{
	bulk_print_changed(changed, change->options, "job", change->kind->past);
	if (alone && changed > 0 && strcmp(change->kind->name, "retry") == 0)
		(void)fprintf(stderr, "no server runs: they wait for the next one\n");
}

static int change_carry_out(
    struct change *change, struct store_reader *reader, struct error *err)
{
	bool ids = change->options->arg_count > 1, alone = false;
	int64_t changed = 0;
	int rc = ids ? change_add_ids(change, reader, err)
		     : change_add_matching(change, reader, err);
	if (rc != 0)
		return -1;
	if (change->dry)
		bulk_print_dry(
		    &change->bulk, change->options, "job", change->kind->past);
	else if (change->bulk.count > 0 && bulk_send(&change->bulk, change->options,
					       json_pack("{s:s, s:s}", "command",
						   "jobs", "do", change->kind->name),
					       &changed, &alone, err) != 0)
		return -1;
	if (!change->dry)
		change_print(change, changed, alone);
	if (ids && (change->dry ? change->bulk.count == 0 : changed == 0))
		return error_set(err, "none of them can be %s now", change->kind->past);
	return 0;
}

static int change_run(const struct options *options, const struct change_kind *kind)
{
	struct store_reader *reader = NULL;
	struct error err;
	struct change change = {.options = options,
	    .kind = kind,
	    .look = {.now_ms = clock_wall_ms(),
		.colour = term_colour(stdout),
		.width = term_width(stdout)},
	    .dry = options_has(options, "dry-run")};
	if (change_read_options(&change, &err) != 0)
		return options_misused(options, &err);
	int rc = data_open(&reader, options, &err);
	if (rc == 0)
		rc = change_carry_out(&change, reader, &err);
	store_reader_close(reader);
	bulk_free(&change.bulk);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}

int cmd_jobs_retry(const struct options *options)
{
	static const struct change_kind kind = {"retry", "retried",
	    1 << JOB_DEAD | 1 << JOB_CANCELLED | 1 << JOB_WAITING, 1 << JOB_DEAD};
	return change_run(options, &kind);
}

int cmd_jobs_drop(const struct options *options)
{
	static const struct change_kind kind = {"drop", "dropped", ENDED, ENDED};
	return change_run(options, &kind);
}

int cmd_jobs_cancel(const struct options *options)
{
	static const struct change_kind kind = {"cancel", "cancelled", OPEN, OPEN};
	return change_run(options, &kind);
}
