/* ring -- the bytes that a handler process sends back, in memory that it shares with the
 * server: a result costs no system call while the server is awake. One writer, the
 * process, and one reader, the server; what was put stays readable when the process
 * dies. The reader believes nothing that it finds here: it keeps its own count and
 * copies bytes out before it looks at them. */
#ifndef OFFHOOK_FRAME_RING_H
#define OFFHOOK_FRAME_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/span.h"

enum { RING_SIZE = 64 << 10 };

/* All zero at first. Counts are of all bytes ever, modulo 2^32. */
struct ring {
	alignas(64) _Atomic uint32_t put; /* the process's */
	_Atomic uint32_t full;            /* 1: it waits for room */
	alignas(64) _Atomic uint32_t got; /* the server's */
	_Atomic uint32_t watched;         /* 1: it wants to be told of the next bytes */
	alignas(64) char bytes[RING_SIZE];
};

/* ---- the process ---- */

/* Puts what there is room for; gives how much that was. */
size_t ring_put(struct ring *ring, struct span bytes);
/* Whether the server is to be told; once for each time that it asked. */
bool ring_wanted(struct ring *ring);
/* Waits until there is room, but no longer than a second. */
void ring_wait(struct ring *ring);

/* ---- the server, which keeps its count in *got (0 at first) ---- */

/* Appends what is there to out, at most RING_SIZE bytes. Gives how much that was; -1
 * when the process has written over its count. */
int ring_take(struct ring *ring, uint32_t *got, struct buf *out);
/* Asks to be told (ring_wanted) of what is put from now on. What was put before must be
 * taken after this, not before it. */
void ring_watch(struct ring *ring);

#endif
