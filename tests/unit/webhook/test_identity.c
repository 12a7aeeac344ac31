/* Identity, against a store: what Twilio sent twice, or an attacker makes of what it sent,
 * is a repeat; what differs in any signed parameter is not. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engines/engines.h"
#include "twilio/params.h"
#include "twilio/signature.h"
#include "unit/store/store_fixture.h"
#include "util/mem.h"
#include "webhook/intake.h"
#include "webhook/record.h"

enum { RECORDED_MAX = 200, ATTACKS = 100000, HEADERS = 5 };

#define TOKEN "0123456789abcdef0123456789abcdef"
#define HOST  "hooks.example.com"

static const enum event_kind route_kinds[] = {EVENT_SMS_RECEIVED, EVENT_SMS_STATUS,
    EVENT_CALL_RECEIVED, EVENT_CALL_ACTION, EVENT_CALL_STATUS, EVENT_RECORDING_STATUS,
    EVENT_TRANSCRIPTION, EVENT_OTHER};

enum { ROUTES = sizeof(route_kinds) / sizeof(route_kinds[0]) };

/* One request as it comes in; texts live in the arena. */
struct sent {
	const char *method, *type, *token;
	struct span target, body, signature;
};

struct world {
	struct fixture *f;
	struct config config;
	struct service service;
	struct lane lane;
	struct route routes[ROUTES];
	struct span bodies[RECORDED_MAX];
	size_t count;
	struct arena *arena;
	uint64_t random;
};

static uint64_t below(struct world *world, uint64_t n)
{
	world->random = world->random * 6364136223846793005u + 1442695040888963407u;
	return (world->random >> 33) % n;
}

static void read_bodies(struct world *world)
{
	size_t len = 0;
	char *text = text_read_file(TEST_DATA_DIR "/webhooks.txt", 1 << 20, &len);
	assert_non_null(text);
	struct span rest = arena_copy(world->arena, (struct span){text, len});
	free(text);
	while (rest.len > 0) {
		struct span line = span_head(rest, span_find(rest, '\n'));
		rest = span_from(rest, line.len + 1);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		line = span_from(line, span_find(line, ' ') + 1);
		world->bodies[world->count++] =
		    span_from(line, span_find(line, ' ') + 1);
		assert_true(world->count < RECORDED_MAX);
	}
}

static int setup(void **state)
{
	struct world *world = mem_new(1, sizeof(*world));
	void *fixture = NULL;
	assert_int_equal(fixture_setup(&fixture), 0);
	world->f = fixture;
	world->arena = arena_new();
	world->random = 1;
	world->config.tokens = tokens_new();
	assert_int_equal(tokens_add(world->config.tokens, SPAN(TOKEN), NULL), 0);
	world->config.public_url = "https://" HOST;
	world->config.public_scheme = SPAN("https");
	world->config.public_host = SPAN(HOST);
	world->service.config = &world->config;
	world->service.store = world->f->store;
	lane_open(&world->lane, &world->service);
	log_setup(LOG_TEXT, LOG_ERROR + 1); /* the refusals' log is of no interest */
	for (size_t i = 0; i < ROUTES; i++)
		world->routes[i] =
		    (struct route){.path = arena_printf(world->arena, "/r%zu", i),
			.kind = route_kinds[i]};
	read_bodies(world);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	lane_close(&world->lane);
	tokens_free(world->config.tokens);
	arena_free(world->arena);
	void *fixture = world->f;
	free(world);
	return fixture_teardown(&fixture);
}

static struct sent sign(struct world *world, size_t route, struct span body,
    const char *token, struct arena *arena)
{
	struct params params;
	char signature[SIGNATURE_SIZE];
	const char *path = world->routes[route].path;
	assert_int_equal(params_parse(&params, body, arena), PARAMS_OK);
	signature_make(signature, SPAN(TOKEN),
	    span_of(arena_printf(arena, "https://" HOST "%s", path)), &params);
	return (struct sent){.method = "POST",
	    .type = "application/x-www-form-urlencoded",
	    .token = token,
	    .target = span_of(path),
	    .body = body,
	    .signature = span_of(arena_strdup(arena, signature))};
}

/* Every path has one, so that a path which took bytes from the body has one too. */
static const struct route *find_route(const struct world *world, struct span path)
{
	size_t i = 0;
	while (i < ROUTES - 1 && !span_is(path, world->routes[i].path))
		i++;
	return &world->routes[i];
}

