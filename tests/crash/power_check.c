#include "power_check.h"

#include <dirent.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/engines.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/mem.h"

enum { LIVES_ON = 40, ASKED = 40 };

/* What was found. */
struct found {
	int64_t count; /* transactions */
	unsigned char *stored, *docs, *jobs;
	int64_t counters[LIFE_COUNTERS];
	int old;
	/* of each group of jobs: an open one was seen; all are in the order of their n */
	bool open[5];
};

struct check {
	const struct life *life;
	const struct promise *promise;
	int64_t forgotten, forgetting; /* persons: surely; perhaps in part */
	struct found found;
	struct error *err;
};

#define WRONG(check, ...) return error_set((check)->err, __VA_ARGS__)

/* ---- what is forgotten is in no file ---- */

static bool file_has(const char *path, const char *text)
{
	struct buf bytes = {0};
	char part[65536];
	size_t len;
	FILE *file = fopen(path, "r");
	while (file != NULL && (len = fread(part, 1, sizeof(part), file)) > 0)
		buf_add(&bytes, part, len);
	if (file != NULL)
		(void)fclose(file);
	bool has =
	    bytes.len > 0 && memmem(bytes.ptr, bytes.len, text, strlen(text)) != NULL;
	buf_free(&bytes);
	return has;
}

static int check_files(struct check *check)
{
	static const char *const names[] = {
	    "offhook.db", "offhook.db-wal", "offhook.db.new", "jobs.running", "lock"};
	char number[16];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = mem_printf("%s/%s", check->life->dir, names[i]);
		int64_t person = 0;
		while (person < check->promise->marks[LIFE_FORGOTTEN]) {
			life_number(number, person);
			if (file_has(path, number))
				break;
			person++;
		}
		free(path);
		if (person < check->promise->marks[LIFE_FORGOTTEN])
			WRONG(check, "%s has %s, who is forgotten", names[i], number);
	}
	return 0;
}

/* ---- reading all of it ---- */

static int read_event(struct check *check, const struct store_event *event)
{
	struct found *found = &check->found;
	char want[64], number[16], from[40] = "";
	if (event->sid.len < 2 || event->sid.ptr[0] != 'E') {
		found->old++;
		return 0;
	}
	int64_t n = strtoll(event->sid.ptr + 1, NULL, 10), person = n / LIFE_PERSON;
	if (n < 0 || n >= LIFE_MAX || found->stored[n]++ > 0)
		WRONG(check, "event %lld is there twice", (long long)n);
	if (n >= found->count)
		found->count = n + 1;
	life_number(number, person);
	if (life_has_person(n))
		(void)snprintf(from, sizeof(from), ",\"from\":\"%s\"", number);
	(void)snprintf(want, sizeof(want), "{\"n\":%lld%s}", (long long)n, from);
	bool erased = life_has_person(n) && person < check->forgetting &&
		      span_is(event->params, "{}") && event->reply.body.len == 0;
	if (!erased && life_has_person(n) && person < check->forgotten)
		WRONG(check, "event %lld is not forgotten", (long long)n);
	if (!erased && !span_is(event->params, want))
		WRONG(check, "event %lld has the parameters %.*s", (long long)n,
		    SPAN_ARG(event->params));
	(void)snprintf(want, sizeof(want), "reply %lld", (long long)n);
	if (!erased && !span_is(event->reply.body, want))
		WRONG(check, "event %lld has another reply", (long long)n);
	if (!erased && event->raw.len != (n % 16 == 5 ? 6000 : 0))
		WRONG(check, "event %lld has another body", (long long)n);
	return 0;
}

static int read_events(struct check *check, struct store_reader *reader)
{
	struct store_event event;
	int rc;
	struct store_events *events =
	    store_events_open(reader, &(struct store_event_query){0});
	while ((rc = store_events_next(events, &event, check->err)) == 1 &&
	       (rc = read_event(check, &event)) == 0)
		;
	store_events_close(events);
	return rc;
}

