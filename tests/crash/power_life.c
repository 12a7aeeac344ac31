#include "power_life.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/engines.h"
#include "power_recorder.h"
#include "util/arena.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	SEAL_COUNT = 60, /* so that keys are sealed and merged all the time */
	JOBS_A_TXN = 4,
	SETTLE_AFTER = 30, /* transactions */
	SETTLE_AGAIN_AFTER = 45,
	DROP_AFTER = 60,
	FORGET_AFTER = 90, /* when the person's jobs are dropped */
	AT_ONCE = 25,
	CLOSE_ONE_IN = 25 /* bursts */
};

/* ---- what transaction n is about ---- */

bool life_has_doc(int64_t n)
{
	return n % 2 == 1;
}

size_t life_pad(int64_t n)
{
	return n % 32 == 9 ? 20000 : (size_t)(n * 37 % 700);
}

bool life_has_count(int64_t n)
{
	return n % 4 >= 2;
}

bool life_removes(int64_t n)
{
	return n % 8 == 7 && n >= 8;
}

bool life_has_person(int64_t n)
{
	return n % 10 == 3;
}

void life_number(char out[16], int64_t person)
{
	(void)snprintf(out, 16, "+1555%07d", (int)(person % 10000000));
}

int64_t life_forgets(int64_t person)
{
	return (person + 1) * LIFE_PERSON + FORGET_AFTER;
}

enum life_job life_job(int64_t n, int64_t count)
{
	if (n % 3 != 0 || n >= count)
		return LIFE_NO_JOB;
	if (n + DROP_AFTER < count)
		return LIFE_DROPPED;
	if (n + SETTLE_AFTER >= count)
		return LIFE_OPEN;
	return n % 9 != 0 || n + SETTLE_AGAIN_AFTER < count ? LIFE_DONE : LIFE_TRIED;
}

/* The SID must outlive it. */
static struct store_key key_of(const char *sid, const char *what, int64_t n)
{
	struct store_key key = {.sid = span_of(sid)};
	unsigned char digest[32];
	char *text = mem_printf("%s %lld", what, (long long)n);
	text_sha256(digest, span_of(text));
	memcpy(key.hash, digest, STORE_KEY_SIZE);
	free(text);
	return key;
}

struct store_key life_key(int64_t n, char sid[16])
{
	(void)snprintf(sid, 16, "E%d", (int)n);
	return key_of(sid, "event", n);
}

struct store_key life_seal(int64_t n)
{
	return key_of("", "seal", n);
}

struct store_key life_old_key(int64_t id)
{
	return key_of("", "old", id);
}

/* ---- one transaction ---- */

struct worker {
	struct store *store;
	struct update *increment;
	atomic_int_fast64_t acked; /* transactions below it */
	/* of jobs, by the transaction that enqueued them */
	int64_t *ids;
	int *tries;
	struct error trouble;
};

struct step {
	struct store_txn txn;
	struct store_write writes[3];
	struct store_job_write jobs[JOBS_A_TXN];
	struct arena *arena;
	struct worker *worker;
	int64_t n;
	size_t write_count, job_count;
};

static void add_write(struct step *step, struct store_write write)
{
	struct store_write *place = &step->writes[step->write_count++];
	*place = write;
	place->expect = -1;
	place->next = step->txn.writes;
	step->txn.writes = place;
}

static void add_job(struct step *step, struct store_job_write write)
{
	struct store_job_write *place = &step->jobs[step->job_count];
	*place = write;
	if (step->job_count++ > 0)
		step->jobs[step->job_count - 2].next = place;
	step->txn.jobs = step->jobs;
}

static char *person_of(struct arena *arena, int64_t n)
{
	char number[16];
	life_number(number, n / LIFE_PERSON);
	return life_has_person(n) ? arena_printf(arena, ",\"from\":\"%s\"", number)
				  : arena_printf(arena, "%s", "");
}

static char *pad_of(struct arena *arena, size_t len)
{
	char *pad = arena_alloc(arena, len + 1);
	memset(pad, 'p', len);
	pad[len] = '\0';
	return pad;
}

static void fill_documents(struct step *step)
{
	struct arena *arena = step->arena;
	int64_t n = step->n;
	if (life_has_doc(n))
		add_write(step,
		    (struct store_write){.op = STORE_INSERT,
			.collection = "docs",
			.doc = span_of(arena_printf(arena,
			    "{\"key\":\"D%lld\",\"n\":%lld,\"pad\":\"%s\"%s}",
			    (long long)n, (long long)n, pad_of(arena, life_pad(n)),
			    person_of(arena, n))),
			.key = span_of(arena_printf(arena, "D%lld", (long long)n))});
	if (life_has_count(n)) {
		char *key =
		    arena_printf(arena, "C%lld", (long long)(n % LIFE_COUNTERS));
		add_write(step,
		    (struct store_write){.op = STORE_UPDATE,
			.collection = "counters",
			.doc = span_of(arena_printf(arena, "{\"key\":\"%s\"}", key)),
			.key = span_of(key),
			.update = step->worker->increment});
	}
	if (life_removes(n))
		add_write(step, (struct store_write){.op = STORE_REMOVE,
				    .collection = "docs",
				    .key = span_of(arena_printf(
					arena, "D%lld", (long long)(n - 8)))});
}

