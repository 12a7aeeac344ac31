/* job_fixture -- short words for what tests do with jobs. */
#ifndef OFFHOOK_TESTS_JOB_FIXTURE_H
#define OFFHOOK_TESTS_JOB_FIXTURE_H

#include "store_fixture.h"

#include "store/job.h"

/* When tests' jobs are made and due. */
enum { T0 = 1000000 };

static inline struct store_job_write new_job(const char *queue, const char *payload)
{
	return (struct store_job_write){.op = JOB_ENQUEUE,
	    .job = {.queue = span_of(queue),
		.payload = span_of(payload),
		.run_at_ms = T0,
		.created_at_ms = T0}};
}

static inline struct store_job_write grouped_job(const char *queue, const char *group)
{
	struct store_job_write write = new_job(queue, "{}");
	write.job.group = span_of(group);
	return write;
}

static inline struct store_job_write settled(int64_t id, int try, enum job_state state)
{
	return (struct store_job_write){.op = JOB_SETTLE,
	    .job = {.id = id, .state = state, .run_at_ms = T0 + 500},
	    .nth = try,
	    .count = true,
	    .now_ms = T0 + 100};
}

static inline struct store_job_write change_of(enum job_op op, int64_t id)
{
	return (struct store_job_write){
	    .op = op, .job = {.id = id, .run_at_ms = T0 + 700}, .now_ms = T0 + 200};
}

/* Commits one change. */
static inline enum store_result commit_job(
    struct fixture *f, struct store_job_write *write)
{
	struct store_txn txn = {.jobs = write};
	write->next = NULL;
	enum store_result result = store_commit(f->store, &txn);
	f->err = txn.error;
	return result;
}

static inline struct store_job_write done(
    struct fixture *f, struct store_job_write write)
{
	if (commit_job(f, &write) != STORE_OK)
		fail_msg("%s", f->err.text);
	return write;
}

static inline int64_t enqueue(struct fixture *f, struct store_job_write write)
{
	return done(f, write).job.id;
}

/* ---- what there is, as a line ---- */

static inline void append_job(char line[4096], const struct store_job *job)
{
	size_t len = strlen(line);
	assert_true(len < 4000);
	(void)snprintf(line + len, 4096 - len, "%s%lld %s", len > 0 ? ", " : "",
	    (long long)job->id, job_state_name(job->state));
}

static inline void append_job_id(char line[4096], const struct store_job *job)
{
	size_t len = strlen(line);
	assert_true(len < 4000);
	(void)snprintf(
	    line + len, 4096 - len, "%s%lld", len > 0 ? " " : "", (long long)job->id);
}

/* What matches, added to the line one by one. */
static inline void list_jobs(struct store_reader *reader,
    const struct store_job_query *query,
    void (*append)(char line[4096], const struct store_job *job), char line[4096])
{
	struct store_job job;
	struct error err = {""};
	int rc;
	struct store_jobs *jobs = store_jobs_open(reader, query);
	while ((rc = store_jobs_next(jobs, &job, &err)) == 1)
		append(line, &job);
	store_jobs_close(jobs);
	if (rc < 0)
		fail_msg("%s", err.text);
}

/* "1 waiting, 2 blocked" */
static inline void assert_jobs_of(
    struct store_reader *reader, struct store_job_query query, const char *want)
{
	char line[4096] = "";
	list_jobs(reader, &query, append_job, line);
	assert_string_equal(line, want);
}

static inline void assert_jobs(struct fixture *f, const char *want)
{
	assert_jobs_of(f->reader, (struct store_job_query){0}, want);
}

static inline void list_due(struct fixture *f, struct store_due *due, char line[4096])
{
	struct store_job job;
	int rc;
	struct store_due_jobs *jobs = store_due_open(f->reader, due);
	while ((rc = store_due_next(jobs, &job, &f->err)) == 1)
		append_job_id(line, &job);
	if (rc < 0 || store_due_later(jobs, &f->err) < 0)
		fail_msg("%s", f->err.text);
	store_due_close(jobs);
}

/* "1 2" */
static inline int64_t assert_due(
    struct fixture *f, const char *queue, int64_t now_ms, const char *want)
{
	char line[4096] = "";
	struct store_due due = {
	    .queue = span_of(queue), .now_ms = now_ms, .limit = 100};
	list_due(f, &due, line);
	assert_string_equal(line, want);
	return due.next_ms;
}

/* One job, kept: its texts are the arena's. */
struct kept_job {
	struct arena *arena;
	struct store_job job;
};

/* The caller frees its arena. */
static inline struct kept_job get_job(struct fixture *f, int64_t id)
{
	struct kept_job kept = {.arena = arena_new()};
	assert_int_equal(
	    store_job_get(f->reader, id, kept.arena, &kept.job, &f->err), 1);
	assert_int_equal(kept.job.id, id);
	return kept;
}

static inline void assert_span(struct span got, const char *want)
{
	if (want == NULL) {
		assert_null(got.ptr);
		return;
	}
	if (!span_is(got, want))
		fail_msg("got '%.*s', want '%s'", SPAN_ARG(got), want);
}

#endif
