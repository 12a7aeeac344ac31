#include "frame/ring.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_S = 1 };

static size_t ring_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Not FUTEX_PRIVATE_FLAG: two processes share the word. */
static void ring_futex(
    _Atomic uint32_t *word, int op, uint32_t value, const struct timespec *most)
{
	(void)syscall(SYS_futex, word, op, value, most, NULL, 0);
}

/* ---- the process ---- */

size_t ring_put(struct ring *ring, struct span bytes)
{
	uint32_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
	size_t room = RING_SIZE - (put - atomic_load(&ring->got));
	size_t all = ring_least(bytes.len, room);
	size_t at = put % RING_SIZE;
	size_t first = ring_least(all, RING_SIZE - at);
	if (all == 0)
		return 0;
	memcpy(ring->bytes + at, bytes.ptr, first);
	memcpy(ring->bytes, bytes.ptr + first, all - first);
	atomic_store(&ring->put, put + (uint32_t)all);
	return all;
}

bool ring_wanted(struct ring *ring)
{
	return atomic_load(&ring->watched) != 0 &&
	       atomic_exchange(&ring->watched, 0) != 0;
}

void ring_wait(struct ring *ring)
{
	const struct timespec most = {.tv_sec = WAIT_S};
	uint32_t got = atomic_load(&ring->got);
	atomic_store(&ring->full, 1);
	if (atomic_load(&ring->put) - got == RING_SIZE)
		ring_futex(&ring->got, FUTEX_WAIT, got, &most);
}

/* ---- the server ---- */

int ring_take(struct ring *ring, uint32_t *got, struct buf *out)
{
	size_t all = atomic_load(&ring->put) - *got;
	size_t at = *got % RING_SIZE;
	size_t first = ring_least(all, RING_SIZE - at);
	if (all == 0)
		return 0;
	if (all > RING_SIZE)
		return -1;
	buf_add(out, ring->bytes + at, first);
	buf_add(out, ring->bytes, all - first);
	*got += (uint32_t)all;
	atomic_store(&ring->got, *got);
	if (atomic_exchange(&ring->full, 0) != 0)
		ring_futex(&ring->got, FUTEX_WAKE, 1, NULL);
	return (int)all;
}

void ring_watch(struct ring *ring)
{
	atomic_store(&ring->watched, 1);
}