static void settle(struct step *step, int64_t m, enum job_state state)
{
	struct worker *worker = step->worker;
	int nth = ++worker->tries[m];
	(void)store_job_began(worker->store, worker->ids[m], nth);
	add_job(
	    step, (struct store_job_write){.op = JOB_SETTLE,
		      .job = {.id = worker->ids[m],
			  .state = state,
			  .run_at_ms = clock_wall_ms()},
		      .nth = nth,
		      .count = true,
		      .error = state == JOB_WAITING ? SPAN("again") : (struct span){0},
		      .now_ms = clock_wall_ms()});
}

static void fill_jobs(struct step *step)
{
	struct arena *arena = step->arena;
	int64_t n = step->n, m = n - SETTLE_AFTER, again = n - SETTLE_AGAIN_AFTER;
	if (n % 3 != 0)
		return;
	struct store_job_write new = {.op = JOB_ENQUEUE,
	    .job = {.queue = n % 2 == 0 ? SPAN("even") : SPAN("odd"),
		.payload = span_of(arena_printf(
		    arena, "{\"n\":%lld%s}", (long long)n, person_of(arena, n))),
		.unique = span_of(arena_printf(arena, "u%lld", (long long)n)),
		.run_at_ms = clock_wall_ms(),
		.created_at_ms = clock_wall_ms()}};
	if (n % 6 == 0)
		new.job.group =
		    span_of(arena_printf(arena, "g%lld", (long long)(n % 5)));
	add_job(step, new);
	if (m >= 0)
		settle(step, m, m % 9 == 0 ? JOB_WAITING : JOB_DONE);
	if (again >= 0 && again % 9 == 0)
		settle(step, again, JOB_DONE);
	if (n >= DROP_AFTER)
		add_job(step, (struct store_job_write){.op = JOB_DROP,
				  .job = {.id = step->worker->ids[n - DROP_AFTER]}});
}

static void fill_event(struct step *step)
{
	struct arena *arena = step->arena;
	int64_t n = step->n;
	char *sid = arena_alloc(arena, 16);
	step->txn.keys[0] = life_key(n, sid);
	step->txn.keys[1] = life_seal(n);
	step->txn.key_count = 2;
	step->txn.event = (struct store_event){.received_at_ms = clock_wall_ms(),
	    .kind = "sms.received",
	    .sid = span_of(sid),
	    .route = SPAN("/twilio/sms"),
	    .params = span_of(arena_printf(
		arena, "{\"n\":%lld%s}", (long long)n, person_of(arena, n))),
	    .reply = {200, SPAN("text/plain"),
		span_of(arena_printf(arena, "reply %lld", (long long)n))}};
	if (n % 16 == 5)
		step->txn.event.raw = span_of(pad_of(arena, 6000));
}

/* On the writer's thread, in the order of submission. */
static void step_done(struct store_txn *txn)
{
	struct step *step = container_of(txn, struct step, txn);
	struct worker *worker = step->worker;
	if (txn->result != STORE_OK)
		(void)error_set(&worker->trouble, "transaction %lld: %s",
		    (long long)step->n, txn->error.text);
	for (size_t i = 0; i < step->job_count; i++) {
		if (step->jobs[i].op == JOB_ENQUEUE)
			worker->ids[step->n] = step->jobs[i].job.id;
		else if (step->jobs[i].op == JOB_SETTLE)
			store_job_ended(worker->store, step->jobs[i].job.id);
	}
	if (txn->result == STORE_OK)
		recorder_mark(LIFE_ACKED, step->n + 1);
	atomic_store(&worker->acked, step->n + 1);
	arena_free(step->arena);
	free(step);
}

static void step_submit(struct worker *worker, int64_t n)
{
	struct step *step = mem_new(1, sizeof(*step));
	step->arena = arena_new();
	step->worker = worker;
	step->n = n;
	step->txn.done = step_done;
	fill_event(step);
	fill_documents(step);
	fill_jobs(step);
	recorder_mark(LIFE_SUBMITTED, n + 1);
	if (!store_submit(worker->store, &step->txn))
		abort();
}

/* ---- the whole ---- */

int life_open(struct store **out, const struct life *life, struct error *err)
{
	struct store_config config = {.dir = life->dir,
	    .seal_count = SEAL_COUNT,
	    .wal_limit_bytes = life->wal_limit_bytes};
	return store_open(out, engines_for(life->dir), &config, err);
}

