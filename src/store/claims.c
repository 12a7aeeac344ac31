#include "store/claims.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/mem.h"
#include "util/thread.h"

/* One key in flight. Who asks for it waits until its last holder lets go: with an event
 * that is stored, or without. */
struct entry {
	unsigned char hash[STORE_KEY_SIZE];
	int holders;
	/* Of claims that may be made again: others with the same key may hold it as well. */
	bool shared;
	unsigned char key[STORE_KEY_SIZE]; /* the holders' */
	struct store_claim *first, **last; /* who waits, in order */
	struct entry *next;                /* of its bucket */
};

struct claims {
	const struct engine *engine;
	struct engine_db *db;
	struct engine_reader *reader; /* the thread's */
	pthread_t thread;

	pthread_mutex_t mutex;
	pthread_cond_t asked;
	struct entry **buckets; /* bucket_count is a power of two */
	size_t bucket_count, entry_count;
	struct entry *spare; /* of claims that ended, to be used again */
	size_t spare_count;
	struct store_claim *first, **last; /* to be looked up, in order */
	bool stopping;
};

enum { BUCKETS_AT_FIRST = 256, CLAIM_KEYS = 3, SPARE_MAX = 1024 };

/* ---- the map; all under the mutex ----
 * A GHashTable costs more than twice the instructions of a claim and its end, which every
 * webhook pays. */

static struct entry **claims_bucket(
    const struct claims *claims, const unsigned char *hash)
{
	/* The first half may be the same for all keys of one SID. */
	uint64_t half;
	memcpy(&half, hash + STORE_KEY_SIZE - sizeof(half), sizeof(half));
	return &claims->buckets[half & (claims->bucket_count - 1)];
}

static struct entry **claims_find(
    const struct claims *claims, const struct store_key *key)
{
	struct entry **at = claims_bucket(claims, key->hash);
	while (*at != NULL && memcmp((*at)->hash, key->hash, STORE_KEY_SIZE) != 0)
		at = &(*at)->next;
	return at;
}

static void claims_grow(struct claims *claims)
{
	struct entry **old = claims->buckets;
	size_t old_count = claims->bucket_count;
	claims->bucket_count = old_count == 0 ? BUCKETS_AT_FIRST : old_count * 2;
	claims->buckets = mem_new(claims->bucket_count, sizeof(struct entry *));
	for (size_t i = 0; i < old_count; i++) {
		while (old[i] != NULL) {
			struct entry *entry = old[i];
			struct entry **at = claims_bucket(claims, entry->hash);
			old[i] = entry->next;
			entry->next = *at;
			*at = entry;
		}
	}
	free(old);
}

/* The keys of a claim, the one that tells most first. */
static size_t claim_keys(
    const struct store_claim *claim, const struct store_key *out[CLAIM_KEYS])
{
	size_t count = 0;
	if (claim->tokened)
		out[count++] = &claim->token;
	if (claim->sealed)
		out[count++] = &claim->seal;
	out[count++] = &claim->key;
	return count;
}

/* What may be said again shares its key and seal with others that say the same; its
 * token is its own. */
static bool claim_shares(const struct store_claim *claim, const struct store_key *key)
{
	return claim->again && key != &claim->token;
}

static struct entry *claims_entry_new(struct claims *claims)
{
	struct entry *entry = claims->spare;
	if (entry == NULL)
		return mem_new(1, sizeof(*entry));
	claims->spare = entry->next;
	claims->spare_count--;
	*entry = (struct entry){.holders = 0};
	return entry;
}

static void claims_entry_end(struct claims *claims, struct entry *entry)
{
	if (claims->spare_count == SPARE_MAX) {
		free(entry);
		return;
	}
	entry->next = claims->spare;
	claims->spare = entry;
	claims->spare_count++;
}

static void claims_hold(struct claims *claims, const struct store_claim *claim)
{
	const struct store_key *keys[CLAIM_KEYS];
	size_t count = claim_keys(claim, keys);
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = *claims_find(claims, keys[i]);
		if (entry == NULL) {
			if (claims->entry_count >= claims->bucket_count)
				claims_grow(claims);
			struct entry **at = claims_bucket(claims, keys[i]->hash);
			entry = claims_entry_new(claims);
			memcpy(entry->hash, keys[i]->hash, STORE_KEY_SIZE);
			memcpy(entry->key, claim->key.hash, STORE_KEY_SIZE);
			entry->shared = claim_shares(claim, keys[i]);
			entry->last = &entry->first;
			entry->next = *at;
			*at = entry;
			claims->entry_count++;
		}
		entry->holders++;
	}
}

