#include "test.h"

#include "twilio/signature.h"

#include <jansson.h>
#include <stdlib.h>

#include "util/text.h"

static struct span json_span(const json_t *text)
{
	return (struct span){json_string_value(text), json_string_length(text)};
}

static size_t values_count(json_t *values)
{
	return json_is_array(values) ? json_array_size(values) : 1;
}

/* Vectors write parameters decoded; a repeated name's values are an array. */
static struct params params_of(json_t *object, struct arena *arena)
{
	struct params out = {0};
	size_t room = 0;
	const char *name;
	json_t *values;
	json_object_foreach(object, name, values)
		room += values_count(values);
	out.items = arena_zalloc(arena, (room + 1) * sizeof(*out.items));
	json_object_foreach(object, name, values) {
		for (size_t i = 0; i < values_count(values); i++) {
			const json_t *value =
			    json_is_array(values) ? json_array_get(values, i) : values;
			out.items[out.count++] =
			    (struct pair){span_of(name), json_span(value)};
		}
	}
	return out;
}

static bool check(const char *token, const struct signed_request *request)
{
	struct tokens *tokens = tokens_new();
	struct arena *arena = arena_new();
	assert_int_equal(tokens_add(tokens, span_of(token), NULL), 0);
	struct verifier *verifier = verifier_new(tokens);
	bool valid = verifier_check(verifier, request, arena);
	/* A kept key must serve again. */
	assert_int_equal(verifier_check(verifier, request, arena), valid);
	verifier_free(verifier);
	arena_free(arena);
	tokens_free(tokens);
	return valid;
}

/* What our caller does with a URL of the configuration: the userinfo is taken off. */
static void strip_userinfo(struct signed_request *request)
{
	size_t at = span_find(request->host, '@');
	if (at < request->host.len)
		request->host = span_from(request->host, at + 1);
}

static bool vector_verdict(const json_t *vector, bool configured)
{
	struct arena *arena = arena_new();
	struct signed_request request = {
	    .signature = json_span(json_object_get(vector, "signature")),
	    .body = json_span(json_object_get(vector, "body")),
	};
	json_t *object = json_object_get(vector, "params");
	struct params params = params_of(object, arena);
	bool get =
	    strcmp(json_string_value(json_object_get(vector, "method")), "GET") == 0;
	request.bodyless = get;
	request.params = json_is_object(object) && !get ? &params : NULL;
	assert_true(
	    signature_split_url(&request, json_span(json_object_get(vector, "url"))));
	if (configured)
		strip_userinfo(&request);
	bool valid =
	    check(json_string_value(json_object_get(vector, "token")), &request);
	arena_free(arena);
	return valid;
}

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *vectors = json_load_file(path, 0, &error);
	if (vectors == NULL)
		fail_msg("%s: %s", path, error.text);
	return vectors;
}

TEST(every_vector_of_the_sdks_gets_its_verdict)
{
	json_t *vectors = load(TEST_DATA_DIR "/signature-vectors.json");
	assert_true(json_array_size(vectors) >= 48);
	size_t i;
	json_t *vector;
	json_array_foreach(vectors, i, vector) {
		bool want = json_is_true(json_object_get(vector, "valid"));
		if (vector_verdict(vector, false) != want)
			fail_msg("%s: want %s",
			    json_string_value(json_object_get(vector, "name")),
			    want ? "valid" : "invalid");
	}
	json_decref(vectors);
}

TEST(where_the_sdks_disagree_the_recommended_verdict_counts)
{
	json_t *vectors = load(TEST_DATA_DIR "/signature-vectors-disagree.json");
	assert_true(json_array_size(vectors) >= 25);
	size_t i;
	json_t *vector;
	json_array_foreach(vectors, i, vector) {
		const json_t *recommended = json_object_get(vector, "recommended");
		bool want = json_is_true(recommended);
		if (!json_is_boolean(recommended))
			continue;
		if (vector_verdict(vector, true) != want)
			fail_msg("%s: want %s",
			    json_string_value(json_object_get(vector, "name")),
			    want ? "valid" : "invalid");
	}
	json_decref(vectors);
}

static const char token[] = "2bd9e9638872de601313dc77410d3b23";

/* Signs the first URL with the form and asks whether the second, with the other form,
 * is genuine. */
struct two {
	const char *signed_url, *signed_form;
	const char *seen_url, *seen_form;
	bool want;
};

static bool pair_verdict(const struct two *pair)
{
	char signature[SIGNATURE_SIZE];
	struct arena *arena = arena_new();
	struct params sent;
	struct params seen;
	struct signed_request request = {.params = &seen};
	assert_int_equal(
	    params_parse(&sent, span_of(pair->signed_form), arena), PARAMS_OK);
	assert_int_equal(
	    params_parse(&seen, span_of(pair->seen_form), arena), PARAMS_OK);
	signature_make(signature, span_of(token), span_of(pair->signed_url), &sent);
	assert_true(signature_split_url(&request, span_of(pair->seen_url)));
	request.signature = span_of(signature);
	request.body = span_of(pair->seen_form);
	bool valid = check(token, &request);
	arena_free(arena);
	return valid;
}