/* What intake makes of it: NULL when it is refused. */
static struct webhook *take_in(
    struct world *world, const struct sent *sent, struct arena *arena)
{
	struct webhook *webhook = arena_zalloc(arena, sizeof(*webhook));
	struct request *request = arena_zalloc(arena, sizeof(*request));
	struct pair *headers = arena_alloc(arena, HEADERS * sizeof(*headers));
	size_t mark = span_find(sent->target, '?');
	*request = (struct request){.method_name = span_of(sent->method),
	    .method = strcmp(sent->method, "GET") == 0    ? METHOD_GET
		      : strcmp(sent->method, "POST") == 0 ? METHOD_POST
							  : METHOD_OTHER,
	    .target = sent->target,
	    .path = span_head(sent->target, mark),
	    .body = sent->body,
	    .headers = headers,
	    .arena = arena};
	if (mark < sent->target.len)
		request->query = span_from(sent->target, mark + 1);
	headers[request->header_count++] =
	    (struct pair){SPAN("X-Twilio-Signature"), sent->signature};
	headers[request->header_count++] =
	    (struct pair){SPAN("Content-Type"), span_of(sent->type)};
	if (sent->token != NULL)
		headers[request->header_count++] = (struct pair){
		    SPAN("I-Twilio-Idempotency-Token"), span_of(sent->token)};
	webhook->lane = &world->lane;
	webhook->received_at_ms = 1700000000000;
	webhook->request = request;
	webhook->arena = arena;
	webhook->route = find_route(world, request->path);
	if (webhook->route == NULL || intake_decode(webhook) != WEBHOOK_VERIFY)
		return NULL;
	if (intake_verify(webhook) != WEBHOOK_NAME)
		return NULL;
	(void)intake_name(webhook);
	record_claim(webhook);
	return webhook;
}

static _Atomic int told_count;

static void told(struct store_claim *claim)
{
	(void)claim;
	told_count++;
}

/* Whether the store takes it for new; then the claim is held. */
static bool is_new(struct world *world, struct webhook *webhook)
{
	int before = told_count;
	webhook->claim.done = told;
	if (!store_claim(world->f->store, &webhook->claim, false))
		while (told_count == before)
			(void)usleep(20);
	assert_int_not_equal(webhook->claim.outcome, CLAIM_FAILED);
	return webhook->claim.outcome == CLAIM_NEW;
}

static void store_it(struct world *world, struct webhook *webhook)
{
	webhook->reply = (struct reply){.status = 204};
	record_fill(webhook, EVENT_DONE);
	assert_int_equal(store_commit(world->f->store, &webhook->txn), STORE_OK);
}

/* faults 1.1 to 1.4 */
TEST_WITH(all_recorded_events_are_handled_on_every_kind_of_route, setup, teardown)
{
	struct world *world = *state;
	for (size_t route = 0; route < ROUTES; route++) {
		for (size_t i = 0; i < world->count; i++) {
			struct arena *arena = arena_new();
			struct sent sent =
			    sign(world, route, world->bodies[i], "t", arena);
			struct webhook *webhook = take_in(world, &sent, arena);
			assert_non_null(webhook);
			if (!is_new(world, webhook))
				fail_msg("%.*s is lost on %s",
				    SPAN_ARG(world->bodies[i]),
				    world->routes[route].path);
			store_it(world, webhook);
			struct webhook *again = take_in(world, &sent, arena);
			if (is_new(world, again))
				fail_msg("%.*s is handled twice on %s",
				    SPAN_ARG(world->bodies[i]),
				    world->routes[route].path);
			arena_free(arena);
		}
	}
}

/* faults 1.7 */
TEST_WITH(a_conversations_retry_is_handled_once, setup, teardown)
{
	struct world *world = *state;
	static const char form[] = "EventType=onMessageAdded&ConversationSid=CH1&"
				   "MessageSid=IM1&RetryCount=%d";
	for (int retry = 0; retry < 3; retry++) {
		struct arena *arena = arena_new();
		struct sent sent = sign(
		    world, 7, span_of(arena_printf(arena, form, retry)), "t", arena);
		struct webhook *webhook = take_in(world, &sent, arena);
		assert_int_equal(is_new(world, webhook), retry == 0);
		if (retry == 0)
			store_it(world, webhook);
		arena_free(arena);
	}
}

