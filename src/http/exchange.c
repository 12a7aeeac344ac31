#include "http/exchange.h"

#include "util/clock.h"

/* In a request's number: the loop's index is above so many bits. */
enum { LOOP_SHIFT = 48 };

struct exchange *exchange_new(struct loop *loop, const struct sockaddr_storage *peer,
    uint64_t number, const struct server_limits *limits)
{
	struct arena *arena = loop_arena(loop);
	struct exchange *exchange = arena_zalloc(arena, sizeof(*exchange));
	exchange->request.loop = loop;
	exchange->request.number = (uint64_t)loop_index(loop) << LOOP_SHIFT | number;
	exchange->request.arena = arena;
	exchange->request.peer = *peer;
	exchange->request.first_byte_us = clock_mono_us();
	exchange->parser = parser_new(&exchange->request, limits);
	return exchange;
}

void exchange_free(struct exchange *exchange, atomic_size_t *memory)
{
	if (exchange == NULL)
		return;
	atomic_fetch_sub_explicit(memory, exchange->charged, memory_order_relaxed);
	if (exchange->request.arena != NULL)
		loop_arena_back(exchange->request.loop, exchange->request.arena);
}

bool exchange_charge(struct exchange *exchange, atomic_size_t *memory, size_t limit)
{
	size_t size = arena_size(exchange->request.arena);
	size_t more = size - exchange->charged;
	exchange->charged = size;
	return atomic_fetch_add_explicit(memory, more, memory_order_relaxed) + more <=
	       limit;
}