/* Lets go of a key; appends to *waiting who waited for it, when nobody holds it now. */
static void claims_let_go(
    struct claims *claims, const struct store_key *key, struct store_claim **waiting)
{
	struct entry **at = claims_find(claims, key);
	struct entry *entry = *at;
	if (entry == NULL || --entry->holders > 0)
		return;
	*at = entry->next;
	claims->entry_count--;
	while (*waiting != NULL)
		waiting = &(*waiting)->next;
	*waiting = entry->first;
	claims_entry_end(claims, entry);
}

/* Whose end the claim must wait for; NULL: nobody's. */
static struct entry *claims_in_the_way(
    const struct claims *claims, const struct store_claim *claim)
{
	const struct store_key *keys[CLAIM_KEYS];
	size_t count = claim_keys(claim, keys);
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = *claims_find(claims, keys[i]);
		bool together =
		    entry != NULL && entry->shared && claim_shares(claim, keys[i]) &&
		    memcmp(entry->key, claim->key.hash, STORE_KEY_SIZE) == 0;
		if (entry != NULL && !together)
			return entry;
	}
	return NULL;
}

/* ---- answers ---- */

static void claim_answer(struct store_claim *claim, enum store_claimed outcome)
{
	claim->outcome = outcome;
	claim->done(claim);
}

static void claim_repeats(
    struct claims *claims, struct store_claim *claim, const struct store_event *event)
{
	claim->event_id = event->id;
	claim->state = event->state;
	claim->reply.status = event->reply.status;
	claim->reply.type = arena_copy(claim->arena, event->reply.type);
	claim->reply.body = arena_copy(claim->arena, event->reply.body);
	if (claim->count)
		claims->engine->repeated(claims->db, event->id);
	claim_answer(claim, CLAIM_REPEAT);
}

/* To everyone in a list: a repeat of the event or, without one, failed. */
static void claims_answer(
    struct claims *claims, struct store_claim *first, const struct store_event *event)
{
	while (first != NULL) {
		struct store_claim *next = first->next;
		if (event != NULL)
			claim_repeats(claims, first, event);
		else
			claim_answer(first, CLAIM_FAILED);
		first = next;
	}
}

void claims_end(struct claims *claims, const struct store_txn *txn)
{
	struct store_claim *waiting = NULL;
	if (txn->result == STORE_CONFLICT)
		return; /* its owner may try again: the claim is still held */
	mutex_lock(&claims->mutex);
	for (size_t i = 0; i < txn->key_count; i++)
		claims_let_go(claims, &txn->keys[i], &waiting);
	mutex_unlock(&claims->mutex);
	claims_answer(claims, waiting, txn->result == STORE_OK ? &txn->event : NULL);
}

static struct store_claim *claims_release(
    struct claims *claims, const struct store_claim *claim)
{
	struct store_claim *waiting = NULL;
	const struct store_key *keys[CLAIM_KEYS];
	size_t count = claim_keys(claim, keys);
	mutex_lock(&claims->mutex);
	for (size_t i = 0; i < count; i++)
		claims_let_go(claims, keys[i], &waiting);
	mutex_unlock(&claims->mutex);
	return waiting;
}

void claims_drop(struct claims *claims, const struct store_claim *claim)
{
	claims_answer(claims, claims_release(claims, claim), NULL);
}

/* ---- asking ---- */

static bool claims_peek(const struct claims *claims, struct store_key *key)
{
	return claims->engine->peek(claims->db, key) != ENGINE_NEW;
}

/* Whether what is on disk may make it a repeat. */
static bool claims_may_repeat(const struct claims *claims, struct store_claim *claim)
{
	if (claim->sealed && claims_peek(claims, &claim->seal))
		return true;
	if (claim->tokened && claims_peek(claims, &claim->token))
		return true;
	return claims_peek(claims, &claim->key) &&
	       (!claim->again || claims_peek(claims, &claim->ended));
}

/* The map is asked before the engine: a key leaves the map only after the engine knows
 * it. What is looked up is held meanwhile, so that nobody else is told that it is new. */
bool claims_ask(struct claims *claims, struct store_claim *claim)
{
	bool told = false;
	claim->next = NULL;
	mutex_lock(&claims->mutex);
	struct entry *entry = claims_in_the_way(claims, claim);
	if (entry != NULL) {
		*entry->last = claim;
		entry->last = &claim->next;
	} else {
		claims_hold(claims, claim);
		told = !claims_may_repeat(claims, claim);
		claim->outcome = CLAIM_NEW;
	}
	if (entry == NULL && !told) {
		*claims->last = claim;
		claims->last = &claim->next;
		cond_signal(&claims->asked);
	}
	mutex_unlock(&claims->mutex);
	return told;
}

