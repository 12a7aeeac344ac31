#include "test.h"

#include "workers/replay.h"

#include <stdlib.h>

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
    ROUTE(0, "/sms", EVENT_SMS_STATUS, NULL),
    ROUTE(1, "/sms", EVENT_SMS_RECEIVED, "GET POST"),
    ROUTE(2, "/orders/:id", EVENT_OTHER, "PUT"),
    ROUTE(3, "/hook", EVENT_OTHER, NULL),
    ROUTE(4, "/voice", EVENT_CALL_RECEIVED, NULL),
    ROUTE(5, "/twilio/sms", EVENT_SMS_RECEIVED, NULL),
    {0},
};

struct fixture {
	struct arena *arena;
	struct replay replay;
	struct frame_event packed;
	struct error err;
};

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.arena = arena_new()};
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	arena_free(f->arena);
	return 0;
}

static struct store_event event_of(
    const char *kind, const char *route, const char *params)
{
	return (struct store_event){.id = 7,
	    .received_at_ms = 1000,
	    .kind = kind,
	    .sid = SPAN("SM1"),
	    .route = span_of(route),
	    .state = EVENT_FAILED,
	    .failure = SPAN("it crashed"),
	    .params = span_of(params)};
}

static int pack(struct fixture *f, const struct store_event *event)
{
	replay_take(&f->replay, event, f->arena);
	return replay_pack(&f->replay, &f->packed, routes, f->arena, &f->err);
}

TEST_WITH(it_is_packed_as_it_came, setup, teardown)
{
	struct fixture *f = *state;
	struct store_event event = event_of("sms.received", "/sms",
	    "{\"From\":\"+1555\",\"To\":\"+1999\",\"A\":[\"x y\",\"\"],"
	    "\"AccountSid\":\"AC1\",\"N\":\"a\\u0000b\"}");
	event.query = SPAN("k=v");
	assert_int_equal(pack(f, &event), 0);
	assert_ptr_equal(f->replay.route, &routes[1]); /* the one of its kind */
	assert_true(span_is(f->packed.kind, "sms.received"));
	assert_true(span_is(f->packed.sid, "SM1"));
	assert_true(span_is(f->packed.account_sid, "AC1"));
	assert_true(span_is(f->packed.method, "POST"));
	assert_true(span_is(f->packed.target, "/sms?k=v"));
	assert_true(span_is(
	    f->packed.body, "From=%2B1555&To=%2B1999&A=x+y&A=&AccountSid=AC1&N=a%00b"));
	assert_int_equal(f->packed.param_count, 6);
	assert_true(span_is(f->packed.params[2].name, "A"));
	assert_true(span_is(f->packed.params[2].value, "x y"));
	assert_int_equal(f->packed.params[5].value.len, 3);
	assert_int_equal(f->packed.received_at_ms, 1000);
	assert_true(f->replay.conversation.len > 0);
	assert_true(f->replay.failed);
}

TEST_WITH(how_it_came_is_as_it_was, setup, teardown)
{
	struct fixture *f = *state;
	struct store_event event = event_of("sms.received", "/sms", "{}");
	event.request =
	    SPAN("{\"method\":\"GET\",\"headers\":[[\"Host\",\"example.com\"],"
		 "[\"X-A\",\"\"],[\"X-A\",\"caf\\u00e9\"]]}");
	assert_int_equal(pack(f, &event), 0);
	assert_true(span_is(f->packed.method, "GET"));
	assert_int_equal(f->packed.header_count, 3);
	assert_true(span_is(f->packed.headers[0].name, "Host"));
	assert_true(span_is(f->packed.headers[0].value, "example.com"));
	assert_true(span_is(f->packed.headers[1].name, "X-A"));
	assert_int_equal(f->packed.headers[1].value.len, 0);
	assert_true(span_is(f->packed.headers[2].value, "café"));
}

TEST_WITH(what_parameters_do_not_hold_is_its_raw_body, setup, teardown)
{
	struct fixture *f = *state;
	struct store_event event = event_of("json", "/hook", "{}");
	event.raw = SPAN("{\"a\":1}");
	assert_int_equal(pack(f, &event), 0);
	assert_true(span_is(f->packed.body, "{\"a\":1}"));
	assert_int_equal(f->packed.param_count, 0);
}

TEST_WITH(parameters_of_its_path_come_from_the_target, setup, teardown)
{
	struct fixture *f = *state;
	struct store_event event = event_of("other", "/orders/:id", "{\"a\":\"1\"}");
	event.query = SPAN("/orders/9%2f1?a=1");
	assert_int_equal(pack(f, &event), 0);
	assert_true(span_is(f->packed.target, "/orders/9%2f1?a=1"));
	assert_true(span_is(f->packed.method, "PUT"));
	assert_int_equal(f->packed.path_param_count, 1);
	assert_true(span_is(f->packed.path_params[0].value, "9/1"));
}

TEST_WITH(events_of_one_call_are_one_conversation, setup, teardown)
{
	struct fixture *f = *state;
	struct store_event event =
	    event_of("call.received", "/voice", "{\"CallSid\":\"CA1\"}");
	assert_int_equal(pack(f, &event), 0);
	assert_true(span_is(f->replay.conversation, "CA1"));
}

TEST_WITH(what_has_no_handler_is_refused, setup, teardown)
{
	static const struct {
		const char *route, *want;
	} rows[] = {
	    {"/gone", "has no route \"/gone\" any more"},
	    {"/twilio/sms", "is the built-in app's"},
	};

	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_event event =
		    event_of("sms.received", rows[i].route, "{}");
		assert_int_equal(pack(f, &event), -1);
		assert_non_null(strstr(f->err.text, rows[i].want));
	}
}
