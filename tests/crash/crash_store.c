/* crash_store ROUNDS [SEED] -- a child submits events with documents and says which are
 * acknowledged; it is killed at a random moment; then everything acknowledged must be
 * there, once, with its reply and all its documents, and nothing half. TAP on stdout.
 *
 * Event n has the key and SID "E<n>", the reply "reply <n>", and, by n:
 *   n % 4 == 1, 3: a document "D<n>" in "docs", inserted under its key;
 *   n % 4 == 2, 3: one more in the count of "C<n % 17>" in "counters", an upsert;
 *   n % 8 == 7:    the removal of document "D<n - 8>". */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/engines.h"
#include "store/store.h"
#include "util/arena.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	COUNTERS = 17,
	IN_FLIGHT = 64, /* events at a time */
	RETRIED = 200,  /* unacknowledged events that the next child asks about */
	MAX_EVENTS = 1 << 20,
	SEAL_COUNT = 500 /* so that keys are sealed and merged all the time */
};

struct world {
	char dir[64];
	int pipe[2];
	/* by event */
	bool *acked;
	unsigned char *stored; /* how often */
	unsigned char *docs;
	int64_t first, next; /* events of the round are first … next - 1, at most */
	int64_t counts[COUNTERS], counted[COUNTERS];
	unsigned seed;
	char failure[256];
};

static unsigned random_below(struct world *world, unsigned bound)
{
	world->seed = world->seed * 1103515245u + 12345u;
	return (world->seed >> 8) % bound;
}

static bool has_doc(int64_t n)
{
	return n % 2 == 1;
}

static bool has_count(int64_t n)
{
	return n % 4 >= 2;
}

static bool removes(int64_t n)
{
	return n % 8 == 7 && n >= 8;
}

/* Its SID is the arena's. */
static void event_key(struct store_key *key, int64_t n, struct arena *arena)
{
	unsigned char digest[32];
	key->sid = span_of(arena_printf(arena, "E%lld", (long long)n));
	text_sha256(digest, key->sid);
	memcpy(key->hash, digest, STORE_KEY_SIZE);
}

/* ---- the child ---- */

struct child {
	struct store *store;
	struct update *increment;
	int acks;
	atomic_int in_flight;
};

struct job {
	struct store_claim claim;
	struct store_txn txn;
	struct store_write writes[3];
	struct child *child;
	struct arena *arena;
	int64_t n;
};

static void job_end(struct job *job)
{
	struct child *child = job->child;
	arena_free(job->arena);
	free(job);
	atomic_fetch_sub(&child->in_flight, 1);
}

static void acknowledge(struct job *job)
{
	if (write(job->child->acks, &job->n, sizeof(job->n)) != sizeof(job->n))
		_exit(1);
}

static void committed(struct store_txn *txn)
{
	struct job *job = (struct job *)((char *)txn - offsetof(struct job, txn));
	if (txn->result != STORE_OK) {
		(void)fprintf(
		    stderr, "event %lld: %s\n", (long long)job->n, txn->error.text);
		_exit(1);
	}
	acknowledge(job);
	job_end(job);
}

static void add_write(struct job *job, struct store_write write)
{
	struct store_write *place = job->writes;
	while (place->collection != NULL)
		place++;
	*place = write;
	place->expect = -1;
	place->next = job->txn.writes;
	job->txn.writes = place;
}

