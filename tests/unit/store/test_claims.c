/* Claims: no event is handled twice, and a repeat gets the first reply. */
#include "store_fixture.h"

#include <pthread.h>

/* A claim, and what it was told. */
struct asked {
	struct store_claim claim;
	_Atomic int told; /* how often */
};

static void told(struct store_claim *claim)
{
	((struct asked *)claim)->told++;
}

static struct asked *ask_counted(struct fixture *f, const char *key, bool count)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	asked->claim.key = key_of(key);
	asked->claim.arena = arena_new();
	asked->claim.done = told;
	if (store_claim(f->store, &asked->claim, count))
		asked->told++;
	return asked;
}

static struct asked *ask(struct fixture *f, const char *key)
{
	return ask_counted(f, key, true);
}

static struct asked *ask_weak(struct fixture *f, const char *key, const char *closed)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	asked->claim.key = key_of(key);
	asked->claim.closed = key_of(closed);
	asked->claim.weak = true;
	asked->claim.arena = arena_new();
	asked->claim.done = told;
	if (store_claim(f->store, &asked->claim, true))
		asked->told++;
	return asked;
}

static void wait_told(const struct asked *asked)
{
	while (asked->told == 0)
		(void)usleep(200);
	assert_int_equal(asked->told, 1);
}

static void end(struct asked *asked)
{
	arena_free(asked->claim.arena);
	free(asked);
}

static void assert_told(struct asked *asked, enum store_claimed want)
{
	wait_told(asked);
	assert_int_equal(asked->claim.outcome, want);
	end(asked);
}

static void assert_repeat(struct asked *asked, const char *reply)
{
	wait_told(asked);
	assert_int_equal(asked->claim.outcome, CLAIM_REPEAT);
	assert_true(asked->claim.event_id > 0);
	assert_int_equal(asked->claim.reply.status, 200);
	assert_true(span_is(asked->claim.reply.type, "text/xml; charset=utf-8"));
	assert_true(span_is(asked->claim.reply.body, reply));
	end(asked);
}

STORE_TEST(the_first_is_new_and_a_repeat_gets_its_reply)
{
	struct fixture *f = *state;
	assert_told(ask(f, "SM1"), CLAIM_NEW);
	(void)add_event(f, "SM1", "<first/>");
	assert_repeat(ask(f, "SM1"), "<first/>");
	assert_told(ask(f, "SM2"), CLAIM_NEW);
}

STORE_TEST(a_repeat_is_known_after_a_restart)
{
	struct fixture *f = *state;
	(void)add_event(f, "SM1", "<first/>");
	fixture_reopen(f);
	assert_repeat(ask(f, "SM1"), "<first/>");
	assert_told(ask(f, "SM2"), CLAIM_NEW);
}

STORE_TEST(a_repeat_in_flight_waits_for_the_first)
{
	struct fixture *f = *state;
	struct asked *first = ask(f, "SM1"), *second = ask(f, "SM1"),
		     *third = ask(f, "SM1");
	assert_int_equal(first->told, 1);
	assert_int_equal(first->claim.outcome, CLAIM_NEW);
	(void)usleep(20000);
	assert_int_equal(second->told, 0);
	assert_int_equal(third->told, 0);
	(void)add_event(f, "SM1", "<first/>");
	assert_repeat(second, "<first/>");
	assert_repeat(third, "<first/>");
	end(first);
}

STORE_TEST(an_unclaimed_key_is_free_again)
{
	struct fixture *f = *state;
	struct asked *first = ask(f, "SM1"), *second = ask(f, "SM1");
	wait_told(first);
	store_unclaim(f->store, &first->claim);
	assert_told(second, CLAIM_FAILED);
	assert_told(ask(f, "SM1"), CLAIM_NEW);
	end(first);
}

STORE_TEST(a_conflict_keeps_the_claim)
{
	struct fixture *f = *state;
	struct asked *first = ask(f, "SM1"), *second = ask(f, "SM1");
	struct store_txn txn = event_txn("SM1", "<first/>");
	struct update *update = update_of("{\"$set\":{\"a\":1}}");
	struct store_write write = {.op = STORE_UPDATE,
	    .collection = "things",
	    .key = SPAN("k"),
	    .update = update,
	    .expect = 1};
	txn.writes = &write;
	assert_int_equal(store_commit(f->store, &txn), STORE_CONFLICT);
	(void)usleep(20000);
	assert_int_equal(second->told, 0);
	txn.writes = NULL;
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	assert_repeat(second, "<first/>");
	end(first);
	update_free(update);
}

STORE_TEST(who_waits_at_close_is_told_that_it_failed)
{
	struct fixture *f = *state;
	struct asked *first = ask(f, "SM1"), *second = ask(f, "SM1");
	fixture_close(f);
	assert_told(second, CLAIM_FAILED);
	end(first);
	fixture_open(f);
}

static int64_t duplicates_of(struct fixture *f, int64_t id)
{
	struct arena *arena = arena_new();
	struct store_event event;
	assert_int_equal(store_event_get(f->reader, id, arena, &event, &f->err), 1);
	arena_free(arena);
	return event.duplicates;
}

