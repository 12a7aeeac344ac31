/* A webhook as the store keeps it. */
#include "test.h"

#include "webhook/record.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "webhook_fixture.h"

static const unsigned char no_key[STORE_KEY_SIZE];

#define RECORD_TEST(name) TEST_WITH(name, fixture_setup, fixture_teardown)

static const struct route plain = {.path = "/sms", .kind = EVENT_SMS_RECEIVED};

static void make(struct webhook *out, const struct route *route, enum event_kind kind,
    const char *target, const char *form)
{
	struct request *request = request_signed(target, form);
	*out = (struct webhook){.lane = &fixture.lane,
	    .request = request,
	    .arena = request->arena,
	    .route = route,
	    .received_at_ms = 42,
	    .named = true,
	    .reply = {200, "text/xml", SPAN("<Response/>"), NULL, false},
	    .sealed = !route->is_unsigned,
	    .event = {.kind = kind,
		.name = family_of_kind(kind)->name,
		.sid = SPAN("SM1"),
		.is_document =
		    kind == EVENT_CALL_RECEIVED || kind == EVENT_CALL_ACTION}};
	memset(out->event.sameness, 1, sizeof(out->event.sameness));
	memset(out->seal, 2, sizeof(out->seal));
	memset(out->event.tokened, 3, sizeof(out->event.tokened));
	assert_int_equal(
	    params_parse(&out->params, request->body, out->arena), PARAMS_OK);
}

RECORD_TEST(a_done_event_has_its_reply_and_its_writes)
{
	struct webhook webhook;
	make(&webhook, &plain, EVENT_SMS_RECEIVED, "/sms?a=b", "MessageSid=SM1&Body=x");
	struct store_write *write = webhook_write(&webhook, STORE_INSERT, "things");
	record_claim(&webhook);
	record_fill(&webhook, EVENT_DONE);
	const struct store_txn *txn = &webhook.txn;
	const struct store_event *row = &txn->event;
	assert_string_equal(row->kind, "sms.received");
	assert_true(span_is(row->sid, "SM1") && span_is(row->route, "/sms"));
	assert_true(span_is(row->query, "a=b") && row->received_at_ms == 42);
	assert_true(span_is(row->params, "{\"MessageSid\":\"SM1\",\"Body\":\"x\"}"));
	assert_true(row->raw.ptr == NULL && row->failure.ptr == NULL &&
		    row->request.ptr == NULL);
	assert_true(row->reply.status == 200 && span_is(row->reply.type, "text/xml") &&
		    span_is(row->reply.body, "<Response/>"));
	assert_true(txn->key_count == 2 && txn->writes == write);
	assert_memory_equal(txn->keys[0].hash, webhook.event.sameness, STORE_KEY_SIZE);
	assert_true(span_is(txn->keys[0].sid, "SM1"));
	assert_memory_equal(txn->keys[1].hash, webhook.seal, STORE_KEY_SIZE);
	assert_int_equal(txn->keys[1].sid.len, 0);
	request_drop(webhook.request);
}

RECORD_TEST(a_failed_event_keeps_its_request_and_no_writes)
{
	static const enum event_state states[] = {EVENT_FAILED, EVENT_LATE};

	for (size_t i = 0; i < 2; i++) {
		struct webhook webhook;
		make(&webhook, &plain, EVENT_SMS_RECEIVED, "/sms", "MessageSid=SM1");
		(void)webhook_write(&webhook, STORE_INSERT, "things");
		webhook.failure = "no luck";
		record_fill(&webhook, states[i]);
		const struct store_event *row = &webhook.txn.event;
		assert_null(webhook.txn.writes);
		assert_true(
		    row->state == states[i] && span_is(row->failure, "no luck"));
		json_t *request =
		    json_loadb(row->request.ptr, row->request.len, 0, NULL);
		const char *method, *target, *name, *value;
		assert_int_equal(json_unpack(request, "{s:s, s:s, s:[[ss],[ss],[ss]!]}",
				     "method", &method, "target", &target, "headers",
				     &name, &value, &name, &value, &name, &value),
		    0);
		assert_string_equal(method, "POST");
		assert_string_equal(target, "/sms");
		assert_true(span_is(row->raw, "MessageSid=SM1"));
		assert_string_equal(name, "X-Twilio-Signature");
		json_decref(request);
		request_drop(webhook.request);
	}
}

