/* loop_internal -- what the server needs of a loop (http/loop.h): to make and end it,
 * its libevent base, on which sockets are watched, and where their bytes are read. */
#ifndef OFFHOOK_HTTP_LOOP_INTERNAL_H
#define OFFHOOK_HTTP_LOOP_INTERNAL_H

#include "http/loop.h"
#include "util/error.h"

struct event_base;

/* Without a thread yet. -1 when the machine gives no eventfd or epoll. */
int loop_new(struct loop **out, int index, struct error *err);
/* The thread is called NAME-INDEX. It takes no signals: those are for the main thread. */
int loop_start(struct loop *loop, const char *name, struct error *err);
/* Waits for the end of the present round, then of the thread. Harmless when it was
 * never started. Not from the loop's own thread. */
void loop_stop(struct loop *loop);
/* After loop_stop, and after everything that watches sockets on it is freed. NULL is
 * fine. */
void loop_free(struct loop *loop);

struct event_base *loop_base(struct loop *loop);

enum { LOOP_SCRATCH_BYTES = 64 * 1024 };

/* So many bytes, for whoever runs on the loop, until it lets another one run. */
char *loop_scratch(struct loop *loop);

#endif