static void fill(struct job *job)
{
	struct arena *arena = job->arena;
	int64_t n = job->n;
	char *sid = arena_printf(arena, "E%lld", (long long)n);
	job->txn.event = (struct store_event){.received_at_ms = clock_wall_ms(),
	    .kind = "sms.received",
	    .sid = span_of(sid),
	    .route = SPAN("/twilio/sms"),
	    .params = span_of(arena_printf(arena, "{\"n\":%lld}", (long long)n)),
	    .reply = {200, SPAN("text/plain"),
		span_of(arena_printf(arena, "reply %lld", (long long)n))}};
	job->txn.key_count = 1;
	event_key(&job->txn.keys[0], n, arena);
	if (has_doc(n))
		add_write(job,
		    (struct store_write){.op = STORE_INSERT,
			.collection = "docs",
			.doc = span_of(
			    arena_printf(arena, "{\"key\":\"D%lld\",\"n\":%lld}",
				(long long)n, (long long)n)),
			.key = span_of(arena_printf(arena, "D%lld", (long long)n))});
	if (has_count(n)) {
		char *key = arena_printf(arena, "C%lld", (long long)(n % COUNTERS));
		add_write(job,
		    (struct store_write){.op = STORE_UPDATE,
			.collection = "counters",
			.doc = span_of(arena_printf(arena, "{\"key\":\"%s\"}", key)),
			.key = span_of(key),
			.update = job->child->increment});
	}
	if (removes(n))
		add_write(job, (struct store_write){.op = STORE_REMOVE,
				   .collection = "docs",
				   .key = span_of(arena_printf(
				       arena, "D%lld", (long long)(n - 8)))});
	job->txn.done = committed;
}

static void claimed(struct store_claim *claim)
{
	struct job *job = (struct job *)claim;
	if (claim->outcome == CLAIM_NEW) {
		fill(job);
		if (!store_submit(job->child->store, &job->txn))
			_exit(1);
		store_flush(job->child->store);
		return;
	}
	/* A repeat of what was committed but never acknowledged. */
	if (claim->outcome != CLAIM_REPEAT)
		_exit(1);
	acknowledge(job);
	job_end(job);
}

static void start(struct child *child, int64_t n)
{
	struct job *job = mem_new(1, sizeof(*job));
	while (atomic_load(&child->in_flight) >= IN_FLIGHT)
		(void)usleep(50);
	atomic_fetch_add(&child->in_flight, 1);
	job->child = child;
	job->n = n;
	job->arena = arena_new();
	event_key(&job->claim.key, n, job->arena);
	job->claim.arena = job->arena;
	job->claim.done = claimed;
	if (store_claim(child->store, &job->claim, true))
		claimed(&job->claim);
}

