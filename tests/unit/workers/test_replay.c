#include "test.h"

#include "workers/replay.h"

#include <stdlib.h>

#include "handlers/handlers.h"
#include "handlers/manifest.h"

/* Routes as a user's manifest has them; the last one is the built-in app's. */
static const struct frame_route told[] = {{0}, {0}, {0}, {0}, {0}, {.builtin = 1}};
static const struct manifest manifest = {
    .frame = {.routes = told, .route_count = sizeof(told) / sizeof(told[0])}};

#define ROUTE(n, its_path, its_kind, its_methods)                                      \
	{                                                                              \
		.manifest = &manifest, .index = (n), .path = (its_path),               \
		.kind = (its_kind), .methods = (its_methods), .ordered = true          \
	}

static const struct route routes[] = {
    ROUTE(0, "/sms", EVENT_SMS_STATUS, "PUT"),
    ROUTE(1, "/sms", EVENT_SMS_RECEIVED, "GET POST"),
    ROUTE(2, "/orders/:id", EVENT_OTHER, "PUT"),
    ROUTE(3, "/hook", EVENT_OTHER, NULL),
    ROUTE(4, "/voice", EVENT_CALL_RECEIVED, NULL),
    ROUTE(5, "/twilio/sms", EVENT_SMS_RECEIVED, NULL),
    {0},
};

struct fixture {
	struct arena *arena;
	struct config config;
	struct service service;
	struct replay replay;
	struct frame_event packed;
	struct error err;
};

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.arena = arena_new()};
	f.service.config = &f.config;
	f.service.routes = routes;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	arena_free(f->arena);
	return 0;
}

#define FORM                                                                           \
	"\"headers\":[[\"X-Twilio-Signature\",\"s\"],"                                 \
	"[\"Content-Type\",\"application/x-www-form-urlencoded\"]]}"
#define JSON                                                                           \
	"\"headers\":[[\"X-Twilio-Signature\",\"s\"],"                                 \
	"[\"Content-Type\",\"application/json\"]]}"

static struct store_event event_of(const char *request, const char *body)
{
	return (struct store_event){.id = 7,
	    .received_at_ms = 1000,
	    .state = EVENT_FAILED,
	    .failure = SPAN("it crashed"),
	    .request = span_of(request),
	    .raw = span_of(body)};
}

static int pack(struct fixture *f, const char *request, const char *body)
{
	struct store_event event = event_of(request, body);
	if (replay_open(&f->replay, &event, &f->service, f->arena, &f->err) < 0)
		return -1;
	handlers_pack(&f->packed, &f->replay.webhook);
	return 0;
}

TEST_WITH(it_is_packed_as_it_came, setup, teardown)
{
	static const char body[] = "MessageSid=SM00000000000000000000000000000001&"
				   "From=%2B1555&To=%2B1999&A=x+y&A=&AccountSid=AC1&"
				   "N=a%00b";

	struct fixture *f = *state;
	f->packed.run.first_row = 5;
	f->packed.run.row_count = 6;
	assert_int_equal(
	    pack(f, "{\"method\":\"POST\",\"target\":\"/sms?k=v\"," FORM, body), 0);
	assert_ptr_equal(f->replay.webhook.route, &routes[1]); /* of its method */
	assert_true(span_is(f->packed.kind, "sms.received"));
	assert_true(span_is(f->packed.sid, "SM00000000000000000000000000000001"));
	assert_true(span_is(f->packed.account_sid, "AC1"));
	assert_true(span_is(f->packed.method, "POST"));
	assert_true(span_is(f->packed.target, "/sms?k=v"));
	assert_true(span_is(f->packed.body, body));
	assert_int_equal(f->packed.param_count, 7);
	assert_true(span_is(f->packed.params[3].name, "A"));
	assert_true(span_is(f->packed.params[3].value, "x y"));
	assert_int_equal(f->packed.params[6].value.len, 3);
	assert_int_equal(f->packed.received_at_ms, 1000);
	assert_int_equal(f->packed.run.first_row, 5);
	assert_int_equal(f->packed.run.row_count, 6);
	assert_true(f->replay.webhook.event.conversation.len > 0);
}

