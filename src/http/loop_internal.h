/* loop_internal -- the owner's side of a loop (http/loop.h): making it, its thread, and its
 * libevent base for those who watch sockets on it. */
#ifndef OFFHOOK_HTTP_LOOP_INTERNAL_H
#define OFFHOOK_HTTP_LOOP_INTERNAL_H

#include "http/loop.h"
#include "util/error.h"

struct event_base;

/* A loop without a thread yet. -1 when the machine gives no eventfd or epoll. */
int loop_new(struct loop **out, int index, struct error *err);
/* Starts its thread. */
int loop_start(struct loop *loop, struct error *err);
/* Ends its thread after the present round and waits for it. Harmless when it was
 * never started. Not from the loop's own thread. */
void loop_stop(struct loop *loop);
/* After loop_stop, and after all that watches sockets on it is freed. NULL is fine. */
void loop_free(struct loop *loop);

struct event_base *loop_base(struct loop *loop);

#endif
