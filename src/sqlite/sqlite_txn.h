/* sqlite_txn -- one submitted transaction, within the batch that is being committed: first
 * what may conflict (a revised event, documents, jobs), then its event and keys. */
#ifndef OFFHOOK_SQLITE_SQLITE_TXN_H
#define OFFHOOK_SQLITE_SQLITE_TXN_H

#include "sqlite/sqlite.h"

/* 0: applied, or undone because of a conflict; txn->result says which. -1 with err: the
 * database failed, and the whole batch with it. */
int sqlite_txn_apply(struct engine_db *db, struct store_txn *txn, struct error *err);

#endif
