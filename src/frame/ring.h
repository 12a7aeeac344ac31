/* ring -- the bytes that a handler process sends back, in memory that it shares with the
 * server: a result costs no system call while the server is awake. The process alone
 * writes, the server alone reads; what was put stays readable when the process dies. The
 * server trusts nothing here: it keeps its own count, and copies bytes out before it looks
 * at them. */
#ifndef OFFHOOK_FRAME_RING_H
#define OFFHOOK_FRAME_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/span.h"

enum { RING_SIZE = 64 << 10 };

/* All zero at first. Counts are of all bytes ever put or taken, modulo 2^32: byte number n
 * stands at bytes[n % RING_SIZE], and put - got bytes are not taken yet. The four words are
 * accessed by sequentially consistent atomics; docs/protocol.md, "Ring", says when. */
struct ring {
	alignas(64) _Atomic uint32_t put; /* the process's count */
	_Atomic uint32_t full;            /* 1: the process waits for room */
	alignas(64) _Atomic uint32_t got; /* the server's count */
	_Atomic uint32_t watched;         /* 1: the server waits for a FRAME_BELL */
	alignas(64) char bytes[RING_SIZE];
};

/* ---- the process ---- */

/* Puts as many bytes as there is room for; gives how many. */
size_t ring_put(struct ring *ring, struct span bytes);
/* Whether to send a FRAME_BELL now: true once for each ring_watch. Ask after ring_put. */
bool ring_wanted(struct ring *ring);
/* Waits until there is room, but no longer than a second. */
void ring_wait(struct ring *ring);

/* ---- the server, which keeps its count in *got (0 at first) ---- */

/* Appends what is there to out, at most RING_SIZE bytes. Gives how many bytes; -1 when
 * the process has written over its count. */
int ring_take(struct ring *ring, uint32_t *got, struct buf *out);
/* Asks for a FRAME_BELL when bytes are put from now on. What was put before must be taken
 * after this call, not before it. */
void ring_watch(struct ring *ring);

#endif