TEST_WITH(how_it_came_is_as_it_was, setup, teardown)
{
	struct fixture *f = *state;
	assert_int_equal(
	    pack(f,
		"{\"method\":\"GET\",\"target\":\"/sms?From=%2B1555\",\"headers\":"
		"[[\"X-Twilio-Signature\",\"s\"],[\"Host\",\"example.com\"],"
		"[\"X-A\",\"\"],[\"X-A\",\"caf\\u00e9\"]]}",
		""),
	    0);
	assert_true(span_is(f->packed.method, "GET"));
	assert_int_equal(f->packed.header_count, 4);
	assert_true(span_is(f->packed.headers[1].name, "Host"));
	assert_true(span_is(f->packed.headers[1].value, "example.com"));
	assert_true(span_is(f->packed.headers[2].name, "X-A"));
	assert_int_equal(f->packed.headers[2].value.len, 0);
	assert_true(span_is(f->packed.headers[3].value, "café"));
	assert_int_equal(f->packed.param_count, 1);
	assert_true(span_is(f->packed.params[0].value, "+1555"));
}

TEST_WITH(a_body_that_is_no_form_has_no_parameters, setup, teardown)
{
	struct fixture *f = *state;
	assert_int_equal(
	    pack(f, "{\"method\":\"POST\",\"target\":\"/hook\"," JSON, "{\"a\":1}"), 0);
	assert_true(span_is(f->packed.kind, "json"));
	assert_true(span_is(f->packed.body, "{\"a\":1}"));
	assert_int_equal(f->packed.param_count, 0);
}

TEST_WITH(parameters_of_its_path_come_from_the_target, setup, teardown)
{
	struct fixture *f = *state;
	assert_int_equal(
	    pack(f, "{\"method\":\"PUT\",\"target\":\"/orders/9%2f1?a=1\"," FORM, ""),
	    0);
	assert_true(span_is(f->packed.target, "/orders/9%2f1?a=1"));
	assert_true(span_is(f->packed.method, "PUT"));
	assert_int_equal(f->packed.path_param_count, 1);
	assert_true(span_is(f->packed.path_params[0].value, "9/1"));
}

TEST_WITH(events_of_one_call_are_one_conversation, setup, teardown)
{
	struct fixture *f = *state;
	assert_int_equal(
	    pack(f, "{\"method\":\"POST\",\"target\":\"/voice\"," FORM, "CallSid=CA1"),
	    0);
	assert_true(span_is(f->replay.webhook.event.conversation, "CA1"));
}

TEST_WITH(what_cannot_be_handled_again_is_refused, setup, teardown)
{
	static const struct {
		const char *request, *want;
	} rows[] = {
	    {"{\"method\":\"POST\",\"target\":\"/gone\"," FORM,
		"has no route for POST \"/gone\" any more"},
	    {"{\"method\":\"PUT\",\"target\":\"/hook\"," FORM,
		"has no route for PUT \"/hook\" any more"},
	    {"{\"method\":\"POST\",\"target\":\"/twilio/sms\"," FORM,
		"is the built-in app's"},
	    {"{\"method\":\"POST\",\"target\":\"/hook\",\"headers\":[]}",
		"does not take it any more: this is for Twilio"},
	    {"{\"method\":\"POST\"," FORM, "event 7 was stored by an older version"},
	    {"", "event 7 was stored by an older version"},
	};

	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(pack(f, rows[i].request, ""), -1);
		if (strstr(f->err.text, rows[i].want) == NULL)
			fail_msg("got \"%s\", want \"%s\"", f->err.text, rows[i].want);
	}
}