RECORD_TEST(a_body_is_kept_where_parameters_do_not_hold_all_of_it)
{
	static const struct {
		const char *form;
		bool is_json, raw;
	} rows[] = {{"Body=x", false, false}, {"Body=%FF", false, true},
	    {"{\"a\":1}", true, true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct webhook webhook;
		make(&webhook, &plain, EVENT_SMS_RECEIVED, "/sms", rows[i].form);
		webhook.is_json = rows[i].is_json;
		record_fill(&webhook, EVENT_DONE);
		assert_int_equal(webhook.txn.event.raw.ptr != NULL, rows[i].raw);
		request_drop(webhook.request);
	}
}

RECORD_TEST(a_route_with_parameters_keeps_the_whole_target)
{
	static const struct route pattern = {.path = "/orders/:id"};
	struct webhook webhook;
	make(&webhook, &pattern, EVENT_OTHER, "/orders/7?a=b", "");
	record_fill(&webhook, EVENT_DONE);
	assert_true(span_is(webhook.txn.event.query, "/orders/7?a=b"));
	assert_true(span_is(webhook.txn.event.route, "/orders/:id"));
	request_drop(webhook.request);
}

RECORD_TEST(what_anybody_may_send_has_no_key)
{
	static const struct route open = {.path = "/open", .is_unsigned = true};
	struct webhook webhook;
	make(&webhook, &open, EVENT_OTHER, "/open", "");
	record_fill(&webhook, EVENT_DONE);
	assert_int_equal(webhook.txn.key_count, 0);
	request_drop(webhook.request);
}

/* The key of a call's end is what its documents' claims ask for. */
RECORD_TEST(a_calls_end_becomes_known)
{
	static const struct {
		const char *form;
		size_t keys;
	} rows[] = {{"CallStatus=in-progress", 2}, {"CallStatus=completed", 3},
	    {"CallStatus=busy", 3}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct webhook webhook;
		make(&webhook, &plain, EVENT_CALL_STATUS, "/status", rows[i].form);
		record_claim(&webhook);
		record_fill(&webhook, EVENT_DONE);
		assert_int_equal(webhook.txn.key_count, rows[i].keys);
		struct webhook document;
		make(&document, &plain, EVENT_CALL_RECEIVED, "/voice", "");
		record_claim(&document);
		if (rows[i].keys > 2)
			assert_memory_equal(webhook.txn.keys[2].hash,
			    document.claim.ended.hash, STORE_KEY_SIZE);
		request_drop(webhook.request);
		request_drop(document.request);
	}
}

RECORD_TEST(a_documents_token_becomes_known)
{
	struct webhook webhook;
	make(&webhook, &plain, EVENT_CALL_RECEIVED, "/voice", "");
	record_claim(&webhook);
	record_fill(&webhook, EVENT_DONE);
	assert_int_equal(webhook.txn.key_count, 2);
	webhook.event.has_token = true;
	record_claim(&webhook);
	record_fill(&webhook, EVENT_DONE);
	assert_int_equal(webhook.txn.key_count, 3);
	assert_memory_equal(
	    webhook.txn.keys[2].hash, webhook.event.tokened, STORE_KEY_SIZE);
	request_drop(webhook.request);
}

RECORD_TEST(only_a_document_of_a_call_may_come_twice)
{
	static const struct {
		enum event_kind kind;
		bool is_fallback, again;
	} rows[] = {
	    {EVENT_SMS_RECEIVED, false, false},
	    {EVENT_SMS_RECEIVED, true, false},
	    {EVENT_CALL_STATUS, false, false},
	    {EVENT_OTHER, false, false},
	    {EVENT_CALL_RECEIVED, false, true},
	    {EVENT_CALL_RECEIVED, true, false},
	    {EVENT_CALL_ACTION, false, true},
	    {EVENT_CALL_ACTION, true, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct webhook webhook;
		make(&webhook, &plain, rows[i].kind, "/x", "");
		webhook.event.is_fallback = rows[i].is_fallback;
		record_claim(&webhook);
		assert_memory_equal(
		    webhook.claim.key.hash, webhook.event.sameness, STORE_KEY_SIZE);
		assert_true(webhook.claim.sealed);
		assert_memory_equal(
		    webhook.claim.seal.hash, webhook.seal, STORE_KEY_SIZE);
		if (webhook.claim.again != rows[i].again)
			fail_msg("row %zu: again %d", i, webhook.claim.again);
		bool document = rows[i].kind == EVENT_CALL_RECEIVED ||
				rows[i].kind == EVENT_CALL_ACTION;
		assert_int_equal(
		    memcmp(webhook.claim.ended.hash, no_key, STORE_KEY_SIZE) != 0,
		    document);
		request_drop(webhook.request);
	}
}

RECORD_TEST(listeners_are_told_of_failures_with_their_commit)
{
	static const struct {
		enum event_kind kind;
		const char *form;
		enum event_state state;
		int jobs;
	} rows[] = {
	    {EVENT_SMS_RECEIVED, "", EVENT_DONE, 0},
	    {EVENT_SMS_RECEIVED, "", EVENT_FAILED, 1},
	    {EVENT_SMS_RECEIVED, "", EVENT_LATE, 1},
	    {EVENT_SMS_STATUS, "MessageStatus=delivered", EVENT_DONE, 0},
	    {EVENT_SMS_STATUS, "MessageStatus=undelivered", EVENT_DONE, 1},
	    {EVENT_SMS_STATUS, "MessageStatus=failed", EVENT_DONE, 1},
	    {EVENT_SMS_STATUS, "MessageStatus=failed", EVENT_FAILED, 2},
	    {EVENT_CALL_STATUS, "MessageStatus=failed", EVENT_DONE, 0},
	};

	for (int on = 0; on < 2; on++) {
		atomic_store(&fixture.service.on_failure, on == 1);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct webhook webhook;
			int jobs = 0;
			make(&webhook, &plain, rows[i].kind, "/x", rows[i].form);
			record_fill(&webhook, rows[i].state);
			for (const struct store_job_write *job = webhook.txn.jobs;
			     job != NULL; job = job->next)
				jobs++;
			if (jobs != on * rows[i].jobs)
				fail_msg("row %zu: %d jobs", i, jobs);
			request_drop(webhook.request);
		}
	}
}

RECORD_TEST(the_log_line_says_who_and_what_and_masks_the_number)
{
	char line[1000];
	struct webhook webhook;
	FILE *file = tmpfile();
	assert_non_null(file);
	make(&webhook, &plain, EVENT_SMS_RECEIVED, "/sms",
	    "MessageSid=SM1&From=%2B15551234567&Body=secret");
	int before = dup(STDERR_FILENO);
	log_setup(LOG_JSON, LOG_INFO);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	record_log(&webhook);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	(void)close(before);
	rewind(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_non_null(
	    strstr(line, "\"kind\":\"sms.received\",\"sid\":\"SM1\",\"path\":\"/sms\","
			 "\"from\":\"…4567\",\"outcome\":\"done\",\"status\":200"));
	assert_null(strstr(line, "secret"));
	assert_null(strstr(line, "5551234567"));
	(void)fclose(file);
	request_drop(webhook.request);
}
