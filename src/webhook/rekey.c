#include "webhook/rekey.h"

#include <inttypes.h>
#include <stdio.h>

#include "twilio/event.h"
#include "util/log.h"
#include "webhook/route.h"

enum { SLICE = 500 };

/* One slice of events, and the transaction that gives them their keys. */
struct slice {
	const struct config *config;
	struct arena *arena;
	struct store_txn txn;
};

static void rekey_add(struct params *params, struct span name, const json_t *value)
{
	struct span text = {json_string_value(value), json_string_length(value)};
	params->items[params->count++] = (struct pair){name, text};
}

/* The parameters as params_json wrote them: a repeated name has an array. */
static struct params rekey_params(json_t *object, struct arena *arena)
{
	struct params params = {0};
	const char *name;
	json_t *value;
	size_t count = 0, i;
	json_t *element;
	json_object_foreach(object, name, value)
		count += json_is_array(value) ? json_array_size(value) : 1;
	params.items = arena_alloc(arena, (count + 1) * sizeof(*params.items));
	json_object_foreach(object, name, value) {
		if (json_is_string(value))
			rekey_add(&params, span_of(name), value);
		json_array_foreach(value, i, element)
			rekey_add(&params, span_of(name), element);
	}
	return params;
}

/* Where the route's path has parameters, the query holds all of the target. */
static struct span rekey_target(const struct store_event *event, struct arena *arena)
{
	struct route route = {.path = arena_strndup(arena, event->route)};
	if (event->query.len > 0 && route_is_pattern(&route))
		return event->query;
	if (event->query.ptr == NULL)
		return event->route;
	return span_of(arena_printf(
	    arena, "%.*s?%.*s", SPAN_ARG(event->route), SPAN_ARG(event->query)));
}

/* The method is not stored: the parameters of a GET are those of its query. */
static bool rekey_in_query(
    const struct params *params, struct span target, struct arena *arena)
{
	struct params query;
	size_t mark = span_find(target, '?');
	if (mark == target.len ||
	    params_parse(&query, span_from(target, mark + 1), arena) != PARAMS_OK ||
	    query.count != params->count)
		return false;
	struct params a = params_sort(&query, arena), b = params_sort(params, arena);
	for (size_t i = 0; i < a.count; i++)
		if (!span_eq(a.items[i].name, b.items[i].name) ||
		    !span_eq(a.items[i].value, b.items[i].value))
			return false;
	return true;
}

bool rekey_event(struct store_key *out, const struct store_event *stored,
    const struct config *config, struct arena *arena)
{
	const struct family *family = family_find(span_of(stored->kind));
	bool json = family != NULL && family->kind == EVENT_JSON;
	json_t *object =
	    json_loadb(stored->params.ptr, stored->params.len, JSON_ALLOW_NUL, NULL);
	struct params params = rekey_params(object, arena);
	struct event_source source = {
	    .route_kind = family != NULL ? family->kind : EVENT_OTHER,
	    .target = rekey_target(stored, arena),
	    .params = json ? NULL : &params,
	    .body = stored->raw,
	    .prefix = config->public_prefix,
	};
	struct event event;
	/* Of a form that is no text, params are not the bytes that were sent. */
	if (!json && stored->raw.len > 0 &&
	    params_parse(&params, stored->raw, arena) != PARAMS_OK)
		params.count = 0;
	source.in_query = rekey_in_query(&params, source.target, arena);
	event_read(&event, &source, arena);
	out->sid = arena_copy(arena, event.sid);
	memcpy(out->hash, event.sameness, STORE_KEY_SIZE);
	json_decref(object);
	/* Nothing proves what names no SID: it may be an unsigned route's, and the ErrorUrl
	 * that a stranger wrote, another route's. */
	return !event.is_fallback || stored->sid.len > 0;
}

static void rekey_add_event(struct slice *slice, const struct store_event *stored)
{
	struct store_rekey *rekey = arena_zalloc(slice->arena, sizeof(*rekey));
	rekey->event_id = stored->id;
	if (!rekey_event(&rekey->key, stored, slice->config, slice->arena))
		return;
	rekey->next = slice->txn.rekeys;
	slice->txn.rekeys = rekey;
}

static int rekey_slice(struct store *store, struct store_reader *reader,
    const struct config *config, int64_t *first, int64_t last, struct error *err)
{
	struct slice slice = {.config = config, .arena = arena_new()};
	struct store_event_query query = {.after_id = *first - 1, .limit = SLICE};
	struct store_events *events = store_events_open(reader, &query);
	struct store_event event;
	int64_t done = last;
	int rc;
	while ((rc = store_events_next(events, &event, err)) == 1) {
		rekey_add_event(&slice, &event);
		done = event.id < last ? event.id : last;
	}
	store_events_close(events);
	slice.txn.rekeyed_to = done;
	if (rc == 0 && store_commit(store, &slice.txn) != STORE_OK) {
		rc = -1;
		*err = slice.txn.error;
	}
	*first = done + 1;
	arena_free(slice.arena);
	return rc;
}

int rekey_store(struct store *store, const struct config *config, struct error *err)
{
	struct store_reader *reader = NULL;
	int64_t first, last;
	if (!store_unkeyed(store, &first, &last))
		return 0;
	log_write(LOG_INFO, "the store is an older version's: its events get new keys",
	    LOG_INT("events", last - first + 1), NULL);
	int rc = store_reader_new(&reader, store, err);
	while (rc == 0 && first <= last)
		rc = rekey_slice(store, reader, config, &first, last, err);
	store_reader_close(reader);
	if (rc < 0)
		return error_wrap(err, "new keys for the events of an older version");
	log_write(LOG_INFO, "the events have new keys", NULL);
	return 0;
}
