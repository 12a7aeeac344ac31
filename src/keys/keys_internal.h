/* keys_internal -- what keys.c (the writer's side), keys_find.c (any thread's), keys_load.c
 * and keys_reader.c (a reader that has an index of its own) share.
 * The writer's thread alone changes the tables and the list of segments, under the
 * lock, in keys_committed; whoever loads a piece of a filter hangs it in under the lock
 * too. The lock is never held while reading or writing the database. */
#ifndef OFFHOOK_KEYS_KEYS_INTERNAL_H
#define OFFHOOK_KEYS_KEYS_INTERNAL_H

#include <assert.h>
#include <pthread.h>

#include "keys/keys.h"
#include "keys/keys_merge.h"
#include "keys/keys_segment.h"
#include "keys/keys_table.h"

struct keys_live {
	struct keys_segment segment;
	struct keys_shape shape;
	unsigned char **pieces; /* of its filter; NULL: not loaded yet */
	bool listed;            /* while the list is read: the table has it */
};

struct keys {
	pthread_rwlock_t lock;
	struct keys_table *active; /* committed, not frozen */
	struct keys_table *frozen; /* being sealed; NULL: none */
	struct keys_live *live; /* a key's newest segment first: by level, then by id,
				      the highest first */
	size_t live_count;
	size_t filter_bytes; /* of pieces that were loaded */

	/* The writer's thread only, or the reader's. */
	struct keys_rows rows;
	sqlite3_stmt *list_segments;
	sqlite3_stmt *write_log;
	struct keys_config config;
	struct keys_table *pending;         /* the open transaction's */
	bool logged;                        /* pending has been written */
	int64_t log_number;                 /* the last commit's in the log */
	int64_t log_rows;                   /* of the active table */
	int64_t log_odd;                    /* 1: the active table has the odd ids */
	int64_t frozen_log_number;          /* the last number of the frozen table */
	int64_t next_segment;               /* never used twice while running */
	struct keys_job *jobs[KEYS_LEVELS]; /* by the level they write to */
	bool given_up[KEYS_LEVELS];         /* no more merges to it until a restart */
};

/* In keys_find.c, for who has the index to himself: what it has of the key, its tables
 * first, then through keys->rows its segments. 1, 0, or -1 with err; the other 0 or -1. */
int keys_find_inside(struct keys *keys, struct keys_entry *key, struct error *err);
int keys_find_prefix_inside(
    struct keys *keys, uint64_t prefix, struct keys_found *found, struct error *err);
/* Gives the rows that were found, sorted, each once; nothing when rc < 0, which it
 * returns. */
int keys_find_give(struct keys_found *found, int rc, int64_t **rows, size_t *count);

static inline void keys_must(int rc)
{
	assert(rc == 0);
	(void)rc;
}

static inline void keys_lock_shared(struct keys *keys)
{
	keys_must(pthread_rwlock_rdlock(&keys->lock));
}

static inline void keys_lock(struct keys *keys)
{
	keys_must(pthread_rwlock_wrlock(&keys->lock));
}

static inline void keys_unlock(struct keys *keys)
{
	keys_must(pthread_rwlock_unlock(&keys->lock));
}

#endif
