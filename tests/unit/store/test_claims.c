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

static struct asked *ask_as(struct fixture *f, struct store_claim claim)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	asked->claim = claim;
	asked->claim.arena = arena_new();
	asked->claim.done = told;
	if (store_claim(f->store, &asked->claim, true))
		asked->told++;
	return asked;
}

static struct asked *ask(struct fixture *f, const char *key)
{
	return ask_as(f, (struct store_claim){.key = key_of(key)});
}

static struct store_key hash_of(const char *text)
{
	struct store_key key = key_of(text);
	key.sid = (struct span){NULL, 0};
	return key;
}

static struct asked *ask_sealed(struct fixture *f, const char *key, const char *seal)
{
	return ask_as(
	    f, (struct store_claim){
		   .key = key_of(key), .sealed = true, .seal = hash_of(seal)});
}

/* What a call asks for; token may be NULL. */
static struct asked *ask_again(
    struct fixture *f, const char *key, const char *seal, const char *token)
{
	return ask_as(f, (struct store_claim){.key = key_of(key),
			     .sealed = true,
			     .seal = hash_of(seal),
			     .again = true,
			     .tokened = token != NULL,
			     .token = hash_of(token != NULL ? token : ""),
			     .ended = hash_of("CA1 end")});
}

/* Commits an event with these keys; NULL ends them. */
static void add_keyed(struct fixture *f, const char *reply, const char *key,
    const char *seal, const char *third)
{
	struct store_txn txn = event_txn(key, reply);
	txn.keys[txn.key_count++] = hash_of(seal);
	if (third != NULL)
		txn.keys[txn.key_count++] = hash_of(third);
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
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
	struct asked *uncounted = calloc(1, sizeof(*uncounted));
	uncounted->claim = (struct store_claim){
	    .key = key_of("SM1"), .arena = arena_new(), .done = told};
	if (store_claim(f->store, &uncounted->claim, false))
		uncounted->told++;
	assert_repeat(uncounted, "r");
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

STORE_TEST(what_was_signed_once_is_a_repeat_whatever_it_is_cut_into)
{
	struct fixture *f = *state;
	struct asked *first = ask_sealed(f, "SM1", "seal"),
		     *other = ask_sealed(f, "SM2", "seal"),
		     *again = ask_again(f, "CA1 menu", "seal", NULL);
	assert_int_equal(first->claim.outcome, CLAIM_NEW);
	(void)usleep(20000);
	assert_int_equal(other->told + again->told, 0);
	add_keyed(f, "<first/>", "SM1", "seal", NULL);
	assert_repeat(other, "<first/>");
	assert_repeat(again, "<first/>");
	end(first);
	assert_repeat(ask_sealed(f, "SM3", "seal"), "<first/>");
	assert_repeat(ask_sealed(f, "SM1", "another seal"), "<first/>");
	assert_repeat(ask_again(f, "CA1 menu", "seal", "token"), "<first/>");
	fixture_reopen(f);
	assert_repeat(ask_sealed(f, "SM3", "seal"), "<first/>");
	assert_told(ask_sealed(f, "SM3", "third seal"), CLAIM_NEW);
}

STORE_TEST(a_live_call_may_ask_the_same_again_until_it_has_ended)
{
	struct fixture *f = *state;
	struct asked *first = ask_again(f, "CA1 menu", "seal", NULL),
		     *second = ask_again(f, "CA1 menu", "seal", NULL);
	assert_int_equal(first->claim.outcome, CLAIM_NEW);
	assert_int_equal(second->claim.outcome, CLAIM_NEW);
	add_keyed(f, "<menu/>", "CA1 menu", "seal", NULL);
	add_keyed(f, "<menu2/>", "CA1 menu", "seal", NULL);
	end(first);
	end(second);
	assert_told(ask_again(f, "CA1 menu", "seal", NULL), CLAIM_NEW);
	add_keyed(f, "", "CA1 completed", "end seal", "CA1 end");
	struct asked *replay = ask_again(f, "CA1 menu", "seal", "made up");
	wait_told(replay);
	assert_int_equal(replay->claim.outcome, CLAIM_REPEAT);
	end(replay);
	assert_told(ask_again(f, "CA1 other", "other seal", NULL), CLAIM_NEW);
	fixture_reopen(f);
	replay = ask_again(f, "CA1 menu", "seal", NULL);
	wait_told(replay);
	assert_int_equal(replay->claim.outcome, CLAIM_REPEAT);
	end(replay);
}

STORE_TEST(a_known_token_tells_a_repeat_within_a_live_call)
{
	struct fixture *f = *state;
	struct asked *first = ask_again(f, "CA1 menu", "seal", "t1"),
		     *retry = ask_again(f, "CA1 menu", "seal", "t1"),
		     *pressed = ask_again(f, "CA1 menu", "seal", "t2");
	assert_int_equal(first->claim.outcome, CLAIM_NEW);
	assert_int_equal(pressed->claim.outcome, CLAIM_NEW);
	assert_int_equal(retry->told, 0);
	add_keyed(f, "<one/>", "CA1 menu", "seal", "t1");
	assert_repeat(retry, "<one/>");
	add_keyed(f, "<two/>", "CA1 menu", "seal", "t2");
	assert_repeat(ask_again(f, "CA1 menu", "seal", "t1"), "<one/>");
	assert_repeat(ask_again(f, "CA1 menu", "seal", "t2"), "<two/>");
	assert_told(ask_again(f, "CA1 menu", "seal", "t3"), CLAIM_NEW);
	end(first);
	end(pressed);
}

STORE_TEST(a_replay_cut_anew_waits_for_the_last_that_says_the_same)
{
	struct fixture *f = *state;
	struct asked *first = ask_again(f, "CA1 menu", "seal", "t1"),
		     *second = ask_again(f, "CA1 menu", "seal", "t2"),
		     *forged = ask_sealed(f, "CA1 forged", "seal");
	add_keyed(f, "<one/>", "CA1 menu", "seal", "t1");
	(void)usleep(20000);
	assert_int_equal(forged->told, 0);
	store_unclaim(f->store, &second->claim);
	assert_told(forged, CLAIM_FAILED);
	end(first);
	end(second);
	assert_repeat(ask_sealed(f, "CA1 forged", "seal"), "<one/>");
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
	char text[16], other[16];
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
		racer->txn.keys[0] = racer->claim.key;
		racer->txn.keys[racer->txn.key_count++] = racer->claim.seal;
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
		(void)snprintf(racer->other, sizeof(racer->other), "XX%d", racer->key);
		(void)snprintf(racer->reply, sizeof(racer->reply), "r%d", racer->key);
		/* Half of them by another cut of the same bytes. */
		racer->claim.key = key_of(i % 2 == 0 ? racer->text : racer->other);
		racer->claim.sealed = true;
		racer->claim.seal = hash_of(racer->text);
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
