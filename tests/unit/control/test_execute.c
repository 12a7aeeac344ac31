#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/control.h"
#include "engines/engines.h"

struct fixture {
	char dir[64];
	struct store *store;
	struct store_reader *reader;
	struct error err;
};

static int setup(void **state)
{
	static struct fixture f;
	struct store_config config = {.dir = f.dir};
	(void)snprintf(f.dir, sizeof(f.dir), "/tmp/offhook-control-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	assert_int_equal(
	    store_open(&f.store, engines_for(config.dir), &config, &f.err), 0);
	assert_int_equal(store_reader_new(&f.reader, f.store, &f.err), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char *command = NULL;
	store_reader_close(f->reader);
	store_close(f->store);
	assert_true(asprintf(&command, "rm -rf %s", f->dir) > 0);
	assert_int_equal(system(command), 0);
	free(command);
	return 0;
}

/* How many it changed; -1: refused. */
static int changed(struct fixture *f, const char *request)
{
	json_t *answer = NULL;
	json_t *json = json_loads(request, 0, NULL);
	assert_non_null(json);
	int rc = control_execute(f->store, json, &answer, &f->err);
	int count = (int)json_integer_value(json_object_get(answer, "changed"));
	json_decref(answer);
	json_decref(json);
	return rc < 0 ? -1 : count;
}

static int64_t enqueue(struct fixture *f)
{
	struct store_job_write write = {.op = JOB_ENQUEUE,
	    .job = {.queue = SPAN("q"), .payload = SPAN("{}"), .created_at_ms = 1}};
	struct store_txn txn = {.jobs = &write};
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	return write.job.id;
}

TEST_WITH(jobs_are_cancelled_retried_and_dropped, setup, teardown)
{
	static const struct {
		const char *what;
		int want;
	} rows[] = {
	    {"drop", 0}, /* open ones stay */
	    {"cancel", 2},
	    {"cancel", 0},
	    {"retry", 2},
	    {"cancel", 2},
	    {"drop", 2},
	    {"drop", 0},
	};

	struct fixture *f = *state;
	long long a = enqueue(f), b = enqueue(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char request[200];
		(void)snprintf(request, sizeof(request),
		    "{\"command\": \"jobs\", \"do\": \"%s\", \"ids\": [%lld, %lld, "
		    "9999]}",
		    rows[i].what, a, b);
		assert_int_equal(changed(f, request), rows[i].want);
	}
}

TEST_WITH(a_queue_is_paused_once, setup, teardown)
{
	struct fixture *f = *state;
	const char *pause =
	    "{\"command\": \"jobs\", \"do\": \"pause\", \"queue\": \"q\"}";
	const char *resume =
	    "{\"command\": \"jobs\", \"do\": \"resume\", \"queue\": \"q\"}";
	assert_int_equal(changed(f, pause), 1);
	assert_int_equal(changed(f, pause), 0);
	assert_int_equal(changed(f, resume), 1);
	assert_int_equal(changed(f, resume), 0);
}

TEST_WITH(an_event_waits_for_another_try_once, setup, teardown)
{
	struct fixture *f = *state;
	static const char *const payloads[] = {"{\"event\":5}", "{\"event\":6}"};
	struct store_job_query query = {.queue = SPAN("offhook.events")};
	struct store_job job;
	assert_int_equal(
	    changed(f, "{\"command\": \"events-retry\", \"ids\": [5, 6]}"), 2);
	assert_int_equal(
	    changed(f, "{\"command\": \"events-retry\", \"ids\": [6, 5]}"), 0);
	struct store_jobs *jobs = store_jobs_open(f->reader, &query);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(store_jobs_next(jobs, &job, &f->err), 1);
		assert_true(span_is(job.payload, payloads[i]));
		assert_int_equal(job.state, JOB_WAITING);
	}
	assert_int_equal(store_jobs_next(jobs, &job, &f->err), 0);
	store_jobs_close(jobs);
}

TEST_WITH(what_makes_no_sense_is_refused, setup, teardown)
{
	static const struct {
		const char *request, *why;
	} rows[] = {
	    {"{}", "the command (none)"},
	    {"{\"command\": \"dance\"}", "the command dance"},
	    {"{\"command\": \"jobs\"}", "cannot do \"\""},
	    {"{\"command\": \"jobs\", \"do\": \"eat\", \"ids\": [1]}",
		"cannot do \"eat\""},
	    {"{\"command\": \"jobs\", \"do\": \"drop\"}", "1 to 500"},
	    {"{\"command\": \"jobs\", \"do\": \"drop\", \"ids\": []}", "1 to 500"},
	    {"{\"command\": \"jobs\", \"do\": \"drop\", \"ids\": [1, 0]}", "above 0"},
	    {"{\"command\": \"jobs\", \"do\": \"drop\", \"ids\": [\"1\"]}", "above 0"},
	    {"{\"command\": \"jobs\", \"do\": \"pause\"}", "no queue"},
	    {"{\"command\": \"jobs\", \"do\": \"pause\", \"queue\": \"a b\"}",
		"no such name"},
	    {"{\"command\": \"events-retry\"}", "1 to 500"},
	};

	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(changed(f, rows[i].request), -1);
		if (strstr(f->err.text, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].request, f->err.text);
	}
}
