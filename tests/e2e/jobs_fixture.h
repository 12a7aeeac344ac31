/* jobs_fixture -- some jobs and events in a store, for tests of the commands that show and
 * change them: put there by hand, in queues that no worker has, so that they stay as they
 * are. Each test runs beside a server and without one. */
#ifndef OFFHOOK_TESTS_JOBS_FIXTURE_H
#define OFFHOOK_TESTS_JOBS_FIXTURE_H

#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engines/engines.h"
#include "store/store.h"
#include "util/clock.h"

enum { HOUR_MS = 3600000 };

/* ---- the jobs ---- */

static inline void commit(struct store *store, struct store_txn *txn)
{
	if (store_commit(store, txn) != STORE_OK)
		fail_msg("%s", txn->error.text);
}

static inline int64_t enqueue(struct store *store, struct store_job job)
{
	struct store_job_write write = {.op = JOB_ENQUEUE, .job = job};
	struct store_txn txn = {.jobs = &write};
	if (write.job.payload.ptr == NULL)
		write.job.payload = SPAN("{\"to\":\"+15551234567\"}");
	commit(store, &txn);
	assert_true(write.job.id > 0);
	return write.job.id;
}

static inline void settle(
    struct store *store, int64_t id, enum job_state state, int try, const char *error)
{
	struct store_job_write write = {.op = JOB_SETTLE,
	    .job = {.id = id, .state = state, .run_at_ms = clock_wall_ms() + HOUR_MS},
	    .nth = try,
	    .count = true,
	    .error = span_of(error),
	    .now_ms = clock_wall_ms()};
	struct store_txn txn = {.jobs = &write};
	commit(store, &txn);
	assert_true(write.changed);
}

static inline void add_event(struct store *store, enum event_state state,
    const char *failure, struct store_job_write *jobs)
{
	struct store_txn txn = {.event = {.received_at_ms = clock_wall_ms(),
				    .kind = "sms.received",
				    .sid = SPAN("SM1"),
				    .route = SPAN("/twilio/sms"),
				    .state = state,
				    .failure = span_of(failure),
				    .params = SPAN("{\"Body\":\"hi\"}"),
				    .reply = {.status = 200}},
	    .jobs = jobs};
	commit(store, &txn);
}

/* Jobs 1 to 8:
 *	1 alpha done            5 beta waiting, in its group the first
 *	2 alpha dead (timeout)  6 beta blocked behind it
 *	3 alpha dead, old       7 beta retrying
 *	4 alpha scheduled       8 gamma cancelled, caused by event 1
 * and events: 1 done, 2 failed, 3 late, 4 failed otherwise. */
static inline void put_jobs(struct store *store)
{
	int64_t now = clock_wall_ms();
	struct store_job job = {
	    .queue = SPAN("alpha"), .created_at_ms = now, .run_at_ms = now};
	int64_t id = enqueue(store, job);
	settle(store, id, JOB_DONE, 1, NULL);
	id = enqueue(store, job);
	settle(store, id, JOB_WAITING, 1, "no route");
	settle(store, id, JOB_DEAD, 2, "Timeout\nof 60 s");
	job.created_at_ms = now - 5 * HOUR_MS;
	settle(store, enqueue(store, job), JOB_DEAD, 1, "no such number");
	job.created_at_ms = now;
	job.run_at_ms = now + HOUR_MS;
	(void)enqueue(store, job);
	job = (struct store_job){.queue = SPAN("beta"),
	    .created_at_ms = now,
	    .run_at_ms = now,
	    .group = SPAN("g")};
	(void)enqueue(store, job);
	(void)enqueue(store, job);
	job.group = (struct span){0};
	job.unique = SPAN("u");
	settle(store, enqueue(store, job), JOB_WAITING, 1, "timeout");
	struct store_job_write last = {.op = JOB_ENQUEUE,
	    .job = {
		.queue = SPAN("gamma"), .created_at_ms = now, .payload = SPAN("{}")}};
	add_event(store, EVENT_DONE, NULL, &last);
	struct store_job_write cancel = {
	    .op = JOB_CANCEL, .job = {.id = last.job.id}, .now_ms = now};
	struct store_txn txn = {.jobs = &cancel};
	commit(store, &txn);
	add_event(store, EVENT_FAILED, "connect: Timed out", NULL);
	add_event(store, EVENT_LATE, NULL, NULL);
	add_event(store, EVENT_FAILED, "no such order", NULL);
}

