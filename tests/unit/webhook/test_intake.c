/* What stands between a stranger's bytes and a handler, in its order. */
#include "test.h"

#include "webhook/intake.h"

#include <stdio.h>

#include "webhook_fixture.h"

#define FORM      "MessageSid=SM1&From=%2B1&To=%2B2&Body=x"
#define FORM_TYPE "application/x-www-form-urlencoded"

#define INTAKE_TEST(name) TEST_WITH(name, fixture_setup, fixture_teardown)

static const struct route for_messages = {.path = "/sms", .kind = EVENT_SMS_RECEIVED};
static const struct route for_anybody = {
    .path = "/open", .kind = EVENT_OTHER, .is_unsigned = true};

static void take(
    struct webhook *out, struct request *request, const struct route *route)
{
	*out = (struct webhook){.lane = &fixture.lane,
	    .request = request,
	    .arena = request->arena,
	    .route = route};
}

static void expect_refusal(
    const struct webhook *webhook, enum outcome outcome, int status, const char *why)
{
	assert_int_equal(webhook->outcome, outcome);
	assert_int_equal(webhook->reply.status, status);
	const char *body = arena_strndup(webhook->arena, webhook->reply.body);
	if (strstr(body, why) == NULL)
		fail_msg("\"%s\" has no \"%s\"", body, why);
}