/* faults 1.5 */
TEST_WITH(json_that_was_signed_once_is_a_repeat_however_it_comes, setup, teardown)
{
	struct world *world = *state;

	static const struct {
		const char *method, *type, *token;
	} others[] = {
	    {"POST", "application/json", "t"},
	    {"POST", "application/json", "another"},
	    {"POST", "application/json", NULL},
	    {"PUT", "application/json", "t"},
	    {"POST", "application/x-www-form-urlencoded", "t"},
	};
	struct span body = SPAN("{\"specversion\":\"1.0\"}");
	unsigned char digest[32];
	char hash[65], signature[SIGNATURE_SIZE];
	text_sha256(digest, body);
	text_hex(hash, digest, sizeof(digest));
	const char *target = arena_printf(world->arena, "/r7?bodySHA256=%s", hash);
	signature_make(signature, SPAN(TOKEN),
	    span_of(arena_printf(world->arena, "https://" HOST "%s", target)), NULL);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct arena *arena = arena_new();
		struct sent sent = {.method = others[i].method,
		    .type = others[i].type,
		    .token = others[i].token,
		    .target = span_of(target),
		    .body = body,
		    .signature = span_of(signature)};
		struct webhook *webhook = take_in(world, &sent, arena);
		assert_non_null(webhook);
		assert_int_equal(is_new(world, webhook), i == 0);
		if (i == 0)
			store_it(world, webhook);
		arena_free(arena);
	}
}

/* ---- an attacker who cannot sign ---- */

/* The form's parameters in another order, some of them twice. */
static struct span shuffle(struct world *world, struct span body, struct arena *arena)
{
	struct params params;
	struct buf out = {0};
	if (params_parse(&params, body, arena) != PARAMS_OK)
		return body;
	for (size_t i = params.count; i > 1; i--) {
		size_t k = below(world, i);
		struct pair moved = params.items[i - 1];
		params.items[i - 1] = params.items[k];
		params.items[k] = moved;
	}
	params.told = NULL;
	params_encode(&out, &params);
	if (params.count > 0 && below(world, 2) == 0) {
		struct params one = {
		    .items = &params.items[below(world, params.count)], .count = 1};
		buf_putc(&out, '&');
		params_encode(&out, &one);
	}
	struct span copy = arena_copy(arena, buf_span(&out));
	buf_free(&out);
	return copy;
}

/* The signed text, cut into names and values elsewhere. */
static struct span recut(struct world *world, struct span body, struct arena *arena)
{
	struct params params, cut = {0};
	struct buf out = {0};
	if (params_parse(&params, body, arena) != PARAMS_OK || params.count < 2)
		return body;
	params = params_sort(&params, arena);
	cut.items = arena_alloc(arena, params.count * sizeof(*cut.items));
	for (size_t i = 0; i < params.count; i++) {
		struct pair *last = cut.count > 0 ? &cut.items[cut.count - 1] : NULL;
		const char *joined = arena_printf(arena, "%.*s%.*s",
		    SPAN_ARG(params.items[i].name), SPAN_ARG(params.items[i].value));
		struct span whole = span_of(joined);
		if (last != NULL && below(world, 4) == 0) {
			last->value = span_of(arena_printf(
			    arena, "%.*s%.*s", SPAN_ARG(last->value), SPAN_ARG(whole)));
			continue;
		}
		size_t at = below(world, 3) == 0 ? below(world, whole.len + 1)
						 : params.items[i].name.len;
		cut.items[cut.count++] =
		    (struct pair){span_head(whole, at), span_from(whole, at)};
	}
	params_encode(&out, &cut);
	struct span copy = arena_copy(arena, buf_span(&out));
	buf_free(&out);
	return copy;
}

/* Bytes from the body's beginning to the URL's end, as they were signed. */
static void move_to_url(struct world *world, struct sent *sent, struct arena *arena)
{
	struct params params;
	if (params_parse(&params, sent->body, arena) != PARAMS_OK || params.count == 0)
		return;
	params = params_sort(&params, arena);
	size_t take = below(world, params.items[0].name.len + 1);
	bool query = below(world, 2) == 0;
	sent->target = span_of(arena_printf(arena, "%.*s%s%.*s", SPAN_ARG(sent->target),
	    query ? "?" : "", SPAN_ARG(span_head(params.items[0].name, take))));
	params.items[0].name = span_from(params.items[0].name, take);
	struct buf out = {0};
	params_encode(&out, &params);
	sent->body = arena_copy(arena, buf_span(&out));
	buf_free(&out);
}