static int read_doc(struct check *check, const json_t *doc)
{
	int64_t n = json_integer_value(json_object_get(doc, "n"));
	if (n < 0 || n >= LIFE_MAX || check->found.docs[n]++ > 0)
		WRONG(check, "document %lld is there twice", (long long)n);
	if (json_string_length(json_object_get(doc, "pad")) != life_pad(n))
		WRONG(check, "document %lld is not whole", (long long)n);
	return 0;
}

static int read_counter(struct check *check, const json_t *doc)
{
	const char *key = json_string_value(json_object_get(doc, "key"));
	long i = key == NULL ? -1 : strtol(key + 1, NULL, 10);
	if (i < 0 || i >= LIFE_COUNTERS || check->found.counters[i] != 0)
		WRONG(check, "a count is there twice");
	check->found.counters[i] = json_integer_value(json_object_get(doc, "count"));
	return 0;
}

static int read_docs(struct check *check, struct store_reader *reader,
    const char *collection, int (*read)(struct check *check, const json_t *doc))
{
	struct store_query query = {.collection = collection};
	struct store_doc doc;
	int rc;
	struct store_docs *docs = store_docs_open(reader, &query);
	while ((rc = store_docs_next(docs, &doc, check->err)) == 1 &&
	       (rc = read(check, doc.json)) == 0)
		;
	store_docs_close(docs);
	return rc;
}

static int read_job(struct check *check, const struct store_job *job)
{
	struct found *found = &check->found;
	int64_t n = job->payload.len < 6 ? -1 : strtoll(job->payload.ptr + 5, NULL, 10);
	if (n < 0 || n >= LIFE_MAX || found->jobs[n]++ > 0)
		WRONG(check, "job %lld is there twice", (long long)n);
	enum life_job want = life_job(n, found->count);
	bool open = job_state_open(job->state);
	if (want == LIFE_NO_JOB || want == LIFE_DROPPED)
		WRONG(check, "job %lld is there, of %lld transactions", (long long)n,
		    (long long)found->count);
	if (want == LIFE_DONE ? job->state != JOB_DONE : !open)
		WRONG(check, "job %lld is %s, of %lld transactions", (long long)n,
		    job_state_name(job->state), (long long)found->count);
	if (want == LIFE_TRIED && job->tries < 1)
		WRONG(check, "an attempt of job %lld does not count", (long long)n);
	if (!open || n % 6 != 0)
		return 0;
	if ((job->state == JOB_BLOCKED) != found->open[n % 5])
		WRONG(check, "job %lld is %s, and its group is not", (long long)n,
		    job_state_name(job->state));
	found->open[n % 5] = true;
	return 0;
}

static int read_jobs(struct check *check, struct store_reader *reader)
{
	struct store_job job;
	int rc;
	struct store_jobs *jobs = store_jobs_open(reader, &(struct store_job_query){0});
	while ((rc = store_jobs_next(jobs, &job, check->err)) == 1 &&
	       (rc = read_job(check, &job)) == 0)
		;
	store_jobs_close(jobs);
	return rc;
}

/* ---- is it what the first so many transactions make ---- */

static int compare_number(struct check *check, int64_t n)
{
	const struct found *found = &check->found;
	if (!found->stored[n])
		WRONG(check, "event %lld is not there, of %lld", (long long)n,
		    (long long)found->count);
	bool removed = life_removes(n + 8) && n + 8 < found->count;
	bool person = life_has_person(n);
	if (life_has_doc(n) && !removed && !found->docs[n] &&
	    !(person && n / LIFE_PERSON < check->forgetting))
		WRONG(check, "document %lld is not there", (long long)n);
	if (found->docs[n] && (!life_has_doc(n) || removed ||
				  (person && n / LIFE_PERSON < check->forgotten)))
		WRONG(check, "document %lld is there", (long long)n);
	enum life_job job = life_job(n, found->count);
	if (job != LIFE_NO_JOB && job != LIFE_DROPPED && !found->jobs[n])
		WRONG(check, "job %lld is not there", (long long)n);
	return 0;
}

