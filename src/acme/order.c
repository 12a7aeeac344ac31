#include "acme/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme/base64url.h"
#include "acme/certificate.h"
#include "util/jsonw.h"
#include "util/mem.h"

enum { POLL_FIRST_MS = 250, POLL_MOST_MS = 5000, KEY_BYTES = 4096 };

/* One order at the CA. */
struct order_run {
	struct session *session;
	const struct order *order;
	const char *type; /* of challenge */
	struct order_result *result;
	char url[TRANSPORT_HEADER_SIZE]; /* the order's */
	struct problem problem;
	bool unanswered; /* the type cannot be answered, or is not offered */
};

static enum order_outcome order_refused(
    struct order_run *run, const char *challenge, struct error *err)
{
	struct problem *problem = &run->problem;
	(void)snprintf(
	    run->result->problem, sizeof(run->result->problem), "%s", problem->type);
	run->result->retry_after_ms = problem->retry_after_ms;
	(void)problem_tell(err, problem, challenge);
	return problem_is_ours(problem) ? ORDER_OURS : ORDER_FAILED;
}

static enum order_outcome order_post(struct order_run *run, const char *url,
    struct span payload, struct response *out, struct error *err)
{
	switch (session_post(run->session, url, payload, out, &run->problem, err)) {
	case SESSION_OK:
		return ORDER_DONE;
	case SESSION_REFUSED:
		(void)order_refused(run, NULL, err);
		return ORDER_FAILED;
	case SESSION_BROKEN:
		break;
	}
	return ORDER_FAILED;
}

/* Between two looks: what the CA asks for, else more each time. */
static int order_pause(struct order_run *run, const struct response *response,
    int64_t *wait_ms, struct error *err)
{
	int64_t wait =
	    response->retry_after_ms > *wait_ms ? response->retry_after_ms : *wait_ms;
	*wait_ms = *wait_ms * 2 < POLL_MOST_MS ? *wait_ms * 2 : POLL_MOST_MS;
	return transport_wait(run->session->transport, wait, err);
}

/* ---- the order ---- */