static void check_pairs(const struct two *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pair_verdict(&pairs[i]) != pairs[i].want)
			fail_msg("signed %s (%s), seen %s (%s): want %s",
			    pairs[i].signed_url, pairs[i].signed_form,
			    pairs[i].seen_url, pairs[i].seen_form,
			    pairs[i].want ? "valid" : "invalid");
}

TEST(the_url_counts_but_for_port_host_case_and_apostrophe)
{
	static const struct two pairs[] = {
	    {"https://h.io/p", "", "https://h.io/p", "", true},
	    {"https://h.io/p", "", "http://h.io/p", "", false},
	    {"https://h.io:443/p", "", "https://h.io/p", "", true},
	    {"https://h.io/p", "", "https://h.io:8443/p", "", true},
	    {"https://h.io:8443/p", "", "https://h.io/p", "", false},
	    {"http://h.io:80/p", "", "http://h.io/p", "", true},
	    {"http://h.io:443/p", "", "http://h.io/p", "", false},
	    {"https://h.io/p", "", "https://H.io/p", "", true},
	    {"https://h.io:443/p", "", "https://H.io/p", "", true},
	    {"https://h.io/p", "", "https://H.io:1/p", "", true},
	    {"https://H.io/p", "", "https://h.io/p", "", false},
	    {"https://U:P@h.io/p", "", "https://U:P@H.io/p", "", true},
	    {"https://u:p@h.io/p", "", "https://U:P@h.io/p", "", false},
	    {"https://u:p@h.io/p", "", "https://u:p@h.io:99/p", "", true},
	    {"https://[::1]/p", "", "https://[::1]:99/p", "", true},
	    {"https://[::1]:443/p", "", "https://[::1]/p", "", true},
	    {"https://[2001:db8::a]/p", "", "https://[2001:DB8::A]/p", "", true},
	    {"https://h.io/p?n=O'H", "", "https://h.io/p?n=O%27H", "", true},
	    {"https://h.io/p?n=O%27H", "", "https://h.io/p?n=O'H", "", true},
	    {"https://h.io/p?a=''&b=1", "", "https://h.io/p?a=%27'&b=1", "", true},
	    {"https://h.io/p?a=%27%27", "", "https://h.io:7/p?a=%27'", "", true},
	    {"https://h.io/it's", "", "https://h.io/it%27s", "", false},
	    {"https://h.io/p?a=%2b", "", "https://h.io/p?a=%2B", "", false},
	    {"https://h.io/p?a=+", "", "https://h.io/p?a=%20", "", false},
	    {"https://h.io/p?b=1&a=2", "", "https://h.io/p?a=2&b=1", "", false},
	    {"https://h.io/p", "", "https://h.io/p?", "", false},
	    {"https://h.io/p", "", "https://h.io/p/", "", false},
	    {"https://h.io/p", "", "https://h.io//p", "", false},
	    {"https://h.io", "", "https://h.io/", "", true},
	    {"https://h.io?a=1", "", "https://h.io?a=1", "", true},
	    {"https://h.io/p", "", "https://h.io/p#rc=2", "", true},
	    {"HTTPS://h.io:443/p", "", "HTTPS://h.io/p", "", true},
	};
	check_pairs(pairs, sizeof(pairs) / sizeof(pairs[0]));
}

TEST(the_form_counts_decoded_and_sorted)
{
	static const char url[] = "https://h.io/p";
	static const struct two pairs[] = {
	    {url, "a=1&b=2", url, "b=2&a=1", true},
	    {url, "a=1&b=2", url, "a=1&b=3", false},
	    {url, "a=1", url, "A=1", false},
	    {url, "a=x+y%20z", url, "a=x%20y+z", true},
	    {url, "a=+x+", url, "a=x", false},
	    {url, "a=1&b=", url, "a=1&b", true},
	    {url, "a=1&b=", url, "a=1", false},
	    {url, "a=x%0D%0Ay", url, "a=x%0Ay", false},
	    {url, "a=x&a=y", url, "a=y&a=x", true},
	    {url, "a=x&a=x", url, "a=x", true},
	    {url, "a=x&a=y", url, "a=x", false},
	    {url, "a=x&a=y", url, "a=xy", false},
	    {url, "a=e%CC%81", url, "a=%C3%A9", false},
	    {url, "a=%FF", url, "a=%FF", true},
	    {url, "a=%FF", url, "a=%EF%BF%BD", false},
	    {url, "a[]=1&a[]=2", url, "a%5B%5D=2&a%5B%5D=1", true},
	    {url, "a[]=1", url, "a=1", false},
	    {url, "=x&a=1", url, "a=1&=x", true},
	    {url, "a=1&&b=2&", url, "a=1&b=2", true},
	    {url, "a=%00b", url, "a=", false},
	    {url, "Digits=1", url, "", false},
	};
	check_pairs(pairs, sizeof(pairs) / sizeof(pairs[0]));
}