static int compare(struct check *check)
{
	const struct found *found = &check->found;
	int64_t counters[LIFE_COUNTERS] = {0};
	for (int64_t n = 0; n < found->count; n++) {
		counters[n % LIFE_COUNTERS] += life_has_count(n);
		if (compare_number(check, n) < 0)
			return -1;
	}
	for (int64_t n = found->count; n < LIFE_MAX; n++)
		if (found->docs[n] || found->jobs[n])
			WRONG(
			    check, "of transaction %lld there is a part", (long long)n);
	for (int i = 0; i < LIFE_COUNTERS; i++)
		if (counters[i] != found->counters[i])
			WRONG(check, "count %d is %lld, not %lld", i,
			    (long long)found->counters[i], (long long)counters[i]);
	if (found->old != (check->life->old ? LIFE_OLD_EVENTS : 0))
		WRONG(check, "of the old events there are %d", found->old);
	return 0;
}

/* Which persons are forgotten once there are that many transactions. */
static void expect_forgotten(struct check *check, int64_t count)
{
	check->forgotten = check->promise->marks[LIFE_FORGOTTEN];
	check->forgetting = check->promise->marks[LIFE_FORGETTING];
	while (life_forgets(check->forgotten) < count)
		check->forgotten++;
	if (check->forgetting < check->forgotten)
		check->forgetting = check->forgotten;
}

static int read_all(struct check *check, struct store_reader *reader)
{
	struct found *found = &check->found;
	unsigned char *stored = found->stored, *docs = found->docs, *jobs = found->jobs;
	memset(stored, 0, LIFE_MAX);
	memset(docs, 0, LIFE_MAX);
	memset(jobs, 0, LIFE_MAX);
	*found = (struct found){.stored = stored, .docs = docs, .jobs = jobs};
	return read_events(check, reader) < 0 ||
		       read_docs(check, reader, "docs", read_doc) < 0 ||
		       read_docs(check, reader, "counters", read_counter) < 0 ||
		       read_jobs(check, reader) < 0
		   ? -1
		   : compare(check);
}

/* ---- its owner ---- */

struct asked {
	struct store_claim claim;
	atomic_bool told;
};

static void told(struct store_claim *claim)
{
	atomic_store(&((struct asked *)claim)->told, true);
}

static int check_key(struct check *check, struct store *store,
    const struct store_key *key, bool known, const char *of)
{
	struct asked asked = {
	    .claim = {.key = *key, .arena = arena_new(), .done = told}};
	if (!store_claim(store, &asked.claim, false))
		while (!atomic_load(&asked.told))
			(void)usleep(10);
	if (asked.claim.outcome == CLAIM_NEW)
		store_unclaim(store, &asked.claim);
	arena_free(asked.claim.arena);
	if (asked.claim.outcome != (known ? CLAIM_REPEAT : CLAIM_NEW))
		WRONG(check, "the key of %s is %s", of,
		    asked.claim.outcome == CLAIM_REPEAT ? "known"
		    : asked.claim.outcome == CLAIM_NEW  ? "not known"
							: "not told");
	return 0;
}

static int check_keys(struct check *check, struct store *store)
{
	int64_t count = check->found.count;
	char sid[16];
	for (int64_t i = 0; i < 2 * ASKED + 3; i++) {
		/* The last ones, two after them, and some of all. */
		int64_t n = i < ASKED + 3 ? count + 2 - i : (i * 7919) % (count + 1);
		if (n < 0)
			continue;
		struct store_key key = life_key(n, sid), seal = life_seal(n);
		if (check_key(check, store, &key, n < count, sid) < 0 ||
		    check_key(check, store, &seal, n < count, sid) < 0)
			return -1;
	}
	for (int64_t id = 1; id <= LIFE_OLD_EVENTS; id++) {
		struct store_key key = life_old_key(id);
		if (check->promise->marks[LIFE_REKEYED] > 0 &&
		    check_key(check, store, &key, true, "an old event") < 0)
			return -1;
	}
	return 0;
}

