/* sqlite -- what the files of the SQLite engine share: the open store, and what
 * belongs to its writer's thread. */
#ifndef OFFHOOK_SQLITE_SQLITE_H
#define OFFHOOK_SQLITE_SQLITE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "keys/keys.h"
#include "sqlite/checkpoint.h"
#include "sqlite/commit_queue.h"
#include "sqlite/files.h"
#include "sqlite/repeats.h"
#include "sqlite/running.h"
#include "sqlite/sqlite_jobs.h"
#include "sqlite/wal_room.h"
#include "store/engine.h"
#include "util/buf.h"

/* A collection, as the writer knows it. Its statements are prepared when first used. */
struct sqlite_collection {
	char *name;
	char *key_field; /* or NULL */
	sqlite3_stmt *insert, *select, *update, *delete;
	struct sqlite_collection *next;
};

/* Only the writer's thread touches these. */
struct sqlite_writer {
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *rollback, *savepoint, *release, *undo;
	sqlite3_stmt *add_event, *revise_event, *count_repeat, *set_next_row, *probe;
	struct sqlite_collection *collections;
	bool made_collection; /* in the open transaction */
	struct sqlite_jobs jobs;
	int64_t next_event;
	int64_t rows_promised; /* meta.next_row: rows below it may be used */
	int log_pages;         /* after the last commit */
	struct buf text;       /* of what is being written */
	struct repeat repeats[REPEATS_MAX];
	size_t repeat_count;
	struct wal_room room; /* what is to be made in idle time */
	bool failing;         /* the last commit failed */
	struct budget budget; /* of the transaction that is being applied */
	/* of the open transaction, for stats */
	uint64_t batch_events, batch_duplicates;
};

struct engine_db {
	char *dir;
	int lock;
	struct engine_owner owner;
	struct keys *keys;
	struct commit_queue queue;
	struct repeats repeats;
	struct checkpoint *checkpoint;
	struct trickle *trickle; /* the writer writes pages back, too */
	struct running *running;
	struct files files;
	struct sqlite_writer writer;
	pthread_t thread;
	atomic_bool stopping;
	int64_t unkeyed_first, unkeyed_last; /* as they were at open */
	atomic_int_fast64_t next_row;        /* of documents, of all collections */

	pthread_mutex_t mutex;
	struct sqlite_task *tasks; /* under mutex, newest first */
	struct error trouble;      /* under mutex: why commits fail, unless healthy */

	atomic_bool healthy, wants_room;
	atomic_uint_fast64_t events, duplicates, commits, failed_commits;
	atomic_int_fast64_t log_bytes;
};

extern const struct engine engine_sqlite;

#endif
