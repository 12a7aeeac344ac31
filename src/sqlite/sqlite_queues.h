/* sqlite_queues -- the writer's list of queues: name and number. */
#ifndef OFFHOOK_SQLITE_SQLITE_QUEUES_H
#define OFFHOOK_SQLITE_SQLITE_QUEUES_H

#include "sqlite/sqlite.h"

struct sqlite_queue {
	struct sqlite_queue *next;
	int64_t id; /* 0: it was made in a transaction that was undone */
	struct span name;
};

/* The queue of that name, made when there is none; NULL with err. */
struct sqlite_queue *sqlite_queue_named(
    struct sqlite_writer *w, struct span name, struct error *err);
/* The name of a queue that has a job; NULL with err. */
struct sqlite_queue *sqlite_queue_by_id(
    struct sqlite_writer *w, int64_t id, struct error *err);
/* After a rollback, which may have undone the making of a queue: all are looked up again. */
void sqlite_queues_undo(struct sqlite_writer *w);
void sqlite_queues_free(struct sqlite_writer *w);

#endif
