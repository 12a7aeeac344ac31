/* claims -- which events are being handled now, so that no event is handled twice: of
 * each key, who holds it and who waits for it. A key that may be on disk is looked up by
 * a thread of its own; until then all claims on it wait, so that a key can never become
 * new twice. */
#ifndef OFFHOOK_STORE_CLAIMS_H
#define OFFHOOK_STORE_CLAIMS_H

#include "store/engine.h"

struct claims;

/* Starts the thread that looks keys up; it reads through a reader of its own. */
int claims_open(struct claims **out, const struct engine *engine, struct engine_db *db,
    struct error *err);
/* Answers the claims that are being looked up and ends the thread. Call it before the
 * engine closes; transactions that are on their way may end their claims after it. */
void claims_stop(struct claims *claims);
/* After the engine has closed. Claims that still wait get CLAIM_FAILED. NULL is fine. */
void claims_free(struct claims *claims);

/* store_claim and store_unclaim. */
bool claims_ask(struct claims *claims, struct store_claim *claim);
void claims_drop(struct claims *claims, const struct store_claim *claim);
/* The transaction of a key has ended: claims that wait get its reply or, when it failed,
 * CLAIM_FAILED. On the writer's thread, before the transaction's done. */
void claims_end(struct claims *claims, const struct store_txn *txn);

#endif
