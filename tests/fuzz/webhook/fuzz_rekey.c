/* An event of an older store gets the key that it has when it comes again, whatever it says.
 * The input is lines: "g" (a GET) or anything else, a path, a query; and the form of a POST. */
#include "fuzz/fuzz.h"
#include "http/head.h"
#include "twilio/event.h"
#include "util/buf.h"
#include "webhook/rekey.h"
#include "webhook/route.h"

struct came {
	bool is_get;
	struct span path, query, target, form;
	struct params params;
};

/* As today's requests are named; a route for anything. */
static void read_now(struct event *out, const struct came *came, struct arena *arena)
{
	struct event_source source = {.route_kind = EVENT_OTHER,
	    .in_query = came->is_get,
	    .target = came->target,
	    .params = &came->params,
	    .body = came->form};
	event_read(out, &source, arena);
}

/* The method is not stored, nor the bytes of a GET that is no text. A POST whose query has as
 * many parameters as its body may be taken for a GET. */
static bool is_certain(const struct came *came, struct arena *arena)
{
	struct params query;
	/* JSON's reader takes no name with a NUL. */
	for (size_t i = 0; i < came->params.count; i++)
		if (span_find(came->params.items[i].name, '\0') <
		    came->params.items[i].name.len)
			return false;
	if (came->is_get)
		return params_are_text(&came->params);
	return params_parse(&query, came->query, arena) != PARAMS_OK ||
	       query.count != came->params.count;
}

static void check(const struct came *came, struct arena *arena)
{
	struct config config = {0};
	struct buf params = {0};
	struct event event;
	struct store_key key = {0};
	read_now(&event, came, arena);
	params_json(&params, &came->params);
	struct store_event stored = {.id = 1,
	    .kind = event.name,
	    .sid = event.sid,
	    .route = came->path,
	    .query = came->query,
	    .params = buf_span(&params)};
	struct route route = {.path = arena_strndup(arena, came->path)};
	if (route_is_pattern(&route))
		stored.query = came->target;
	if (!params_are_text(&came->params))
		stored.raw = came->form;
	bool has = rekey_event(&key, &stored, &config, arena);
	must(has || (event.is_fallback && event.sid.len == 0));
	if (has && is_certain(came, arena)) {
		must(span_eq(key.sid, event.sid));
		must(memcmp(key.hash, event.sameness, STORE_KEY_SIZE) == 0);
	}
	buf_free(&params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct arena *arena = arena_new();
	struct came came = {.is_get = span_is(next_line(&rest), "g")};
	came.path = next_line(&rest);
	came.query = next_line(&rest);
	came.form = came.is_get ? SPAN("") : rest;
	if (came.query.len == 0)
		came.query = (struct span){0};
	came.target = came.path;
	if (came.query.ptr != NULL)
		came.target = span_of(arena_printf(
		    arena, "%.*s?%.*s", SPAN_ARG(came.path), SPAN_ARG(came.query)));
	if (head_target_valid(came.target) &&
	    span_find(came.query, '\0') == came.query.len &&
	    span_find(came.path, '?') == came.path.len &&
	    params_parse(&came.params, came.is_get ? came.query : came.form, arena) ==
		PARAMS_OK)
		check(&came, arena);
	arena_free(arena);
	return 0;
}
