/* The same request gives the same key, whatever the order of its parameters; nothing
 * is read out of bounds. The first byte chooses the route's kind; then a target, a
 * line, and the body. */
#include <stdint.h>
#include <stdlib.h>

#include "twilio/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_same(const struct event *a, const struct event *b)
{
	must(a->kind == b->kind && span_eq(a->sid, b->sid));
	must(span_eq(a->conversation, b->conversation));
	must(memcmp(a->sameness, b->sameness, EVENT_KEY_SIZE) == 0);
	must(a->has_token == b->has_token && a->is_fallback == b->is_fallback);
	must(!a->has_token || memcmp(a->tokened, b->tokened, EVENT_KEY_SIZE) == 0);
}

/* Of a repeated name the first value counts: then order does matter. */
static bool has_repeats(const struct params *params, struct arena *arena)
{
	struct params sorted = params_sort(params, arena);
	for (size_t i = 1; i < sorted.count; i++)
		if (span_eq(sorted.items[i - 1].name, sorted.items[i].name))
			return true;
	return false;
}

static void reverse(struct params *params)
{
	for (size_t i = 0; i < params->count / 2; i++) {
		struct pair *other = &params->items[params->count - 1 - i];
		struct pair moved = params->items[i];
		params->items[i] = *other;
		*other = moved;
	}
	params->told = NULL;
}

static void check_event(const struct event *event, struct span token)
{
	must(event->kind < EVENT_KINDS && event->sid.ptr != NULL);
	must(event->name != NULL && !(event->has_token && token.len == 0));
	must(!event->reply_rejected || event->is_fallback);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct arena *arena = arena_new();
	struct span rest = {(const char *)data + 2, size - 2};
	struct params params;
	struct event_source source = {
	    .route_kind = (enum event_kind)(data[0] % EVENT_KINDS),
	    .in_query = data[1] % 16 > 7,
	    .prefix = data[1] % 2 != 0 ? SPAN("/hooks") : (struct span){0},
	    .token = data[1] % 4 > 1 ? SPAN("token") : (struct span){0},
	};
	source.target = span_head(rest, span_find(rest, '\n'));
	source.body = span_from(rest, source.target.len);
	bool json = data[1] % 8 > 3;
	if (json || params_parse(&params, source.body, arena) == PARAMS_OK) {
		struct event first;
		struct event second;
		source.params = json ? NULL : &params;
		event_read(&first, &source, arena);
		check_event(&first, source.token);
		if (!json && !has_repeats(&params, arena))
			reverse(&params);
		event_read(&second, &source, arena);
		check_same(&first, &second);
	}
	arena_free(arena);
	return 0;
}
