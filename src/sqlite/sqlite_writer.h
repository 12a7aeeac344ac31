/* sqlite_writer -- the thread that alone changes the store: takes all transactions that
 * wait, commits them together, tells their owners. */
#ifndef OFFHOOK_SQLITE_SQLITE_WRITER_H
#define OFFHOOK_SQLITE_SQLITE_WRITER_H

#include "sqlite/sqlite.h"

/* Prepares the writer's connection and starts the thread. */
int sqlite_writer_start(struct engine_db *db, struct error *err);
/* Commits what waits, ends the thread, closes the connection. */
void sqlite_writer_stop(struct engine_db *db);

/* Something for the writer to do between two batches, in a transaction of its own (or,
 * bare, outside any). */
struct sqlite_task {
	int (*run)(struct engine_db *db, void *ctx, struct error *err);
	void *ctx;
	bool bare;
	/* the writer's */
	int rc;
	struct error *err;
	bool finished;
	pthread_cond_t done;
	struct sqlite_task *next;
};

/* Has it done and waits; what run gave. Not from the writer's thread. */
int sqlite_writer_do(struct engine_db *db, struct sqlite_task *task, struct error *err);

#endif