/* The whole form behind the URL, and nothing in the body. */
static void move_all_to_url(struct sent *sent, struct arena *arena)
{
	struct params params;
	struct buf out = {0};
	if (params_parse(&params, sent->body, arena) != PARAMS_OK)
		return;
	params = params_sort(&params, arena);
	buf_add(&out, sent->target.ptr, sent->target.len);
	for (size_t i = 0; i < params.count; i++) {
		buf_add(&out, params.items[i].name.ptr, params.items[i].name.len);
		buf_add(&out, params.items[i].value.ptr, params.items[i].value.len);
	}
	sent->target = arena_copy(arena, buf_span(&out));
	sent->body = SPAN("");
	buf_free(&out);
}

static void attack(struct world *world, struct sent *sent, struct arena *arena)
{
	static const char *const methods[] = {"POST", "GET", "PUT", "DELETE"};
	static const char *const types[] = {"application/x-www-form-urlencoded",
	    "application/json", "text/plain", "application/x-www-form-urlencoded; x=y"};
	static const char *const tokens[] = {"t", NULL, "another", "t2"};
	for (uint64_t steps = 1 + below(world, 3); steps > 0; steps--) {
		switch (below(world, 9)) {
		case 0:
			sent->body = shuffle(world, sent->body, arena);
			break;
		case 1:
			sent->body = recut(world, sent->body, arena);
			break;
		case 2:
			move_to_url(world, sent, arena);
			break;
		case 3:
			move_all_to_url(sent, arena);
			break;
		case 4:
			sent->method = methods[below(world, 4)];
			break;
		case 5:
			sent->type = types[below(world, 4)];
			break;
		case 6:
			sent->token = tokens[below(world, 4)];
			break;
		case 7:
			sent->body = span_of(
			    arena_printf(arena, "%.*s&=", SPAN_ARG(sent->body)));
			break;
		case 8:
			sent->body = span_of(arena_printf(arena,
			    "%.*s&ErrorCode=11200&ErrorUrl=https%%3A%%2F%%2Fh%%2Fr1",
			    SPAN_ARG(sent->body)));
			break;
		}
	}
}

/* The one thing that nothing signed tells: a live call's document with another token. */
static bool is_excused(const struct webhook *first, const struct webhook *second)
{
	return first->event.is_document && second->event.is_document &&
	       memcmp(first->event.sameness, second->event.sameness, EVENT_KEY_SIZE) ==
		   0;
}

/* faults 1.5, 1.6 */
TEST_WITH(nothing_made_from_an_accepted_request_is_handled_again, setup, teardown)
{
	struct world *world = *state;
	size_t accepted = world->count * ROUTES;
	size_t genuine = 0;
	struct webhook **firsts = mem_new(accepted, sizeof(*firsts));
	struct sent *all = mem_new(accepted, sizeof(*all));
	for (size_t i = 0; i < accepted; i++) {
		all[i] = sign(
		    world, i % ROUTES, world->bodies[i / ROUTES], "t", world->arena);
		firsts[i] = take_in(world, &all[i], world->arena);
		assert_non_null(firsts[i]);
		assert_true(is_new(world, firsts[i]));
		store_it(world, firsts[i]);
	}
	for (int i = 0; i < ATTACKS; i++) {
		struct arena *arena = arena_new();
		size_t which = below(world, accepted);
		struct sent sent = all[which];
		attack(world, &sent, arena);
		struct webhook *webhook = take_in(world, &sent, arena);
		genuine += webhook != NULL;
		if (webhook != NULL && is_new(world, webhook)) {
			store_unclaim(world->f->store, &webhook->claim);
			if (!is_excused(firsts[which], webhook))
				fail_msg("attack %d: %s %.*s\n%.*s\nof\n%.*s", i,
				    sent.method, SPAN_ARG(sent.target),
				    SPAN_ARG(sent.body), SPAN_ARG(all[which].body));
		}
		arena_free(arena);
	}
	/* It must not be that the signature check refuses them all. */
	assert_true(genuine > ATTACKS / 4);
	free(firsts);
	free(all);
}
