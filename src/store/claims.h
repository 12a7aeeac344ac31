/* claims -- which events are being handled right now, so that no event is handled twice
 * at a time: who holds a key and who waits for it. Keys that may be on disk are looked up
 * by a thread of its own; until that is done everybody who asks for one of them waits, so
 * that no key can become new twice. */
#ifndef OFFHOOK_STORE_CLAIMS_H
#define OFFHOOK_STORE_CLAIMS_H

#include "store/engine.h"

struct claims;

/* Starts the thread that looks keys up; it reads through a reader of its own. */
int claims_open(struct claims **out, const struct engine *engine, struct engine_db *db,
    struct error *err);
/* Answers what is being looked up and ends the thread. Before the engine closes:
 * transactions still on their way end their claims afterwards. */
void claims_stop(struct claims *claims);
/* After the engine has closed; whoever still waits gets CLAIM_FAILED. NULL is fine. */
void claims_free(struct claims *claims);

/* store_claim and store_unclaim. */
bool claims_ask(struct claims *claims, struct store_claim *claim);
void claims_drop(struct claims *claims, const struct store_claim *claim);
/* The transaction of a claim has ended: those who wait get its reply, or, when it
 * failed, CLAIM_FAILED. On the writer's thread, before the transaction's done. */
void claims_end(struct claims *claims, const struct store_txn *txn);

#endif
