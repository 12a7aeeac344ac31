#include "store/claims.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/mem.h"
#include "util/thread.h"

/* One key in flight. Held: by the claim that got CLAIM_NEW. Not held: it is being looked
 * up, and all claims on it wait. */
struct entry {
	unsigned char key[STORE_KEY_SIZE];
	bool held;
	struct store_claim *first, **last; /* claims that wait, in order */
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
	struct store_claim *first, **last; /* to be looked up, in order */
	bool stopping;
};

enum { BUCKETS_AT_FIRST = 256 };

/* ---- the map; all under the mutex ----
 * A GHashTable costs more than twice the instructions of a claim and its end (1,320 against
 * 620), which every webhook pays. */

static struct entry **bucket_of(const struct claims *claims, const unsigned char *key)
{
	/* Keys are hashes: any part of them will do. */
	uint64_t hash;
	memcpy(&hash, key + STORE_KEY_SIZE - sizeof(hash), sizeof(hash));
	return &claims->buckets[hash & (claims->bucket_count - 1)];
}

static struct entry **claims_find(const struct claims *claims, const unsigned char *key)
{
	struct entry **at = bucket_of(claims, key);
	while (*at != NULL && memcmp((*at)->key, key, STORE_KEY_SIZE) != 0)
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
			struct entry **at = bucket_of(claims, entry->key);
			old[i] = entry->next;
			entry->next = *at;
			*at = entry;
		}
	}
	free(old);
}

static struct entry *claims_add(
    struct claims *claims, const unsigned char *key, bool held)
{
	if (claims->entry_count >= claims->bucket_count)
		claims_grow(claims);
	struct entry **at = bucket_of(claims, key);
	struct entry *entry = mem_new(1, sizeof(*entry));
	memcpy(entry->key, key, STORE_KEY_SIZE);
	entry->held = held;
	entry->last = &entry->first;
	entry->next = *at;
	*at = entry;
	claims->entry_count++;
	return entry;
}

static struct entry *claims_take_out(struct claims *claims, const unsigned char *key)
{
	struct entry **at = claims_find(claims, key);
	struct entry *entry = *at;
	if (entry != NULL) {
		*at = entry->next;
		claims->entry_count--;
	}
	return entry;
}

static void wait_in(struct entry *entry, struct store_claim *claim)
{
	claim->next = NULL;
	*entry->last = claim;
	entry->last = &claim->next;
}

static void look_up_later(struct claims *claims, struct store_claim *claim)
{
	claim->next = NULL;
	*claims->last = claim;
	claims->last = &claim->next;
	cond_signal(&claims->asked);
}

/* ---- answers ---- */

static void answer(struct store_claim *claim, enum store_claimed outcome)
{
	claim->outcome = outcome;
	claim->done(claim);
}

static void answer_repeat(
    struct claims *claims, struct store_claim *claim, const struct store_event *event)
{
	claim->event_id = event->id;
	claim->reply.status = event->reply.status;
	claim->reply.type = arena_copy(claim->arena, event->reply.type);
	claim->reply.body = arena_copy(claim->arena, event->reply.body);
	if (claim->count)
		claims->engine->repeated(claims->db, event->id);
	answer(claim, CLAIM_REPEAT);
}

/* Answers all claims of a list: a repeat of the event or, without one, failed. */
static void answer_all(
    struct claims *claims, struct store_claim *first, const struct store_event *event)
{
	while (first != NULL) {
		struct store_claim *next = first->next;
		if (event != NULL)
			answer_repeat(claims, first, event);
		else
			answer(first, CLAIM_FAILED);
		first = next;
	}
}

static void end_entry(
    struct claims *claims, const unsigned char *key, const struct store_event *event)
{
	mutex_lock(&claims->mutex);
	struct entry *entry = claims_take_out(claims, key);
	mutex_unlock(&claims->mutex);
	if (entry == NULL)
		return;
	answer_all(claims, entry->first, event);
	free(entry);
}

void claims_end(struct claims *claims, const struct store_txn *txn)
{
	switch (txn->result) {
	case STORE_OK:
		end_entry(claims, txn->key.hash, &txn->event);
		break;
	case STORE_FAILED:
		end_entry(claims, txn->key.hash, NULL);
		break;
	case STORE_CONFLICT: /* the claim is still held: its owner may submit again */
		break;
	}
}

void claims_drop(struct claims *claims, const struct store_claim *claim)
{
	end_entry(claims, claim->key.hash, NULL);
}

/* ---- asking ---- */

static bool may_be_known(const struct claims *claims, const struct store_key *key)
{
	return claims->engine->peek(claims->db, key) != ENGINE_NEW;
}

static bool content_may_be_known(
    const struct claims *claims, const struct store_claim *claim)
{
	if (claim->by_content == CLAIM_NO_CONTENT ||
	    !may_be_known(claims, &claim->content))
		return false;
	return claim->by_content == CLAIM_CONTENT ||
	       may_be_known(claims, &claim->closed);
}

/* The key's entry is looked for before the engine is asked: a key leaves the map only
 * after the engine knows it. */