/* ---- the thread that looks keys up ---- */

/* The event that the claim repeats: 1, 0 or -1. */
static int claims_look_up(struct claims *claims, struct store_claim *claim,
    int64_t *event_id, struct error *err)
{
	int (*lookup)(struct engine_reader * reader, struct store_key * key,
	    int64_t * event_id, struct error * err) = claims->engine->lookup;
	struct engine_reader *reader = claims->reader;
	int64_t call_end;
	int rc = claim->tokened ? lookup(reader, &claim->token, event_id, err) : 0;
	if (rc != 0)
		return rc;
	rc = lookup(reader, &claim->key, event_id, err);
	if (rc == 1 && claim->again) /* said before; a replay once its call has ended */
		return lookup(reader, &claim->ended, &call_end, err);
	if (rc != 0 || !claim->sealed)
		return rc;
	return lookup(reader, &claim->seal, event_id, err);
}

static void claims_decide(struct claims *claims, struct store_claim *claim)
{
	struct arena *arena = arena_new();
	struct store_event event = {0};
	struct error err = {0};
	int rc = claims_look_up(claims, claim, &event.id, &err);
	if (rc == 1)
		rc = claims->engine->event_get(
		    claims->reader, event.id, arena, &event, &err);
	if (rc < 0)
		log_write(
		    LOG_ERROR, "a key could not be looked up", "why", err.text, NULL);
	/* Once it has its answer the claim is its owner's again. */
	if (rc == 0) {
		claim_answer(claim, CLAIM_NEW);
	} else {
		bool known = rc == 1 && claims->engine->in_place(claims->db);
		struct store_claim *waiting = claims_release(claims, claim);
		if (known)
			claim_repeats(claims, claim, &event);
		else
			claim_answer(claim, CLAIM_FAILED);
		claims_answer(claims, waiting, known ? &event : NULL);
	}
	arena_free(arena);
}

static struct store_claim *claims_next(struct claims *claims)
{
	mutex_lock(&claims->mutex);
	while (claims->first == NULL && !claims->stopping)
		cond_wait(&claims->asked, &claims->mutex);
	struct store_claim *claim = claims->first;
	if (claim != NULL) {
		claims->first = claim->next;
		if (claims->first == NULL)
			claims->last = &claims->first;
	}
	mutex_unlock(&claims->mutex);
	return claim;
}

static void *claims_main(void *ctx)
{
	struct claims *claims = ctx;
	struct store_claim *claim;
	while ((claim = claims_next(claims)) != NULL)
		claims_decide(claims, claim);
	return NULL;
}

/* ---- open and close ---- */

int claims_open(struct claims **out, const struct engine *engine, struct engine_db *db,
    struct error *err)
{
	struct claims *claims = mem_new(1, sizeof(*claims));
	claims->engine = engine;
	claims->db = db;
	claims->last = &claims->first;
	mutex_init(&claims->mutex);
	cond_init(&claims->asked);
	claims_grow(claims);
	if (engine->reader_new(&claims->reader, db, err) == 0) {
		if (thread_start(
			&claims->thread, "oh-lookup", claims_main, claims, err) == 0) {
			*out = claims;
			return 0;
		}
		engine->reader_close(claims->reader);
	}
	claims_free(claims);
	return -1;
}

void claims_stop(struct claims *claims)
{
	mutex_lock(&claims->mutex);
	claims->stopping = true;
	cond_signal(&claims->asked);
	mutex_unlock(&claims->mutex);
	thread_join(claims->thread);
	claims->engine->reader_close(claims->reader);
}

void claims_free(struct claims *claims)
{
	if (claims == NULL)
		return;
	for (size_t i = 0; i < claims->bucket_count; i++) {
		while (claims->buckets[i] != NULL) {
			struct entry *entry = claims->buckets[i];
			claims->buckets[i] = entry->next;
			claims_answer(claims, entry->first, NULL);
			free(entry);
		}
	}
	while (claims->spare != NULL) {
		struct entry *entry = claims->spare;
		claims->spare = entry->next;
		free(entry);
	}
	free(claims->buckets);
	cond_clear(&claims->asked);
	mutex_clear(&claims->mutex);
	free(claims);
}
