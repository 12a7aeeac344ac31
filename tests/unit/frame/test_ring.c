#include "test.h"

#include "frame/ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static struct ring *new_ring(void)
{
	struct ring *ring = aligned_alloc(_Alignof(struct ring), sizeof(*ring));
	assert_non_null(ring);
	memset(ring, 0, sizeof(*ring));
	return ring;
}

TEST(what_is_put_is_taken_in_order)
{
	struct ring *ring = new_ring();
	struct buf out = {0};
	uint32_t got = 0;
	char bytes[1000];
	for (unsigned round = 0; round < 500; round++) {
		size_t len = 1 + round * 7 % sizeof(bytes);
		memset(bytes, (int)(round & 0xFF), len);
		assert_int_equal(ring_put(ring, (struct span){bytes, len}), len);
		assert_int_equal(ring_take(ring, &got, &out), len);
		assert_int_equal(out.len, len);
		assert_memory_equal(out.ptr, bytes, len);
		buf_clear(&out);
	}
	assert_int_equal(ring_take(ring, &got, &out), 0);
	buf_free(&out);
	free(ring);
}

TEST(a_full_ring_takes_no_more)
{
	struct ring *ring = new_ring();
	struct buf out = {0};
	uint32_t got = 0;
	char *bytes = mem_new(1, RING_SIZE);
	assert_int_equal(ring_put(ring, SPAN("first")), 5);
	assert_int_equal(
	    ring_put(ring, (struct span){bytes, RING_SIZE}), RING_SIZE - 5);
	assert_int_equal(ring_put(ring, SPAN("x")), 0);
	assert_int_equal(ring_take(ring, &got, &out), RING_SIZE);
	assert_memory_equal(out.ptr, "first", 5);
	assert_int_equal(ring_put(ring, SPAN("x")), 1);
	buf_free(&out);
	free(bytes);
	free(ring);
}

TEST(the_server_is_told_once_for_each_time_it_asks)
{
	struct ring *ring = new_ring();
	assert_false(ring_wanted(ring));
	ring_watch(ring);
	assert_true(ring_wanted(ring));
	assert_false(ring_wanted(ring));
	ring_watch(ring);
	assert_true(ring_wanted(ring));
	free(ring);
}

TEST(a_count_that_cannot_be_is_refused)
{
	static const uint32_t counts[] = {RING_SIZE + 1, UINT32_MAX, 1U << 31};
	struct ring *ring = new_ring();
	struct buf out = {0};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint32_t got = 77;
		atomic_store(&ring->put, got + counts[i]);
		assert_int_equal(ring_take(ring, &got, &out), -1);
		assert_int_equal(got, 77);
	}
	assert_int_equal(out.len, 0);
	buf_free(&out);
	free(ring);
}

enum { STREAM = 4 << 20 };

static void *put_stream(void *arg)
{
	struct ring *ring = arg;
	char *bytes = mem_new(1, STREAM);
	for (size_t i = 0; i < STREAM; i++)
		bytes[i] = (char)(i % 251);
	struct span left = {bytes, STREAM};
	while (left.len > 0) {
		left = span_from(left, ring_put(ring, left));
		if (left.len > 0)
			ring_wait(ring);
	}
	free(bytes);
	return NULL;
}

TEST(more_than_the_ring_holds_goes_through_it)
{
	struct ring *ring = new_ring();
	struct buf out = {0};
	uint32_t got = 0;
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, put_stream, ring), 0);
	while (out.len < STREAM)
		assert_true(ring_take(ring, &got, &out) >= 0);
	(void)pthread_join(writer, NULL);
	for (size_t i = 0; i < STREAM; i++)
		if (out.ptr[i] != (char)(i % 251))
			fail_msg("byte %zu is wrong", i);
	buf_free(&out);
	free(ring);
}
