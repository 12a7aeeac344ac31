/* What a CA sends: URLs that are taken are https and printable, tokens are base64url, waits
 * and windows are within bounds, a problem's text is one printable line. */
#include <jansson.h>

#include "acme/answer.h"
#include "acme/base64url.h"
#include "acme/certificate.h"
#include "acme/problem.h"
#include "fuzz/fuzz.h"

static void look_at_url(const char *url)
{
	must(url == NULL || answer_is_url(span_of(url)));
}

static void look_at_objects(struct span text)
{
	struct error err;
	struct answer_directory directory;
	struct answer_order order;
	struct answer_authorization at;
	struct answer_window window;
	if (answer_directory(&directory, text, &err) == 0) {
		look_at_url(directory.new_nonce);
		look_at_url(directory.renewal_info);
	}
	json_decref(directory.doc);
	if (answer_order(&order, text, &err) == 0) {
		look_at_url(order.finalize);
		must(order.status != ANSWER_VALID || order.certificate != NULL);
		must(json_array_size(order.authorizations) > 0);
	}
	json_decref(order.doc);
	if (answer_authorization(&at, text, &err) == 0) {
		must(at.challenge_count <= ANSWER_CHALLENGES_MAX);
		for (size_t i = 0; i < at.challenge_count; i++) {
			look_at_url(at.challenges[i].url);
			must(base64url_is(span_of(at.challenges[i].token)));
		}
	}
	json_decref(at.doc);
	if (answer_window(&window, text, &err) == 0)
		must(window.start_ms > 0 && window.end_ms >= window.start_ms);
	json_decref(window.doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct certificate_facts facts;
	struct problem problem;
	struct error err;
	look_at_objects(text);
	int64_t wait_ms = answer_retry_after_ms(text, INT64_C(1700000000000));
	must(wait_ms >= -1 && wait_ms <= INT64_C(1000) * ANSWER_WAIT_MAX_S);
	(void)certificate_read(&facts, text, NULL, NULL, &err);
	json_t *doc = json_loadb(text.ptr, text.len, 0, NULL);
	problem_read(&problem, doc);
	(void)problem_tell(&err, &problem, NULL);
	for (const char *c = err.text; *c != '\0'; c++)
		must((unsigned char)*c >= ' ' && *c != 0x7f);
	json_decref(doc);
	struct buf bytes = {0}, again = {0};
	if (base64url_read(&bytes, text)) {
		base64url_put(&again, buf_span(&bytes));
		must(span_eq(buf_span(&again), text));
	}
	buf_free(&bytes);
	buf_free(&again);
	return 0;
}
