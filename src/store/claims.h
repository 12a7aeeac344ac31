/* claims -- which events are being handled right now, so that no event is handled
 * twice at a time: key -> who holds it and who waits for it. A key that may be on disk
 * is looked up by a thread of its own; until that says, everybody who asks for the
 * same key waits, so that a key can never become new twice. */
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
/* The transaction of a key has ended: those who wait get its reply, or, when it
 * failed, CLAIM_FAILED. On the writer's thread, before the transaction's done. */
void claims_end(struct claims *claims, const struct store_txn *txn);

#endif
