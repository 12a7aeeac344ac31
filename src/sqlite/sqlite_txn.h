/* sqlite_txn -- one submitted transaction within the batch that is being committed:
 * its documents first (they may conflict), then its event and keys. */
#ifndef OFFHOOK_SQLITE_SQLITE_TXN_H
#define OFFHOOK_SQLITE_SQLITE_TXN_H

#include "sqlite/sqlite.h"

/* 0: applied, or nothing of it was because of a conflict; txn->result says which. -1
 * with err: the database failed, and with it the whole batch. */
int sqlite_txn_apply(struct engine_db *db, struct store_txn *txn, struct error *err);

#endif