static inline struct store *open_store(const struct talk *talk)
{
	struct store *store;
	struct error err;
	if (store_open(&store, engines_for(talk->data),
		&(struct store_config){.dir = talk->data}, &err) != 0)
		fail_msg("%s", err.text);
	return store;
}

/* ---- commands ---- */

struct ran {
	int code;
	struct buf out, err;
};

/* `offhook jobs …` (or events: the words begin with it) on the data of talk. */
static inline struct ran run(const struct talk *talk, const char *const *words)
{
	const char *all[16];
	size_t count = 0;
	struct ran ran = {0};
	while (words[count] != NULL && count < 12) {
		all[count] = words[count];
		count++;
	}
	all[count++] = "--data";
	all[count++] = talk->data;
	all[count] = NULL;
	ran.code = talk_run(&ran.out, &ran.err, all);
	return ran;
}

static inline void done(struct ran *ran)
{
	buf_free(&ran->out);
	buf_free(&ran->err);
}

#define RUN(...) run(talk, (const char *const[]){__VA_ARGS__, NULL})

/* Runs it and wants that exit code, and text in what it says: on stdout when it ends with
 * 0, else on stderr. */
static inline void want(
    const struct talk *talk, int code, const char *text, const char *const *words)
{
	struct ran ran = run(talk, words);
	const char *told = buf_text(code == 0 ? &ran.out : &ran.err);
	if (ran.code != code || strstr(told, text) == NULL)
		fail_msg("%s %s %s: exit %d\n%s%s\nwanted %d: %s", words[0],
		    words[1] != NULL ? words[1] : "",
		    words[1] != NULL && words[2] != NULL ? words[2] : "", ran.code,
		    buf_text(&ran.out), buf_text(&ran.err), code, text);
	done(&ran);
}

#define WANT(code, text, ...)                                                          \
	want(talk, code, text, (const char *const[]){__VA_ARGS__, NULL})

/* The ids that `jobs list --json` and the words give: "2 3". */
static inline void ids_of(
    char out[100], const struct talk *talk, const char *const *words)
{
	const char *all[12] = {"jobs", "list", "--json"};
	size_t len = 0;
	for (size_t i = 0; words[i] != NULL; i++)
		all[3 + i] = words[i];
	struct ran ran = run(talk, all);
	if (ran.code != 0)
		fail_msg("%s", buf_text(&ran.err));
	out[0] = '\0';
	char *text = ran.out.ptr;
	for (char *line; (line = strsep(&text, "\n")) != NULL && len < 80;) {
		json_t *job = json_loads(line, 0, NULL);
		if (job != NULL)
			len += (size_t)snprintf(out + len, 100 - len, "%s%lld",
			    len == 0 ? "" : " ",
			    (long long)json_integer_value(json_object_get(job, "id")));
		json_decref(job);
	}
	done(&ran);
}

static inline void want_ids(
    const struct talk *talk, const char *ids, const char *const *words)
{
	char got[100];
	ids_of(got, talk, words);
	assert_string_equal(got, ids);
}

#define WANT_IDS(ids, ...) want_ids(talk, ids, (const char *const[]){__VA_ARGS__, NULL})

/* ---- set-up ---- */

static inline int start(void **state, bool running)
{
	static struct talk talk;
	talk_start(&talk, NULL);
	talk_stop(&talk);
	struct store *store = open_store(&talk);
	put_jobs(store);
	store_close(store);
	if (running)
		talk_again(&talk);
	*state = &talk;
	return 0;
}

static inline int start_alone(void **state)
{
	return start(state, false);
}

static inline int start_beside(void **state)
{
	return start(state, true);
}

static inline int stop(void **state)
{
	talk_end(*state);
	return 0;
}

/* The test without a server, then beside one. */
#define BOTH(name)                                                                     \
	static void name(void **state);                                                \
	TEST_ADD(name, #name " (alone)", start_alone, stop)                            \
	TEST_ADD(name, #name " (beside a server)", start_beside, stop)                 \
	static void name(void **state __attribute__((unused)))

#endif