TEST(a_header_that_is_not_28_characters_is_refused)
{
	char signature[SIGNATURE_SIZE];
	char longer[SIGNATURE_SIZE + 2];
	struct params none = {0};
	struct signed_request request = {.params = &none};
	assert_true(signature_split_url(&request, SPAN("https://h.io/p")));
	signature_make(signature, span_of(token), SPAN("https://h.io/p"), NULL);
	request.signature = span_of(signature);
	assert_true(check(token, &request));
	request.signature.len--;
	assert_false(check(token, &request));
	request.signature = (struct span){0};
	assert_false(check(token, &request));
	(void)snprintf(longer, sizeof(longer), "%s ", signature);
	request.signature = span_of(longer);
	assert_false(check(token, &request));
}

enum { BODYLESS = 1, FORM_SIGNED = 2, HASH_TWICE = 4, HASH_UPPER = 8 };

struct covered {
	const char *form; /* NULL: not a form */
	const char *body;
	const char *hashed; /* the body whose hash stands in the URL; NULL: no hash */
	int how;
	bool want;
};

static bool covered_verdict(const struct covered *row)
{
	char url[512];
	char hex[65] = "";
	unsigned char digest[32];
	char signature[SIGNATURE_SIZE];
	struct arena *arena = arena_new();
	struct params form;
	bool twice = (row->how & HASH_TWICE) != 0;
	text_sha256(digest, span_of(row->hashed != NULL ? row->hashed : ""));
	text_hex(hex, digest, sizeof(digest));
	for (char *c = hex; (row->how & HASH_UPPER) != 0 && *c != '\0'; c++)
		*c = (char)(*c >= 'a' ? *c - 32 : *c);
	(void)snprintf(url, sizeof(url), "https://h.io/p?a=1%s%s%s%s",
	    row->hashed != NULL ? "&bodySHA256=" : "", row->hashed != NULL ? hex : "",
	    twice ? "&bodySHA256=" : "", twice ? hex : "");
	assert_int_equal(params_parse(&form, span_of(row->form), arena), PARAMS_OK);
	signature_make(signature, span_of(token), span_of(url),
	    (row->how & FORM_SIGNED) != 0 ? &form : NULL);
	struct signed_request request = {.params = row->form != NULL ? &form : NULL,
	    .body = span_of(row->body),
	    .bodyless = (row->how & BODYLESS) != 0,
	    .signature = span_of(signature)};
	assert_true(signature_split_url(&request, span_of(url)));
	bool valid = check(token, &request);
	arena_free(arena);
	return valid;
}