/* A document is found by its key. */
static int check_documents(struct check *check, struct store_reader *reader)
{
	int64_t count = check->found.count;
	for (int64_t i = 0; i < ASKED; i++) {
		int64_t n = i < ASKED / 2 ? count - i - 1 : (i * 7919) % (count + 1);
		if (n < 0)
			continue;
		char *key = mem_printf("D%lld", (long long)n);
		json_t *doc = NULL;
		int rc =
		    store_get(reader, "docs", span_of(key), false, &doc, check->err);
		json_decref(doc);
		free(key);
		if (rc < 0)
			return -1;
		if (rc != check->found.docs[n])
			WRONG(check, "document %lld is %sfound by its key",
			    (long long)n, rc == 1 ? "" : "not ");
	}
	return 0;
}

static int check_integrity(struct check *check)
{
	char *path = mem_printf("%s/offhook.db", check->life->dir);
	char found[200] = "it cannot be asked";
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		(void)snprintf(found, sizeof(found), "%s",
		    (const char *)sqlite3_column_text(stmt, 0));
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	free(path);
	if (strcmp(found, "ok") != 0)
		WRONG(check, "integrity_check: %s", found);
	return 0;
}

static int check_open(struct check *check)
{
	struct store *store = NULL;
	struct store_reader *reader = NULL;
	if (life_open(&store, check->life, check->err) < 0)
		return -1;
	int rc = store_reader_new(&reader, store, check->err);
	if (rc == 0 &&
	    (check_integrity(check) < 0 || read_all(check, reader) < 0 ||
		check_documents(check, reader) < 0 || check_keys(check, store) < 0))
		rc = -1;
	store_reader_close(reader);
	store_close(store);
	return rc;
}

/* As a command does, with no server running, and nothing recovered yet. */
static int check_as_reader(struct check *check)
{
	struct store_reader *reader = NULL;
	if (store_check(engines_for(check->life->dir), check->life->dir, check->err) <
	    0)
		return -1;
	/* There is none yet, or one that a server has to bring up to date. */
	if (store_reader_open(&reader, engines_for(check->life->dir), check->life->dir,
		check->err) < 0)
		return 0;
	int rc = read_all(check, reader);
	store_reader_close(reader);
	return rc;
}

static int check_all(struct check *check, bool owner_first)
{
	const int64_t *marks = check->promise->marks;
	expect_forgotten(check, 0);
	if (check_files(check) < 0)
		return -1;
	if (!owner_first && check_as_reader(check) < 0)
		return error_wrap(check->err, "a reader");
	if (check_open(check) < 0)
		return -1;
	int64_t count = check->found.count;
	if (count < marks[LIFE_ACKED])
		WRONG(check, "of %lld acknowledged transactions there are %lld",
		    (long long)marks[LIFE_ACKED], (long long)count);
	if (count > marks[LIFE_SUBMITTED])
		WRONG(check, "there are more transactions than were submitted");
	struct life life = *check->life;
	life.count = LIVES_ON;
	if (life_run(&life, check->err) < 0)
		return error_wrap(check->err, "it does not go on");
	expect_forgotten(check, count + LIVES_ON);
	if (check_open(check) < 0)
		return error_wrap(check->err, "after it went on");
	if (check->found.count != count + LIVES_ON)
		WRONG(check, "after it went on there are %lld transactions, not %lld",
		    (long long)check->found.count, (long long)count + LIVES_ON);
	return 0;
}

int check_store(const struct life *life, const struct promise *promise,
    bool owner_first, struct error *err)
{
	struct check check = {.life = life, .promise = promise, .err = err};
	check.found.stored = mem_new(LIFE_MAX, 1);
	check.found.docs = mem_new(LIFE_MAX, 1);
	check.found.jobs = mem_new(LIFE_MAX, 1);
	int rc = check_all(&check, owner_first);
	free(check.found.stored);
	free(check.found.docs);
	free(check.found.jobs);
	return rc;
}