static void order_payload(struct buf *out, const struct order *order, bool replaces)
{
	unsigned char bytes[ACME_ADDRESS_SIZE];
	buf_puts(out, "{\"identifiers\":[");
	for (size_t i = 0; i < order->names->count; i++) {
		const char *name = order->names->names[i];
		jsonw_comma(out);
		buf_putc(out, '{');
		jsonw_field(out, "type",
		    acme_name_address(bytes, name) > 0 ? SPAN("ip") : SPAN("dns"));
		jsonw_field(out, "value", span_of(name));
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
	if (order->profile != NULL)
		jsonw_field(out, "profile", span_of(order->profile));
	if (replaces)
		jsonw_field(out, "replaces", span_of(order->replaces));
	buf_putc(out, '}');
}

/* The account was forgotten or closed: it is made anew. The old certificate is replaced
 * already: the order does not name it. */
static enum session_outcome order_submit(
    struct order_run *run, struct response *response, struct error *err)
{
	bool replaces = run->order->replaces != NULL &&
			run->session->directory.renewal_info != NULL;
	for (;;) {
		struct buf payload = {0};
		order_payload(&payload, run->order, replaces);
		enum session_outcome outcome =
		    session_post(run->session, run->session->directory.new_order,
			buf_span(&payload), response, &run->problem, err);
		buf_free(&payload);
		const struct problem *problem = &run->problem;
		if (outcome != SESSION_REFUSED)
			return outcome;
		if (replaces && (problem_is(problem, "alreadyReplaced") ||
				    problem_is(problem, "malformed"))) {
			replaces = false;
			continue;
		}
		if (run->session->renewed ||
		    (!problem_is(problem, "accountDoesNotExist") &&
			!problem_is(problem, "unauthorized")))
			return outcome;
		outcome = session_account_anew(run->session, &run->problem, err);
		if (outcome != SESSION_OK)
			return outcome;
	}
}

static enum order_outcome order_begin(
    struct order_run *run, struct answer_order *out, struct error *err)
{
	struct response response = {0};
	enum order_outcome outcome = ORDER_FAILED;
	switch (order_submit(run, &response, err)) {
	case SESSION_OK:
		if (response.location[0] == '\0')
			(void)error_set(err, "the CA gave the order no URL");
		else if (answer_order(out, buf_span(&response.body), err) == 0)
			outcome = ORDER_DONE;
		memcpy(run->url, response.location, sizeof(run->url));
		break;
	case SESSION_REFUSED:
		outcome = order_refused(run, NULL, err);
		break;
	case SESSION_BROKEN:
		break;
	}
	response_clear(&response);
	return outcome;
}

/* ---- authorizations ---- */

static enum order_outcome order_read_authorization(struct order_run *run,
    const char *url, struct response *response, struct answer_authorization *out,
    struct error *err)
{
	if (order_post(run, url, (struct span){0}, response, err) != ORDER_DONE)
		return ORDER_FAILED;
	return answer_authorization(out, buf_span(&response->body), err) < 0
		   ? ORDER_FAILED
		   : ORDER_DONE;
}

/* It is not valid: the challenge says why. */
static enum order_outcome order_invalid(
    struct order_run *run, const struct answer_authorization *at, struct error *err)
{
	const struct answer_challenge *challenge = answer_find_challenge(at, run->type);
	problem_read(&run->problem, challenge != NULL ? challenge->error : NULL);
	if (run->problem.name[0] == '\0')
		(void)snprintf(
		    run->problem.name, sizeof(run->problem.name), "%s", at->name);
	return order_refused(run, run->type, err);
}

static enum order_outcome order_await_authorization(
    struct order_run *run, const char *url, struct error *err)
{
	struct response response = {0};
	int64_t wait_ms = POLL_FIRST_MS;
	enum order_outcome outcome;
	for (bool open = true; open;) {
		struct answer_authorization at = {0};
		outcome = order_read_authorization(run, url, &response, &at, err);
		open = outcome == ORDER_DONE && at.status == ANSWER_PENDING;
		if (open && order_pause(run, &response, &wait_ms, err) < 0) {
			outcome = ORDER_FAILED;
			open = false;
		} else if (outcome == ORDER_DONE && at.status == ANSWER_INVALID) {
			outcome = order_invalid(run, &at, err);
		}
		json_decref(at.doc);
	}
	response_clear(&response);
	return outcome;
}

/* Answers one challenge and waits for what the CA finds. */
static enum order_outcome order_answer(struct order_run *run, const char *url,
    const char *name, const struct answer_challenge *offered, struct error *err)
{
	struct response response = {0};
	struct buf jwk = {0}, authorization = {0};
	enum order_outcome outcome = ORDER_FAILED;
	acme_key_jwk(&jwk, run->session->key);
	buf_printf(&authorization, "%s.", offered->token);
	acme_key_thumbprint(&authorization, buf_span(&jwk));
	const struct order_challenge challenge = {
	    run->type, name, offered->token, buf_text(&authorization)};
	const struct order_calls *calls = run->order->calls;
	int rc = calls->set(calls->ctx, &challenge, err);
	if (rc == 0) {
		outcome = order_post(run, offered->url, SPAN("{}"), &response, err);
		if (outcome == ORDER_DONE)
			outcome = order_await_authorization(run, url, err);
		calls->clear(calls->ctx, &challenge);
	}
	run->unanswered = rc == 1;
	buf_free(&jwk);
	buf_free(&authorization);
	response_clear(&response);
	return outcome;
}

static enum order_outcome order_authorize(
    struct order_run *run, const char *url, struct error *err)
{
	struct response response = {0};
	struct answer_authorization at = {0};
	enum order_outcome outcome =
	    order_read_authorization(run, url, &response, &at, err);
	if (outcome == ORDER_DONE && at.status == ANSWER_INVALID) {
		outcome = order_invalid(run, &at, err);
	} else if (outcome == ORDER_DONE && at.status == ANSWER_PENDING) {
		const struct answer_challenge *offered =
		    answer_find_challenge(&at, run->type);
		if (offered != NULL) {
			run->result->type = run->type;
			outcome = order_answer(run, url, at.name, offered, err);
		} else {
			run->unanswered = true;
			outcome = ORDER_OURS;
			(void)error_set(
			    err, "the CA offers no %s for %s", run->type, at.name);
		}
	}
	json_decref(at.doc);
	response_clear(&response);
	return outcome;
}

/* ---- the certificate ---- */

static enum order_outcome order_finalize(
    struct order_run *run, const char *url, EVP_PKEY *key, struct error *err)
{
	struct response response = {0};
	struct buf request = {0}, payload = {0}, encoded = {0};
	certificate_request(&request, run->order->names, key);
	base64url_put(&encoded, buf_span(&request));
	buf_putc(&payload, '{');
	jsonw_field(&payload, "csr", buf_span(&encoded));
	buf_putc(&payload, '}');
	enum order_outcome outcome =
	    order_post(run, url, buf_span(&payload), &response, err);
	buf_free(&request);
	buf_free(&payload);
	buf_free(&encoded);
	response_clear(&response);
	return outcome;
}

/* Looks at the order until it is ready to be finalized, or, finalized, valid. */
static enum order_outcome order_await(
    struct order_run *run, struct answer_order *out, bool finalized, struct error *err)
{
	struct response response = {0};
	int64_t wait_ms = POLL_FIRST_MS;
	enum order_outcome outcome = ORDER_DONE;
	for (;;) {
		json_decref(out->doc);
		out->doc = NULL;
		outcome = order_post(run, run->url, (struct span){0}, &response, err);
		if (outcome != ORDER_DONE ||
		    answer_order(out, buf_span(&response.body), err) < 0) {
			outcome = ORDER_FAILED;
			break;
		}
		if (out->status == ANSWER_VALID ||
		    (out->status == ANSWER_READY && !finalized))
			break;
		if (out->status == ANSWER_INVALID) {
			problem_read(&run->problem, out->error);
			outcome = order_refused(run, NULL, err);
			break;
		}
		if (order_pause(run, &response, &wait_ms, err) < 0) {
			outcome = ORDER_FAILED;
			break;
		}
	}
	response_clear(&response);
	return outcome;
}

static enum order_outcome order_download(
    struct order_run *run, const char *url, EVP_PKEY *key, struct error *err)
{
	struct response response = {0};
	struct certificate_facts facts;
	enum order_outcome outcome =
	    order_post(run, url, (struct span){0}, &response, err);
	if (outcome == ORDER_DONE && certificate_read(&facts, buf_span(&response.body),
					 run->order->names, key, err) < 0) {
		(void)error_wrap(err, "what the CA issued");
		outcome = ORDER_FAILED;
	}
	if (outcome == ORDER_DONE) {
		buf_put(&run->result->chain, buf_span(&response.body));
		buf_reserve(&run->result->key, KEY_BYTES);
		acme_key_write(&run->result->key, key);
	}
	response_clear(&response);
	return outcome;
}

/* With a new key: one that is stolen is of no use after the next renewal. */
static enum order_outcome order_issue(
    struct order_run *run, struct answer_order *at, struct error *err)
{
	EVP_PKEY *key = acme_key_new();
	enum order_outcome outcome = ORDER_DONE;
	if (at->status == ANSWER_PENDING)
		outcome = order_await(run, at, false, err);
	if (outcome == ORDER_DONE)
		outcome = order_finalize(run, at->finalize, key, err);
	if (outcome == ORDER_DONE)
		outcome = order_await(run, at, true, err);
	if (outcome == ORDER_DONE)
		outcome = order_download(run, at->certificate, key, err);
	EVP_PKEY_free(key);
	return outcome;
}

static enum order_outcome order_once(struct order_run *run, struct error *err)
{
	size_t i;
	const json_t *url;
	struct answer_order at = {0};
	enum order_outcome outcome = order_begin(run, &at, err);
	json_array_foreach(at.authorizations, i, url) {
		if (outcome == ORDER_DONE)
			outcome = order_authorize(run, json_string_value(url), err);
	}
	if (outcome == ORDER_DONE)
		outcome = order_issue(run, &at, err);
	json_decref(at.doc);
	return outcome;
}

enum order_outcome order_run(struct order_result *out, struct session *session,
    const struct order *order, struct error *err)
{
	enum order_outcome outcome = ORDER_OURS;
	char *causes = NULL;
	(void)error_set(err, "no challenge can be answered");
	for (size_t i = 0; order->types[i] != NULL && outcome == ORDER_OURS; i++) {
		struct order_run run = {.session = session,
		    .order = order,
		    .type = order->types[i],
		    .result = out};
		out->type = NULL;
		outcome = order_once(&run, err);
		if (run.unanswered && outcome != ORDER_DONE)
			outcome = ORDER_OURS; /* the next type may do */
		if (outcome == ORDER_OURS && !run.unanswered) {
			char *all = causes == NULL
					? mem_strdup(err->text)
					: mem_printf("%s; and %s", causes, err->text);
			free(causes);
			causes = all;
		}
	}
	if (outcome == ORDER_OURS && causes != NULL)
		(void)error_set(err, "%s", causes);
	free(causes);
	return outcome;
}

void order_result_clear(struct order_result *result)
{
	if (result->key.ptr != NULL)
		explicit_bzero(result->key.ptr, result->key.cap);
	buf_free(&result->key);
	buf_free(&result->chain);
}