static _Noreturn void run_child(struct world *world)
{
	struct child child = {.acks = world->pipe[1]};
	struct store_config config = {
	    .dir = world->dir, .seal_count = SEAL_COUNT, .wal_limit_bytes = 1 << 20};
	struct error err = {""};
	json_t *spec = json_loads("{\"$inc\":{\"count\":1}}", 0, NULL);
	if (update_compile(&child.increment, spec, &err) < 0 ||
	    store_open(&child.store, engines_for(config.dir), &config, &err) < 0 ||
	    store_declare(child.store, "docs", "key", &err) < 0 ||
	    store_declare(child.store, "counters", "key", &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	int64_t retried = world->first > RETRIED ? world->first - RETRIED : 0;
	for (int64_t n = retried; n < world->first; n++) {
		if (!world->acked[n])
			start(&child, n);
	}
	for (int64_t n = world->first; n < MAX_EVENTS; n++) {
		start(&child, n);
		if (n > 10 && random_below(world, 5) == 0)
			start(&child, n - 1 - (int64_t)random_below(world, 10));
	}
	_exit(1); /* it should have been killed long ago */
}

/* ---- the parent: kill ---- */

static void fail(struct world *world, const char *what, int64_t n)
{
	if (world->failure[0] == '\0')
		(void)snprintf(world->failure, sizeof(world->failure), "%s: event %lld",
		    what, (long long)n);
}

/* Reads acknowledgements until the deadline, or, with none, until the end. */
static int64_t read_acks(struct world *world, int64_t until_us)
{
	int64_t count = 0, n;
	for (;;) {
		int64_t left = until_us - clock_mono_us();
		struct pollfd in = {.fd = world->pipe[0], .events = POLLIN};
		if (until_us > 0 &&
		    (left <= 0 || poll(&in, 1, (int)(left / 1000) + 1) == 0))
			return count;
		ssize_t got = read(world->pipe[0], &n, sizeof(n));
		if (got != sizeof(n))
			return count;
		world->acked[n] = true;
		if (n >= world->next)
			world->next = n + 1;
		count++;
	}
}

static int64_t run_and_kill(struct world *world, unsigned life_us)
{
	if (pipe(world->pipe) < 0)
		abort();
	(void)fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		(void)close(world->pipe[0]);
		run_child(world);
	}
	(void)close(world->pipe[1]);
	int64_t count = read_acks(world, clock_mono_us() + life_us);
	(void)kill(pid, SIGKILL);
	count += read_acks(world, 0);
	int status = 0;
	(void)waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail(world, "the child ended by itself", world->first);
	(void)close(world->pipe[0]);
	/* Those in flight were perhaps stored; their numbers are not used again. */
	world->next += 2 * (int64_t)IN_FLIGHT;
	return count;
}

/* ---- the parent: check ---- */

static void check_event(struct world *world, const struct store_event *event)
{
	char want[40];
	long long n = -1;
	char *text = mem_strndup(event->params);
	if (sscanf(text, "{\"n\":%lld}", &n) != 1 || n < 0 || n >= MAX_EVENTS)
		fail(world, "an event that nobody sent", event->id);
	free(text);
	if (n < 0)
		return;
	(void)snprintf(want, sizeof(want), "reply %lld", n);
	if (!span_is(event->reply.body, want))
		fail(world, "not its reply", n);
	world->stored[n]++;
	if (has_count(n))
		world->counts[n % COUNTERS]++;
}

static void check_doc(struct world *world, const json_t *doc)
{
	world->docs[json_integer_value(json_object_get(doc, "n"))]++;
}

static void check_counter(struct world *world, const json_t *doc)
{
	const char *key = json_string_value(json_object_get(doc, "key"));
	world->counted[strtol(key + 1, NULL, 10)] +=
	    json_integer_value(json_object_get(doc, "count"));
}

static void check_docs(struct world *world, struct store_reader *reader,
    const char *collection, void (*check)(struct world *world, const json_t *doc))
{
	struct store_query query = {.collection = collection};
	struct store_doc doc;
	struct error err = {""};
	int rc;
	struct store_docs *docs = store_docs_open(reader, &query);
	while ((rc = store_docs_next(docs, &doc, &err)) == 1)
		check(world, doc.json);
	store_docs_close(docs);
	if (rc < 0)
		fail(world, err.text, 0);
}

static void compare(struct world *world)
{
	for (int64_t n = 0; n < world->next; n++) {
		if (world->acked[n] && world->stored[n] != 1)
			fail(world, "acknowledged, but not stored once", n);
		if (world->stored[n] > 1)
			fail(world, "stored twice", n);
		bool removed =
		    n + 8 < MAX_EVENTS && removes(n + 8) && world->stored[n + 8];
		/* A removal may have come before what it removes. */
		if (world->docs[n] != (has_doc(n) && world->stored[n]) && !removed)
			fail(world, "event and document differ", n);
	}
	for (int i = 0; i < COUNTERS; i++) {
		if (world->counts[i] != world->counted[i])
			fail(world, "events and count differ, counter", i);
	}
}

/* With no server running, and nothing recovered yet. */
static void check_by_reading(struct world *world)
{
	struct store_reader *reader = NULL;
	struct error err = {""};
	struct store_event_query all = {0};
	memset(world->stored, 0, MAX_EVENTS);
	memset(world->docs, 0, MAX_EVENTS);
	memset(world->counts, 0, sizeof(world->counts));
	memset(world->counted, 0, sizeof(world->counted));
	if (store_reader_open(&reader, engines_for(world->dir), world->dir, &err) < 0) {
		/* Killed before there was a store: then nothing was acknowledged. */
		compare(world);
		return;
	}
	struct store_event event;
	int rc;
	struct store_events *events = store_events_open(reader, &all);
	while ((rc = store_events_next(events, &event, &err)) == 1)
		check_event(world, &event);
	store_events_close(events);
	if (rc < 0)
		fail(world, err.text, 0);
	check_docs(world, reader, "docs", check_doc);
	check_docs(world, reader, "counters", check_counter);
	store_reader_close(reader);
	compare(world);
}

struct asked {
	struct store_claim claim;
	atomic_bool told;
};

static void told(struct store_claim *claim)
{
	atomic_store(&((struct asked *)claim)->told, true);
}

static void check_claim(struct world *world, struct store *store, int64_t n)
{
	struct asked asked = {.claim = {.arena = arena_new(), .done = told}};
	char want[40];
	event_key(&asked.claim.key, n, asked.claim.arena);
	if (!store_claim(store, &asked.claim, false)) {
		while (!atomic_load(&asked.told))
			(void)usleep(10);
	}
	(void)snprintf(want, sizeof(want), "reply %lld", (long long)n);
	if (asked.claim.outcome != CLAIM_REPEAT ||
	    !span_is(asked.claim.reply.body, want))
		fail(world, "not known as a repeat", n);
	arena_free(asked.claim.arena);
}

static void check_as_owner(struct world *world)
{
	struct store *store = NULL;
	struct store_reader *reader = NULL;
	struct error err = {""};
	struct store_config config = {.dir = world->dir, .seal_count = SEAL_COUNT};
	if (store_open(&store, engines_for(config.dir), &config, &err) < 0 ||
	    store_reader_new(&reader, store, &err) < 0) {
		fail(world, err.text, 0);
		return;
	}
	for (int64_t n = 0; n < world->next; n++) {
		if (world->acked[n] &&
		    (n >= world->first || random_below(world, 50) == 0))
			check_claim(world, store, n);
		if (!world->docs[n] || random_below(world, 20) != 0)
			continue;
		char key[24];
		json_t *doc = NULL;
		(void)snprintf(key, sizeof(key), "D%lld", (long long)n);
		if (store_get(reader, "docs", span_of(key), false, &doc, &err) != 1)
			fail(world, "its document is not found by key", n);
		json_decref(doc);
	}
	store_reader_close(reader);
	store_close(store);
}

int main(int argc, char **argv)
{
	struct world world = {.dir = "/tmp/offhook-crash-XXXXXX"};
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 20;
	int failures = 0;
	world.seed =
	    argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : (unsigned)getpid();
	world.acked = mem_new(MAX_EVENTS, sizeof(*world.acked));
	world.stored = mem_new(MAX_EVENTS, 1);
	world.docs = mem_new(MAX_EVENTS, 1);
	if (mkdtemp(world.dir) == NULL)
		return 1;
	(void)printf("# seed %u, in %s\n", world.seed, world.dir);
	int i = 0;
	for (; i < rounds && world.next < MAX_EVENTS / 2; i++) {
		/* The first lives are short: the store is just being made. */
		unsigned life = i < 3 ? 20000 : 150000;
		int64_t acks = run_and_kill(&world, 500 + random_below(&world, life));
		check_by_reading(&world);
		check_as_owner(&world);
		world.first = world.next;
		(void)printf("%s %d - %lld acknowledged%s%s\n",
		    world.failure[0] != '\0' ? "not ok" : "ok", i + 1, (long long)acks,
		    world.failure[0] != '\0' ? ", but " : "", world.failure);
		failures += world.failure[0] != '\0';
		world.failure[0] = '\0';
	}
	(void)printf("1..%d\n", i);
	if (failures == 0) {
		char command[96];
		(void)snprintf(command, sizeof(command), "rm -rf %s", world.dir);
		if (system(command) != 0)
			(void)printf("# left: %s\n", world.dir);
	}
	free(world.acked);
	free(world.stored);
	free(world.docs);
	return failures > 0;
}