static bool ask_strong(struct claims *claims, struct store_claim *claim)
{
	struct entry *entry = *claims_find(claims, claim->key.hash);
	if (entry != NULL) {
		wait_in(entry, claim);
		return false;
	}
	if (!may_be_known(claims, &claim->key) &&
	    !content_may_be_known(claims, claim)) {
		(void)claims_add(claims, claim->key.hash, true);
		claim->outcome = CLAIM_NEW;
		return true;
	}
	(void)claims_add(claims, claim->key.hash, false);
	look_up_later(claims, claim);
	return false;
}

static bool ask_weak(struct claims *claims, struct store_claim *claim)
{
	if (!may_be_known(claims, &claim->key) ||
	    !may_be_known(claims, &claim->closed)) {
		claim->outcome = CLAIM_NEW;
		return true;
	}
	look_up_later(claims, claim);
	return false;
}

bool claims_ask(struct claims *claims, struct store_claim *claim)
{
	mutex_lock(&claims->mutex);
	bool told = claim->weak ? ask_weak(claims, claim) : ask_strong(claims, claim);
	mutex_unlock(&claims->mutex);
	return told;
}

/* ---- the thread that looks keys up ---- */

static void answer_found(
    struct claims *claims, struct store_claim *claim, const struct store_event *event)
{
	struct entry *entry = NULL;
	if (!claim->weak) {
		mutex_lock(&claims->mutex);
		entry = claims_take_out(claims, claim->key.hash);
		mutex_unlock(&claims->mutex);
		assert(entry != NULL && !entry->held);
	}
	answer_repeat(claims, claim, event);
	if (entry != NULL)
		answer_all(claims, entry->first, event);
	free(entry);
}

/* The key is not stored: the claim that came first holds it, the others go on waiting. */
static void hold(struct claims *claims, struct store_claim *claim)
{
	if (!claim->weak) {
		mutex_lock(&claims->mutex);
		struct entry *entry = *claims_find(claims, claim->key.hash);
		assert(entry != NULL && !entry->held);
		entry->held = true;
		mutex_unlock(&claims->mutex);
	}
	answer(claim, CLAIM_NEW);
}

static void cannot_tell(
    struct claims *claims, struct store_claim *claim, const struct error *err)
{
	unsigned char key[STORE_KEY_SIZE];
	bool weak = claim->weak;
	log_write(LOG_ERROR, "a key could not be looked up", "why", err->text, NULL);
	memcpy(key, claim->key.hash, sizeof(key));
	answer(claim, CLAIM_FAILED);
	if (!weak)
		end_entry(claims, key, NULL);
}

static int both_known(struct claims *claims, const struct store_key *key,
    const struct store_key *closed, int64_t *event_id, struct error *err)
{
	int rc = claims->engine->lookup(claims->reader, closed, event_id, err);
	return rc == 1 ? claims->engine->lookup(claims->reader, key, event_id, err)
		       : rc;
}

/* The event that the claim repeats: 1, 0 or -1. */
static int find_event(struct claims *claims, const struct store_claim *claim,
    int64_t *event_id, struct error *err)
{
	const struct store_key *key = &claim->key, *content = &claim->content;
	if (claim->weak)
		return both_known(claims, key, &claim->closed, event_id, err);
	int rc = claims->engine->lookup(claims->reader, key, event_id, err);
	if (rc != 0)
		return rc;
	switch (claim->by_content) {
	case CLAIM_NO_CONTENT:
		break;
	case CLAIM_CONTENT:
		return claims->engine->lookup(claims->reader, content, event_id, err);
	case CLAIM_CONTENT_CLOSED:
		return both_known(claims, content, &claim->closed, event_id, err);
	}
	return 0;
}

static void look_up(struct claims *claims, struct store_claim *claim)
{
	struct arena *arena = arena_new();
	struct store_event event;
	struct error err = {0};
	int64_t event_id;
	int rc = find_event(claims, claim, &event_id, &err);
	if (rc == 1)
		rc = claims->engine->event_get(
		    claims->reader, event_id, arena, &event, &err);
	/* From here on the claim is its owner's again. */
	if (rc < 0)
		cannot_tell(claims, claim, &err);
	else if (rc == 0)
		hold(claims, claim);
	else
		answer_found(claims, claim, &event);
	arena_free(arena);
}

static struct store_claim *next_to_look_up(struct claims *claims)
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

static void *claims_run(void *ctx)
{
	struct claims *claims = ctx;
	struct store_claim *claim;
	while ((claim = next_to_look_up(claims)) != NULL)
		look_up(claims, claim);
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
	if (engine->reader_new(&claims->reader, db, err) < 0) {
		claims_free(claims);
		return -1;
	}
	if (thread_start(&claims->thread, "oh-lookup", claims_run, claims, err) < 0) {
		engine->reader_close(claims->reader);
		claims_free(claims);
		return -1;
	}
	*out = claims;
	return 0;
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
			answer_all(claims, entry->first, NULL);
			free(entry);
		}
	}
	free(claims->buckets);
	cond_clear(&claims->asked);
	mutex_clear(&claims->mutex);
	free(claims);
}
