/* What params_encode writes, params_parse reads back; what it reads keeps its promises
 * about bounds, NULs and order. */
#include <stdint.h>
#include <stdlib.h>

#include "twilio/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int compare(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static void check_order(const struct params *params, struct arena *arena)
{
	struct params sorted = params_sort(params, arena);
	must(sorted.count == params->count);
	for (size_t i = 1; i < sorted.count; i++) {
		const struct pair *item = &sorted.items[i];
		int order = compare(item[-1].name, item->name);
		must(order < 0 ||
		     (order == 0 && compare(item[-1].value, item->value) <= 0));
	}
}

static void check_round_trip(const struct params *params, struct arena *arena)
{
	struct buf form = {0};
	struct params again;
	params_encode(&form, params);
	must(params_parse(&again, buf_span(&form), arena) == PARAMS_OK);
	must(again.count == params->count);
	for (size_t i = 0; i < params->count; i++) {
		must(span_eq(again.items[i].name, params->items[i].name));
		must(span_eq(again.items[i].value, params->items[i].value));
	}
	buf_free(&form);
}

/* What parsing found out about the parameters changes no answer. */
static void check_told(struct params *params, struct arena *arena)
{
	struct params untold = {.items = params->items, .count = params->count};
	struct buf json = {0}, want = {0};
	params_json(&json, params);
	params_json(&want, &untold);
	must(span_eq(buf_span(&json), buf_span(&want)));
	must(json.len >= 2 && json.ptr[0] == '{' && json.ptr[json.len - 1] == '}');
	must(params_are_text(params) == params_are_text(&untold));
	for (size_t i = 0; i < params->count; i++)
		must(params_find(params, params->items[i].name) ==
		     params_find(&untold, params->items[i].name));
	params_keep_sorted(params, arena);
	check_order(params, arena);
	buf_free(&json);
	buf_free(&want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span form = {(const char *)data, size};
	struct params params;
	if (params_parse(&params, form, arena) == PARAMS_OK) {
		size_t bytes = 0;
		must(params.count <= PARAMS_MAX);
		for (size_t i = 0; i < params.count; i++) {
			const struct pair *param = &params.items[i];
			must(param->name.ptr[param->name.len] == '\0');
			must(param->value.ptr[param->value.len] == '\0');
			bytes += param->name.len + param->value.len;
		}
		must(bytes <= size);
		check_order(&params, arena);
		check_round_trip(&params, arena);
		check_told(&params, arena);
	}
	arena_free(arena);
	return 0;
}