INTAKE_TEST(what_is_malformed_is_refused_before_its_signature_is_looked_at)
{
	static const struct {
		const char *method, *type, *body;
		int signatures;
		enum outcome outcome;
		const char *why;
	} rows[] = {
	    {"POST", FORM_TYPE, FORM, 0, OUTCOME_UNSIGNED, "there is no X-Twilio"},
	    {"POST", FORM_TYPE, FORM, 2, OUTCOME_UNSIGNED, "more than one"},
	    {"POST", "text/plain", FORM, 0, OUTCOME_UNSIGNED, "there is no X-Twilio"},
	    {"POST", "text/plain", FORM, 1, OUTCOME_BAD_FORM, "Content-Type"},
	    {"POST", NULL, FORM, 1, OUTCOME_BAD_FORM, "Content-Type"},
	    {"POST", FORM_TYPE, "a=%4", 1, OUTCOME_BAD_FORM, "two hex digits"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct webhook webhook;
		struct request *request =
		    request_make(rows[i].method, "/sms", rows[i].body);
		if (rows[i].type != NULL)
			request_add(request, "Content-Type", rows[i].type);
		for (int n = 0; n < rows[i].signatures; n++)
			request_add(request, "X-Twilio-Signature", "no");
		take(&webhook, request, &for_messages);
		assert_int_equal(intake_decode(&webhook), WEBHOOK_SEND);
		expect_refusal(&webhook, rows[i].outcome, 400, rows[i].why);
		request_drop(request);
	}
}

INTAKE_TEST(a_form_may_have_1000_parameters)
{
	for (int count = 1000; count <= 1001; count++) {
		struct buf form = {0};
		struct webhook webhook;
		for (int i = 0; i < count; i++)
			buf_puts(&form, "a=1&");
		struct request *request = request_make("POST", "/sms", buf_text(&form));
		request_add(request, "Content-Type", FORM_TYPE);
		request_add(request, "X-Twilio-Signature", "no");
		take(&webhook, request, &for_messages);
		assert_int_equal(intake_decode(&webhook),
		    count <= 1000 ? WEBHOOK_VERIFY : WEBHOOK_SEND);
		buf_free(&form);
		request_drop(request);
	}
}

INTAKE_TEST(parameters_come_from_the_form_or_of_get_from_the_query)
{
	static const struct {
		const char *method, *type, *body;
		const char *want; /* NULL: none */
		bool is_json;
	} rows[] = {
	    {"POST", FORM_TYPE, "From=form", "form", false},
	    {"POST", "Application/X-WWW-Form-Urlencoded; charset=x", "From=form",
		"form", false},
	    {"POST", NULL, "", NULL, false},
	    {"POST", "application/json", "{\"From\":\"json\"}", NULL, true},
	    {"GET", NULL, "", "query", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct webhook webhook;
		struct request *request =
		    request_make(rows[i].method, "/sms?From=query", rows[i].body);
		if (rows[i].type != NULL)
			request_add(request, "Content-Type", rows[i].type);
		request_add(request, "X-Twilio-Signature", "no");
		take(&webhook, request, &for_messages);
		assert_int_equal(intake_decode(&webhook), WEBHOOK_VERIFY);
		assert_int_equal(webhook.is_json, rows[i].is_json);
		struct span from = params_get(&webhook.params, "From");
		if (rows[i].want == NULL)
			assert_null(from.ptr);
		else
			assert_true(span_is(from, rows[i].want));
		request_drop(request);
	}
}

INTAKE_TEST(only_a_signature_that_matches_goes_on)
{
	static const struct {
		const char *target,
		    *body; /* as they arrive; signed is /sms with FORM */
		bool genuine;
	} rows[] = {
	    {"/sms", FORM, true},
	    {"/sms", FORM "&a=b", false},
	    {"/smt", FORM, false},
	    {"/sms?a=b", FORM, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct webhook webhook;
		struct request *request = request_signed("/sms", FORM);
		request->target = span_of(rows[i].target);
		request->body = span_of(rows[i].body);
		take(&webhook, request, &for_messages);
		assert_int_equal(intake_decode(&webhook), WEBHOOK_VERIFY);
		assert_int_equal(intake_verify(&webhook),
		    rows[i].genuine ? WEBHOOK_NAME : WEBHOOK_SEND);
		if (!rows[i].genuine)
			expect_refusal(
			    &webhook, OUTCOME_REFUSED, 403, "does not match");
		request_drop(request);
	}
}

INTAKE_TEST(a_genuine_webhook_gets_its_name_and_key)
{
	struct webhook webhook;
	static const unsigned char none[EVENT_KEY_SIZE];
	struct request *request = request_signed("/sms", FORM);
	take(&webhook, request, &for_messages);
	assert_int_equal(intake_decode(&webhook), WEBHOOK_VERIFY);
	assert_int_equal(intake_verify(&webhook), WEBHOOK_NAME);
	assert_int_equal(intake_name(&webhook), WEBHOOK_CLAIM);
	assert_true(webhook.named && webhook.event.kind == EVENT_SMS_RECEIVED);
	assert_true(span_is(webhook.event.sid, "SM1"));
	assert_true(webhook.event.conversation.len > 0);
	assert_memory_not_equal(webhook.event.sameness, none, sizeof(none));
	assert_memory_not_equal(webhook.seal, none, sizeof(none));
	assert_true(webhook.sealed);
	request_drop(request);
}

/* Nothing that it says is proven. */
INTAKE_TEST(a_route_for_anybody_takes_any_body_and_believes_nothing)
{
	struct webhook webhook;
	struct request *request = request_make("POST", "/open", "hello, world");
	request_add(request, "Content-Type", "text/plain");
	take(&webhook, request, &for_anybody);
	assert_int_equal(intake_decode(&webhook), WEBHOOK_VERIFY);
	assert_int_equal(intake_verify(&webhook), WEBHOOK_NAME);
	assert_int_equal(intake_name(&webhook), WEBHOOK_TURN);
	assert_true(webhook.named && webhook.event.kind == EVENT_OTHER);
	assert_true(webhook.event.sid.len == 0 && webhook.event.conversation.len == 0);
	request_drop(request);

	request = request_make("POST", "/open", "MessageSid=SM1&From=%2B1&To=%2B2");
	request_add(request, "Content-Type", FORM_TYPE);
	take(&webhook, request, &for_anybody);
	assert_int_equal(intake_decode(&webhook), WEBHOOK_VERIFY);
	assert_int_equal(intake_name(&webhook), WEBHOOK_TURN);
	assert_true(webhook.event.sid.len == 0 && webhook.event.conversation.len == 0);
	request_drop(request);
}