TEST(no_body_goes_uncovered)
{
	static const struct covered rows[] = {
	    {NULL, "{}", "{}", 0, true},
	    {NULL, "{}", "{}", HASH_TWICE, true},
	    {NULL, "{}", "{}", HASH_UPPER, false},
	    {NULL, "{}", "[]", 0, false},
	    {NULL, "", "{}", 0, false},
	    {NULL, "", "", 0, true},
	    {NULL, "{}", NULL, 0, false},
	    {NULL, "", NULL, 0, true},
	    /* GET: Twilio was seen to put the hash of what it did not send. */
	    {NULL, "", "{}", BODYLESS | HASH_TWICE, true},
	    {NULL, "{}", "[]", BODYLESS, false},
	    {NULL, "{}", NULL, BODYLESS, false},
	    /* A form: either rule. */
	    {"b=2", "b=2", "b=2", 0, true},
	    {"b=2", "b=2", "x", FORM_SIGNED, true},
	    {"b=2", "b=2", "x", 0, false},
	    {"b=2", "b=2", NULL, 0, false},
	    /* A captured JSON request whose body became an empty form. */
	    {"", "", "{}", 0, false},
	    {"&", "&", "{}", 0, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (covered_verdict(&rows[i]) != rows[i].want)
			fail_msg(
			    "row %zu: want %s", i, rows[i].want ? "valid" : "invalid");
}

TEST(a_websocket_may_be_signed_with_a_slash_whatever_is_in_its_target)
{
	struct span target = {"/a\0b", 4};
	char signature[SIGNATURE_SIZE];
	signature_make(
	    signature, span_of(token), (struct span){"wss://h.io/a\0b/", 15}, NULL);
	struct signed_request request = {.scheme = SPAN("wss"),
	    .host = SPAN("h.io"),
	    .target = target,
	    .bodyless = true,
	    .signature = span_of(signature)};
	assert_true(check(token, &request));
	request.scheme = SPAN("https");
	assert_false(check(token, &request));
}

/* faults 5.13 */
TEST(a_url_without_a_path_is_signed_without_a_slash)
{
	static const struct {
		const char *is_signed, *seen;
		bool want;
	} rows[] = {
	    {"https://h.io", "https://h.io/", true},
	    {"https://h.io", "https://h.io", true},
	    {"https://h.io/", "https://h.io/", true},
	    {"https://h.io/", "https://h.io", true},
	    {"https://h.io?a=1", "https://h.io/?a=1", true},
	    {"https://h.io/?a=1", "https://h.io?a=1", true},
	    {"https://h.io:443", "https://H.io/", true},
	    {"https://h.io", "https://h.io:443/", true},
	    {"wss://h.io", "wss://h.io/", true},
	    {"wss://h.io/", "wss://h.io", true},
	    {"ws://h.io/a/", "ws://h.io/a", true},
	    {"ws://h.io:80/a", "ws://h.io/a", true},
	    {"https://h.io/a", "https://h.io/a/", false},
	    {"https://h.io/a/", "https://h.io/a", false},
	    {"https://h.io", "https://h.io//", false},
	    {"https://h.io", "http://h.io/", false},
	    {"https://h.io", "https://h.io/a", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char signature[SIGNATURE_SIZE];
		signature_make(
		    signature, span_of(token), span_of(rows[i].is_signed), NULL);
		struct signed_request request = {
		    .bodyless = true, .signature = span_of(signature)};
		assert_true(signature_split_url(&request, span_of(rows[i].seen)));
		if (check(token, &request) != rows[i].want)
			fail_msg("%s as %s", rows[i].is_signed, rows[i].seen);
	}
}

TEST(a_url_is_split_without_changing_it)
{

	static const struct {
		const char *url, *scheme, *host, *target;
	} rows[] = {
	    {"https://h.io/p?q", "https", "h.io", "/p?q"},
	    {"HTTP://H.io:80", "HTTP", "H.io:80", ""},
	    {"wss://u:p@[::1]:2?q#f", "wss", "u:p@[::1]:2", "?q"},
	    {"http://h#f", "http", "h", ""},
	    {"https:///p", NULL, NULL, NULL},
	    {"h.io/p", NULL, NULL, NULL},
	    {"://h.io", NULL, NULL, NULL},
	    {"/p?u=https://h.io", NULL, NULL, NULL},
	    {"", NULL, NULL, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct signed_request request = {0};
		bool split = signature_split_url(&request, span_of(rows[i].url));
		assert_int_equal(split, rows[i].scheme != NULL);
		if (!split)
			continue;
		assert_true(span_is(request.scheme, rows[i].scheme));
		assert_true(span_is(request.host, rows[i].host));
		assert_true(span_is(request.target, rows[i].target));
	}
}

/* faults 3.3: a long form, many tokens, and a host and a query of several forms */
TEST(a_check_ends_at_its_limit)
{
	enum { TOKENS = 50, LONG = 65000, FORMS = 12 };

	struct tokens *tokens = tokens_new();
	struct arena *arena = arena_new();
	for (int i = 0; i < TOKENS; i++)
		assert_int_equal(
		    tokens_add(tokens, span_of(arena_printf(arena, "%032d", i)), NULL),
		    0);
	struct verifier *verifier = verifier_new(tokens);
	char *value = arena_alloc(arena, LONG);
	memset(value, 'x', LONG);
	struct pair pair = {SPAN("Body"), {value, LONG}};
	struct params params = {.items = &pair, .count = 1};
	char signature[SIGNATURE_SIZE];
	signature_make(signature, SPAN("00000000000000000000000000000049"),
	    SPAN("https://a.example/'?a=%27&b=%27"), &params);
	struct signed_request request = {.scheme = SPAN("https"),
	    .host = SPAN("A.example"),
	    .target = SPAN("/'?a='&b=%27"),
	    .params = &params,
	    .signature = span_of(signature)};

	static const struct {
		uint64_t work;
		bool genuine, exhausted;
	} rows[] = {
	    {0, false, true},
	    {(uint64_t)LONG * TOKENS, false, true}, /* not even its first form */
	    {(uint64_t)(LONG + 2000) * TOKENS * FORMS, true, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		verifier_allow(verifier, rows[i].work);
		assert_int_equal(
		    verifier_check(verifier, &request, arena), rows[i].genuine);
		assert_int_equal(verifier_exhausted(verifier), rows[i].exhausted);
	}
	verifier_free(verifier);
	arena_free(arena);
	tokens_free(tokens);
}