/* The events of 0.1.0 get keys, as a server gives them (webhook/rekey.h). */
static int rekey(struct worker *worker, struct error *err)
{
	struct store_txn txn = {0};
	struct arena *arena = arena_new();
	int64_t id, last;
	int rc = 0;
	if (store_unkeyed(worker->store, &id, &last)) {
		txn.rekeyed_to = last;
		for (; id <= last; id++) {
			struct store_rekey *rekey = arena_zalloc(arena, sizeof(*rekey));
			rekey->event_id = id;
			rekey->key = life_old_key(id);
			rekey->next = txn.rekeys;
			txn.rekeys = rekey;
		}
		if (store_commit(worker->store, &txn) != STORE_OK)
			rc = error_set(err, "%s", txn.error.text);
	}
	if (rc == 0)
		recorder_mark(LIFE_REKEYED, 1);
	arena_free(arena);
	return rc;
}

/* Where the events and jobs are that an earlier life has left: how many transactions there
 * were, or -1. */
static int64_t take_stock(struct worker *worker, struct error *err)
{
	struct store_reader *reader = NULL;
	int64_t count = 0;
	int rc = store_reader_new(&reader, worker->store, err);
	if (rc < 0)
		return -1;
	struct store_event event;
	struct store_event_query newest = {.newest_first = true, .limit = 1};
	struct store_events *events = store_events_open(reader, &newest);
	rc = store_events_next(events, &event, err);
	if (rc == 1 && event.sid.len > 1 && event.sid.ptr[0] == 'E')
		count = strtoll(event.sid.ptr + 1, NULL, 10) + 1;
	store_events_close(events);
	struct store_job job;
	struct store_jobs *jobs = store_jobs_open(reader, &(struct store_job_query){0});
	while (rc >= 0 && (rc = store_jobs_next(jobs, &job, err)) == 1) {
		long long n = strtoll(job.payload.ptr + strlen("{\"n\":"), NULL, 10);
		worker->ids[n] = job.id;
		worker->tries[n] = job.tries;
	}
	store_jobs_close(jobs);
	store_reader_close(reader);
	return rc < 0 ? -1 : count;
}

static void wait_for(struct worker *worker, int64_t count)
{
	store_flush(worker->store);
	while (atomic_load(&worker->acked) < count)
		(void)usleep(20);
}

static int forget(struct worker *worker, int64_t n, struct error *err)
{
	int64_t person = (n - FORGET_AFTER) / LIFE_PERSON - 1;
	struct store_forgotten forgotten;
	char number[16];
	if (person < 0 || life_forgets(person) != n)
		return 0;
	wait_for(worker, n);
	life_number(number, person);
	recorder_mark(LIFE_FORGETTING, person + 1);
	if (store_forget(worker->store, span_of(number), &forgotten, err) < 0)
		return -1;
	recorder_mark(LIFE_FORGOTTEN, person + 1);
	return 0;
}

static int reopen(struct worker *worker, const struct life *life, struct error *err)
{
	store_close(worker->store);
	worker->store = NULL;
	if (life_open(&worker->store, life, err) < 0 ||
	    store_declare(worker->store, "docs", "key", err) < 0 ||
	    store_declare(worker->store, "counters", "key", err) < 0)
		return -1;
	return life->old ? rekey(worker, err) : 0;
}

static int run(struct worker *worker, const struct life *life, struct error *err)
{
	unsigned seed = life->seed;
	if (reopen(worker, life, err) < 0)
		return -1;
	int64_t n = take_stock(worker, err), end = n + life->count;
	if (n < 0)
		return -1;
	atomic_store(&worker->acked, n);
	recorder_mark(LIFE_SUBMITTED, n);
	if (life->repeats)
		recorder_mark(LIFE_ACKED, n);
	while (n < end && worker->trouble.text[0] == '\0') {
		int burst = 1 + rand_r(&seed) % AT_ONCE;
		for (int i = 0; i < burst && n < end; i++) {
			if (forget(worker, n, err) < 0)
				return -1;
			/* Jobs that it ends must be there. */
			wait_for(worker, n - AT_ONCE);
			step_submit(worker, n++);
		}
		store_flush(worker->store);
		if (rand_r(&seed) % 2 == 0)
			wait_for(worker, n);
		if (rand_r(&seed) % CLOSE_ONE_IN == 0) {
			wait_for(worker, n);
			if (reopen(worker, life, err) < 0)
				return -1;
		}
	}
	wait_for(worker, n);
	*err = worker->trouble;
	return err->text[0] != '\0' ? -1 : 0;
}

int life_run(const struct life *life, struct error *err)
{
	struct worker worker = {.ids = mem_new(LIFE_MAX, sizeof(int64_t)),
	    .tries = mem_new(LIFE_MAX, sizeof(int))};
	json_t *spec = json_loads("{\"$inc\":{\"count\":1}}", 0, NULL);
	if (update_compile(&worker.increment, spec, err) < 0)
		return -1;
	int rc = run(&worker, life, err);
	store_close(worker.store);
	update_free(worker.increment);
	json_decref(spec);
	free(worker.ids);
	free(worker.tries);
	return rc;
}