STORE_TEST(repeats_are_counted)
{
	struct fixture *f = *state;
	int64_t id = add_event(f, "SM1", "r");
	for (int i = 0; i < 5; i++)
		assert_repeat(ask(f, "SM1"), "r");
	assert_repeat(ask_counted(f, "SM1", false), "r");
	/* What is counted is written soon, and at the latest at the end. */
	fixture_reopen(f);
	assert_int_equal(duplicates_of(f, id), 5);
}

STORE_TEST(an_idle_store_writes_the_count_by_itself)
{
	struct fixture *f = *state;
	int64_t id = add_event(f, "SM1", "r");
	assert_repeat(ask(f, "SM1"), "r");
	for (int i = 0; i < 5000 && duplicates_of(f, id) == 0; i++)
		(void)usleep(1000);
	assert_int_equal(duplicates_of(f, id), 1);
}

STORE_TEST(a_weak_claim_repeats_only_once_its_call_has_ended)
{
	struct fixture *f = *state;
	assert_told(ask_weak(f, "CA1 menu", "CA1 end"), CLAIM_NEW);
	assert_told(ask_weak(f, "CA1 menu", "CA1 end"), CLAIM_NEW);
	(void)add_event(f, "CA1 menu", "<menu/>");
	assert_told(ask_weak(f, "CA1 menu", "CA1 end"), CLAIM_NEW);
	struct store_txn ending = event_txn("CA1 completed", "");
	ending.mark_count = 1;
	ending.marks[0] = key_of("CA1 end");
	assert_int_equal(store_commit(f->store, &ending), STORE_OK);
	assert_repeat(ask_weak(f, "CA1 menu", "CA1 end"), "<menu/>");
	assert_told(ask_weak(f, "CA1 other", "CA1 end"), CLAIM_NEW);
	fixture_reopen(f);
	assert_repeat(ask_weak(f, "CA1 menu", "CA1 end"), "<menu/>");
}

/* ---- many threads ---- */

enum { THREADS = 4, KEYS = 300, ROUNDS = 4 };

struct race {
	struct fixture *f;
	_Atomic int news[KEYS];
	_Atomic int waiting;
	_Atomic int repeats;
};

struct racer {
	struct store_claim claim;
	struct store_txn txn;
	struct race *race;
	int key;
	char text[16];
	char reply[16];
};

static void racer_end(struct racer *racer)
{
	arena_free(racer->claim.arena);
	racer->race->waiting--;
	free(racer);
}

static void racer_committed(struct store_txn *txn)
{
	struct racer *racer =
	    (struct racer *)((char *)txn - offsetof(struct racer, txn));
	assert_int_equal(txn->result, STORE_OK);
	racer_end(racer);
}

static void racer_told(struct store_claim *claim)
{
	struct racer *racer = (struct racer *)claim;
	struct store *store = racer->race->f->store;
	if (claim->outcome == CLAIM_NEW) {
		racer->race->news[racer->key]++;
		racer->txn = event_txn(racer->text, racer->reply);
		racer->txn.done = racer_committed;
		assert_true(store_submit(store, &racer->txn));
		store_flush(store);
		return;
	}
	assert_int_equal(claim->outcome, CLAIM_REPEAT);
	assert_true(span_is(claim->reply.body, racer->reply));
	racer->race->repeats++;
	racer_end(racer);
}

static void *race_on(void *ctx)
{
	struct race *race = ctx;
	for (int i = 0; i < KEYS * ROUNDS; i++) {
		struct racer *racer = calloc(1, sizeof(*racer));
		racer->race = race;
		racer->key = i / ROUNDS;
		(void)snprintf(racer->text, sizeof(racer->text), "SM%d", racer->key);
		(void)snprintf(racer->reply, sizeof(racer->reply), "r%d", racer->key);
		racer->claim.key = key_of(racer->text);
		racer->claim.arena = arena_new();
		racer->claim.done = racer_told;
		race->waiting++;
		if (store_claim(race->f->store, &racer->claim, true))
			racer_told(&racer->claim);
	}
	return NULL;
}

STORE_TEST(of_many_at_a_time_exactly_one_is_new)
{
	struct fixture *f = *state;
	fixture_close(f);
	f->config.seal_count = 64; /* so that most keys have to be looked up on disk */
	fixture_open(f);
	struct race *race = calloc(1, sizeof(*race));
	pthread_t threads[THREADS];
	race->f = f;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, race_on, race), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	while (race->waiting > 0)
		(void)usleep(1000);
	for (int i = 0; i < KEYS; i++)
		assert_int_equal(race->news[i], 1);
	assert_int_equal(race->repeats, KEYS * ROUNDS * THREADS - KEYS);
	fixture_reopen(f);
	int64_t counted = 0;
	for (int64_t id = 1; id <= KEYS; id++)
		counted += duplicates_of(f, id);
	assert_int_equal(counted, race->repeats);
	free(race);
}
