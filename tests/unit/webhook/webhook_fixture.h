/* webhook_fixture -- a lane without a loop, and requests as Twilio signs them. */
#ifndef OFFHOOK_TESTS_WEBHOOK_FIXTURE_H
#define OFFHOOK_TESTS_WEBHOOK_FIXTURE_H

#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "webhook/webhook.h"

#define TOKEN "12345678901234567890123456789012"
#define HOST  "hook.example"

enum { FIRST_BYTE_US = 1000000, HEADERS_MAX = 8 };

struct fixture {
	struct config config;
	struct service service;
	struct lane lane;
};

static inline void fixture_open(struct fixture *f)
{
	struct error err;
	*f = (struct fixture){.config.deadline_ms = 10000};
	log_setup(LOG_JSON, LOG_ERROR);
	f->config.tokens = tokens_new();
	f->config.proxies = proxies_new();
	assert_int_equal(tokens_add(f->config.tokens, SPAN(TOKEN), &err), 0);
	f->service.config = &f->config;
	f->service.order = order_new();
	lane_open(&f->lane, &f->service);
}

static inline void fixture_close(struct fixture *f)
{
	lane_close(&f->lane);
	order_free(f->service.order);
	proxies_free(f->config.proxies);
	tokens_free(f->config.tokens);
}

/* The one of the test that runs. */
static struct fixture fixture;

static inline int fixture_setup(void **state)
{
	(void)state;
	fixture_open(&fixture);
	return 0;
}

static inline int fixture_teardown(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

/* Freed by request_drop; its arena by whoever takes that. */
static inline struct request *request_make(
    const char *method, const char *target, const char *body)
{
	struct request *request = calloc(1, sizeof(*request));
	assert_non_null(request);
	request->arena = arena_new();
	request->method_name = span_of(arena_strdup(request->arena, method));
	request->method = strcmp(method, "GET") == 0    ? METHOD_GET
			  : strcmp(method, "POST") == 0 ? METHOD_POST
							: METHOD_OTHER;
	request->target = span_of(arena_strdup(request->arena, target));
	size_t mark = span_find(request->target, '?');
	request->path = span_head(request->target, mark);
	if (mark < request->target.len)
		request->query = span_from(request->target, mark + 1);
	request->body = span_of(arena_strdup(request->arena, body));
	request->headers =
	    arena_zalloc(request->arena, HEADERS_MAX * sizeof(*request->headers));
	request->first_byte_us = FIRST_BYTE_US;
	return request;
}

static inline void request_drop(struct request *request)
{
	arena_free(request->arena);
	free(request);
}

static inline void request_add(
    struct request *request, const char *name, const char *value)
{
	assert_true(request->header_count < HEADERS_MAX);
	request->headers[request->header_count++] =
	    (struct pair){span_of(name), span_of(arena_strdup(request->arena, value))};
}

/* A posted form with all that Twilio sends with it. */
static inline struct request *request_signed(const char *target, const char *form)
{
	struct request *request = request_make("POST", target, form);
	char signature[SIGNATURE_SIZE];
	struct params params;
	assert_int_equal(
	    params_parse(&params, request->body, request->arena), PARAMS_OK);
	const char *url = arena_printf(request->arena, "http://" HOST "%s", target);
	signature_make(signature, SPAN(TOKEN), span_of(url), &params);
	request_add(request, "Host", HOST);
	request_add(request, "Content-Type", "application/x-www-form-urlencoded");
	request_add(request, "X-Twilio-Signature", signature);
	return request;
}

#endif
