/* rekey -- a store of an older version: its events get the keys that make a repeat of
 * theirs known today. */
#ifndef OFFHOOK_WEBHOOK_REKEY_H
#define OFFHOOK_WEBHOOK_REKEY_H

#include "config/config.h"
#include "store/store.h"
#include "util/error.h"

/* Does nothing where there are none; else takes some 20 µs an event, and says so in the
 * log. What was done is kept when it is interrupted. Before anything is claimed. -1 with
 * err. */
int rekey_store(struct store *store, const struct config *config, struct error *err);

/* The key of one stored event; its SID is in the arena. False when it gets none. */
bool rekey_event(struct store_key *out, const struct store_event *stored,
    const struct config *config, struct arena *arena);

#endif
