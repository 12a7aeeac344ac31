/* Every row is a whole message; each is fed whole, and in every split into two, and
 * byte by byte: the outcome must be the same. */
#include "http/parser.h"

#include "client.h"
#include "util/arena.h"

#define HEAD "POST /p HTTP/1.1\r\nHost: h\r\n"
#define GET  "GET /p HTTP/1.1\r\n"
#define CH   HEAD "Transfer-Encoding: chunked\r\n\r\n"

struct row {
	const char *name;
	struct span bytes;
	int want;         /* 200, or why it is refused; 0: it is not whole yet */
	const char *body; /* when 200 */
};

static const struct row good[] = {
    {"a GET", BYTES(GET "Host: h\r\n\r\n"), 200, ""},
    {"a GET with a query", BYTES("GET /p?a=b&c=%20 HTTP/1.1\r\nHost: h\r\n\r\n"), 200,
	""},
    {"HTTP/1.0 without Host", BYTES("GET /p HTTP/1.0\r\n\r\n"), 200, ""},
    {"a host with a port", BYTES(GET "Host: example.com:8080\r\n\r\n"), 200, ""},
    {"an IPv6 host", BYTES(GET "Host: [2001:db8::1]:80\r\n\r\n"), 200, ""},
    {"no blank after the colon", BYTES(GET "Host:h\r\n\r\n"), 200, ""},
    {"blanks around a value", BYTES(GET "Host: \t h \t \r\n\r\n"), 200, ""},
    {"an empty value", BYTES(GET "Host: h\r\nX:\r\n\r\n"), 200, ""},
    {"bytes beyond ASCII in a value", BYTES(GET "Host: h\r\nX: \xC3\xA9\r\n\r\n"), 200,
	""},
    {"one empty line before", BYTES("\r\n" GET "Host: h\r\n\r\n"), 200, ""},
    {"a body", BYTES(HEAD "Content-Length: 3\r\n\r\nabc"), 200, "abc"},
    {"an empty body", BYTES(HEAD "Content-Length: 0\r\n\r\n"), 200, ""},
    {"leading zeros", BYTES(HEAD "Content-Length: 003\r\n\r\nabc"), 200, "abc"},
    {"chunks", BYTES(CH "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 200, "abcde"},
    {"no chunk at all", BYTES(CH "0\r\n\r\n"), 200, ""},
    {"chunk sizes in both cases",
	BYTES(CH "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), 200,
	"01234567890123456789"},
    {"a chunk extension", BYTES(CH "3;a=b\r\nabc\r\n0\r\n\r\n"), 200, "abc"},
    {"trailers", BYTES(CH "3\r\nabc\r\n0\r\nX: y\r\nZ: q\r\n\r\n"), 200, "abc"},
    {"a length in the trailers, which means nothing",
	BYTES(CH "0\r\nContent-Length: 3\r\n\r\n"), 200, ""},
    {"chunked in capitals", BYTES(HEAD "TRANSFER-ENCODING: Chunked\r\n\r\n0\r\n\r\n"),
	200, ""},
    {"an upgrade that is not taken up",
	BYTES(HEAD "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\nab"),
	200, "ab"},
    {"a body on a GET", BYTES(GET "Host: h\r\nContent-Length: 2\r\n\r\nab"), 200, "ab"},
    {"an extension method", BYTES("PATCH /p HTTP/1.1\r\nHost: h\r\n\r\n"), 200, ""},
    {"half a head", BYTES(GET "Host: h\r\n"), 0, NULL},
    {"half a body", BYTES(HEAD "Content-Length: 3\r\n\r\nab"), 0, NULL},
    {"half a chunk", BYTES(CH "3\r\nab"), 0, NULL},
    {"chunks without the last empty line", BYTES(CH "0\r\nX: y\r\n"), 0, NULL},
};

static const struct row limits[] = {
    {"a body over the limit", BYTES(HEAD "Content-Length: 33\r\n\r\n"), 413, NULL},
    {"a body of exactly the limit",
	BYTES(HEAD "Content-Length: 32\r\n\r\n0123456789abcdef0123456789abcdef"), 200,
	"0123456789abcdef0123456789abcdef"},
    {"a huge Content-Length", BYTES(HEAD "Content-Length: 999999999999999999\r\n\r\n"),
	413, NULL},
    {"chunks over the limit",
	BYTES(CH "10\r\n0123456789abcdef\r\n11\r\n0123456789abcdef0\r\n0\r\n\r\n"), 413,
	NULL},
    {"one chunk over the limit",
	BYTES(CH "ffffff\r\n0123456789abcdef0123456789abcdef0"), 413, NULL},
    {"too many headers",
	BYTES(GET
	    "Host: h\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\n\r\n"),
	431, NULL},
    {"too many trailers",
	BYTES(CH "0\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\n\r\n"),
	431, NULL},
    {"a header too large",
	BYTES(GET
	    "Host: h\r\nX: 0123456789012345678901234567890123456789012345678901234567890"
	    "12345678901234567890123456789012345678901234567890123456789012345678901234"
	    "5678901234567890123456789\r\n\r\n"),
	431, NULL},
    {"a request line too large",
	BYTES(
	    "GET /0123456789012345678901234567890123456789012345678901234567890123456789012"
	    "345678901234567890123456789012345678901234567890123456789012345678901234567890"
	    "12345678901234567890123456789012"),
	431, NULL},
};

static int verdict(struct parser *parser, struct span bytes, size_t *left)
{
	for (;;) {
		size_t used = 0;
		enum parse result = parser_feed(parser, bytes.ptr, bytes.len, &used);
		bytes = span_from(bytes, used);
		*left = bytes.len;
		switch (result) {
		case PARSE_HEAD:
			continue;
		case PARSE_MORE:
			assert_int_equal(bytes.len, 0);
			return 0;
		case PARSE_DONE:
			return 200;
		case PARSE_REFUSED:
			assert_non_null(parser_reason(parser));
			return parser_status(parser);
		}
	}
}

/* Feeds pieces of `first` bytes and then of `step` bytes each. */
static void check(const struct row *row, const struct server_limits *limits_used,
    size_t first, size_t step)
{
	struct request request = {.arena = arena_new()};
	struct parser *parser = parser_new(&request, limits_used);
	struct span rest = row->bytes;
	int got = 0;
	size_t left = 0;
	size_t piece = first;
	while (got == 0 && rest.len > 0) {
		struct span now = span_head(rest, piece < rest.len ? piece : rest.len);
		/* A copy of its own, so that a look beyond it is seen. */
		char *copy = malloc(now.len);
		assert_non_null(copy);
		memcpy(copy, now.ptr, now.len);
		got = verdict(parser, (struct span){copy, now.len}, &left);
		free(copy);
		rest = span_from(rest, now.len);
		piece = step;
	}
	if (got != row->want)
		fail_msg("%s (%zu, %zu): got %d, want %d", row->name, first, step, got,
		    row->want);
	if (got == 200) {
		assert_int_equal(left + rest.len, 0);
		if (!span_is(request.body, row->body))
			fail_msg(
			    "%s: body \"%.*s\"", row->name, SPAN_ARG(request.body));
	}
	arena_free(request.arena);
}

static void check_all(
    const struct row *rows, size_t count, const struct server_limits *used)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = rows[i].bytes.len;
		check(&rows[i], used, len, 1);
		check(&rows[i], used, 1, 1);
		for (size_t split = 1; split < len; split++)
			check(&rows[i], used, split, len);
	}
}

TEST(well_formed_requests_are_read_whatever_the_split)
{
	check_all(good, sizeof(good) / sizeof(good[0]), &server_default_limits);
}

static void check_byte(const char *header, size_t at, int c)
{
	char text[128];
	bool fine = (c >= ' ' && c != 0x7F) || c == '\t';
	int len = snprintf(text, sizeof(text), GET "Host: h\r\n%s\r\n\r\n", header);
	text[strlen(GET "Host: h\r\n") + at] = (char)c;
	const struct row row = {
	    "a byte in a value", {text, (size_t)len}, fine ? 200 : 400, ""};
	check(&row, &server_default_limits, row.bytes.len, 1);
}

/* Lines are looked at eight bytes at a time, and their last eight once more. */
TEST(a_control_character_is_found_wherever_it_stands)
{
	char header[] = "X: the value of a header of a length";
	for (size_t len = sizeof(header) - 1; len > 4; len--) {
		header[len] = '\0';
		for (size_t at = 3; at < len; at++)
			for (int c = 0; c < 256; c++)
				check_byte(header, at, c);
	}
}

TEST(limits_hold_whatever_the_split)
{
	struct server_limits small = server_default_limits;
	small.body_bytes = 32;
	small.header_count = 8;
	small.header_bytes = 180;
	check_all(limits, sizeof(limits) / sizeof(limits[0]), &small);
}

TEST(what_is_found_stands_in_the_request)
{
	static const char text[] =
	    "POST /a/b?c=d&e HTTP/1.1\r\nHost: h\r\nx-TWO:  1 \r\n"
	    "X-Two: 2\r\nContent-Length: 2\r\n\r\nokGET ";
	struct request request = {.arena = arena_new()};
	struct parser *parser = parser_new(&request, &server_default_limits);
	size_t used;
	assert_int_equal(
	    parser_feed(parser, text, sizeof(text) - 1, &used), PARSE_HEAD);
	assert_true(span_is(request.method_name, "POST"));
	assert_int_equal(request.method, METHOD_POST);
	assert_true(span_is(request.target, "/a/b?c=d&e"));
	assert_true(span_is(request.path, "/a/b"));
	assert_true(span_is(request.query, "c=d&e"));
	assert_int_equal(request.header_count, 4);
	assert_true(span_is(request.headers[1].name, "x-TWO"));
	assert_true(span_is(request_header(&request, "X-TWO"), "1"));
	assert_int_equal(request_header_count(&request, "x-two"), 2);
	assert_null(request_header(&request, "X-Three").ptr);
	assert_int_equal(request.body.len, 0);
	assert_true(parser_keep_alive(parser));
	assert_true(parser_has_body(parser));
	const char *body = text + used;
	assert_int_equal(parser_feed(parser, body, strlen(body), &used), PARSE_DONE);
	assert_int_equal(used, 2);
	assert_true(span_is(request.body, "ok"));
	arena_free(request.arena);
}

TEST(a_target_without_a_question_mark_has_no_query)
{
	static const char text[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
	struct request request = {.arena = arena_new()};
	size_t used;
	assert_int_equal(parser_feed(parser_new(&request, &server_default_limits), text,
			     sizeof(text) - 1, &used),
	    PARSE_HEAD);
	assert_null(request.query.ptr);
	arena_free(request.arena);
}

TEST(keep_alive_is_the_default_of_one_version_only)
{
	static const struct {
		struct span text;
		bool want;
	} rows[] = {
	    {BYTES("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), true},
	    {BYTES("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), false},
	    {BYTES("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n"), false},
	    {BYTES("GET / HTTP/1.0\r\n\r\n"), false},
	    {BYTES("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct request request = {.arena = arena_new()};
		struct parser *parser = parser_new(&request, &server_default_limits);
		size_t used;
		assert_int_equal(
		    parser_feed(parser, rows[i].text.ptr, rows[i].text.len, &used),
		    PARSE_HEAD);
		assert_int_equal(parser_keep_alive(parser), rows[i].want);
		arena_free(request.arena);
	}
}

/* More than the first rooms for lines, headers and body hold. */
TEST(large_requests_grow_what_they_need)
{
	struct buf text = {0};
	struct request request = {.arena = arena_new()};
	struct parser *parser = parser_new(&request, &server_default_limits);
	size_t used;
	buf_puts(&text, "POST / HTTP/1.1\r\nHost: h\r\n");
	for (int i = 0; i < 90; i++)
		buf_printf(&text, "Header-%d: %0*d\r\n", i, 200, i);
	buf_puts(&text, "Content-Length: 500000\r\n\r\n");
	size_t head = text.len;
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "%05d", i);
	size_t at = 0;
	enum parse result;
	do {
		size_t len = text.len - at < 3001 ? text.len - at : 3001;
		result = parser_feed(parser, text.ptr + at, len, &used);
		at += used;
	} while (result == PARSE_MORE || result == PARSE_HEAD);
	assert_int_equal(result, PARSE_DONE);
	assert_int_equal(request.header_count, 92);
	assert_int_equal(request_header(&request, "header-77").len, 200);
	assert_int_equal(request.body.len, 500000);
	assert_memory_equal(request.body.ptr, text.ptr + head, 500000);
	arena_free(request.arena);
	buf_free(&text);
}
