#include <string.h>

#include "acme/answer.h"
#include "acme/problem.h"
#include "test.h"

TEST(retry_after_is_seconds_or_a_date_and_at_most_a_week)
{
	static const struct {
		const char *text;
		int64_t want_ms;
	} rows[] = {{"120", 120000}, {" 0 ", 0}, {"99999999999999999999", 604800000},
	    {"Sun, 06 Nov 1994 08:49:37 GMT", 37000},
	    {"Sun, 06 Nov 1994 08:00:00 GMT", 0},
	    {"Sun, 06 Nov 2094 08:49:37 GMT", 604800000}, {"soon", -1}, {"", -1},
	    {"-1", -1}, {"12abc", -1}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(answer_retry_after_ms(span_of(rows[i].text),
				     INT64_C(784111740000)), /* 08:49:00 */
		    rows[i].want_ms);
}

TEST(what_a_ca_sends_is_taken_apart_or_refused)
{
	struct answer_directory directory;
	struct answer_order order;
	struct answer_authorization at;
	struct answer_window window;
	struct error err;
	assert_int_equal(answer_directory(&directory,
			     SPAN("{\"newNonce\":\"https://a/n\",\"newAccount\":"
				  "\"https://a/a\",\"newOrder\":\"https://a/o\"}"),
			     &err),
	    0);
	assert_null(directory.renewal_info);
	json_decref(directory.doc);
	/* A URL that is not https leads elsewhere. */
	assert_int_equal(answer_directory(&directory,
			     SPAN("{\"newNonce\":\"http://a/n\",\"newAccount\":"
				  "\"https://a/a\",\"newOrder\":\"https://a/o\"}"),
			     &err),
	    -1);
	assert_int_equal(answer_order(&order,
			     SPAN("{\"status\":\"valid\",\"finalize\":\"https://a/f\","
				  "\"authorizations\":[\"https://a/1\"]}"),
			     &err),
	    -1);
	assert_non_null(strstr(err.text, "no certificate"));
	assert_int_equal(
	    answer_authorization(&at,
		SPAN("{\"status\":\"pending\",\"identifier\":{\"value\":\"a.b\"},"
		     "\"challenges\":[{\"type\":\"http-01\",\"url\":\"https://a/c\","
		     "\"token\":\"../../etc\"},{\"type\":\"tls-alpn-01\","
		     "\"url\":\"https://a/d\",\"token\":\"abc\"}]}"),
		&err),
	    0);
	assert_null(answer_find_challenge(&at, "http-01"));
	assert_non_null(answer_find_challenge(&at, "tls-alpn-01"));
	json_decref(at.doc);
	assert_int_equal(
	    answer_window(&window,
		SPAN("{\"suggestedWindow\":{\"start\":\"2021-01-03T00:00:00Z\","
		     "\"end\":\"2021-01-03T02:00:00.5+01:00\"}}"),
		&err),
	    0);
	assert_int_equal(window.start_ms, INT64_C(1609632000000));
	assert_int_equal(window.end_ms, INT64_C(1609635600000));
	json_decref(window.doc);
}

TEST(a_problem_says_what_to_change)
{
	static const struct {
		const char *json, *challenge, *want;
	} rows[] = {
	    {"{\"type\":\"urn:ietf:params:acme:error:dns\",\"detail\":\"NXDOMAIN\"}",
		"tls-alpn-01", "make an A or AAAA record"},
	    {"{\"type\":\"urn:ietf:params:acme:error:connection\"}", "http-01",
		"(http-01: port 80)"},
	    {"{\"type\":\"urn:ietf:params:acme:error:caa\"}", NULL, "CAA records"},
	    {"{\"type\":\"urn:ietf:params:acme:error:compound\",\"subproblems\":["
	     "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\",\"detail\":"
	     "\"no\",\"identifier\":{\"type\":\"dns\",\"value\":\"b.example\"}},{}]}",
		NULL,
		"b.example: the CA gives no certificates for the name (and 1 more)"},
	    {"{\"type\":\"about:blank\",\"detail\":\"a\\nb\\u001b[31m\"}", NULL,
		"the CA refuses. It says: a⏎b\\x1b[31m"},
	    {"{}", NULL, "the CA refuses"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem problem;
		struct error err;
		json_t *doc = json_loads(rows[i].json, 0, NULL);
		problem_read(&problem, doc);
		assert_int_equal(problem_tell(&err, &problem, rows[i].challenge), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("wants: %s\ngets: %s", rows[i].want, err.text);
		json_decref(doc);
	}
}
