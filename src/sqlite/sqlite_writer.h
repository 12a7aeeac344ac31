/* sqlite_writer -- the only thread that changes the store: takes all transactions that
 * wait, commits them together, calls their owners back. */
#ifndef OFFHOOK_SQLITE_SQLITE_WRITER_H
#define OFFHOOK_SQLITE_SQLITE_WRITER_H

#include "sqlite/sqlite.h"

/* Prepares the writer's connection and starts the thread. */
int sqlite_writer_start(struct engine_db *db, struct error *err);
/* Commits what waits, ends the thread, closes the connection. */
void sqlite_writer_stop(struct engine_db *db);

/* Something that the writer's thread shall do between two batches, in a transaction of
 * its own; with bare, outside any transaction. */
struct sqlite_task {
	int (*run)(struct engine_db *db, void *ctx, struct error *err);
	void *ctx;
	bool bare;
	/* for the writer alone: */
	int rc;
	struct error *err;
	bool finished;
	pthread_cond_t done;
	struct sqlite_task *next;
};

/* Waits until the task is done; returns what run returned. Not from the writer's
 * thread. */
int sqlite_writer_do(struct engine_db *db, struct sqlite_task *task, struct error *err);

#endif
