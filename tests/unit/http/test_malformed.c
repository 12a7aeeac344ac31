/* One meaning for every request or none: what is not well-formed gets 400 from a real
 * server, which then closes, and nothing behind it is taken for a request. */
#include "client.h"

#define HOST "Host: h\r\n"
#define GET  "GET /p HTTP/1.1\r\n"
#define HEAD "POST /p HTTP/1.1\r\nHost: h\r\n"
#define CH   HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define NEXT "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

static const struct {
	const char *name;
	struct span bytes;
} rows[] = {
    {"two equal Content-Length",
	BYTES(HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc")},
    {"two different", BYTES(HEAD "Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc")},
    {"a list of lengths", BYTES(HEAD "Content-Length: 3, 3\r\n\r\nabc")},
    {"+3", BYTES(HEAD "Content-Length: +3\r\n\r\nabc")},
    {"-3", BYTES(HEAD "Content-Length: -3\r\n\r\nabc")},
    {"3x", BYTES(HEAD "Content-Length: 3x\r\n\r\nabc")},
    {"0x3", BYTES(HEAD "Content-Length: 0x3\r\n\r\nabc")},
    {"3 3", BYTES(HEAD "Content-Length: 3 3\r\n\r\nabc")},
    {"3.0", BYTES(HEAD "Content-Length: 3.0\r\n\r\nabc")},
    {"no digits", BYTES(HEAD "Content-Length:\r\n\r\nabc")},
    {"too many digits", BYTES(HEAD "Content-Length: 18446744073709551619\r\n\r\nabc")},
    {"length, then encoding",
	BYTES(HEAD
	    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {"encoding, then length",
	BYTES(HEAD
	    "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" NEXT)},
    {"gzip, chunked", BYTES(HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")},
    {"chunked, gzip", BYTES(HEAD "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n")},
    {"chunked, chunked",
	BYTES(HEAD "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n")},
    {"two encodings",
	BYTES(HEAD
	    "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
    {"identity", BYTES(HEAD "Transfer-Encoding: identity\r\n\r\n")},
    {"xchunked", BYTES(HEAD "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")},
    {"no encoding named", BYTES(HEAD "Transfer-Encoding:\r\n\r\n0\r\n\r\n")},
    {"a quoted encoding",
	BYTES(HEAD "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n")},
    {"chunks in HTTP/1.0",
	BYTES(
	    "POST /p HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
    {"Transfer-Encoding before a blank",
	BYTES(HEAD "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {"chunk size 0x3", BYTES(CH "0x3\r\nabc\r\n0\r\n\r\n")},
    {"chunk size +3", BYTES(CH "+3\r\nabc\r\n0\r\n\r\n")},
    {"chunk size -3", BYTES(CH "-3\r\nabc\r\n0\r\n\r\n")},
    {"chunk size after a blank", BYTES(CH " 3\r\nabc\r\n0\r\n\r\n")},
    {"chunk size before a blank", BYTES(CH "3 \r\nabc\r\n0\r\n\r\n")},
    {"chunk size g", BYTES(CH "g\r\nabc\r\n0\r\n\r\n")},
    {"no chunk size", BYTES(CH "\r\nabc\r\n0\r\n\r\n")},
    {"a chunk size that overflows", BYTES(CH "10000000000000003\r\nabc\r\n0\r\n\r\n")},
    {"an endless chunk extension",
	BYTES(CH
	    "3;0123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789")},
    {"chunk data longer than said", BYTES(CH "3\r\nabcd\r\n0\r\n\r\n")},
    {"chunk data shorter than said", BYTES(CH "3\r\nab\r\n0\r\n\r\n")},
    {"chunk data without CRLF", BYTES(CH "3\r\nabc0\r\n\r\n" NEXT)},
    {"chunk data ended by LF", BYTES(CH "3\r\nabc\n0\r\n\r\n")},
    {"chunk data ended by XY", BYTES(CH "3\r\nabcXY0\r\n\r\n")},
    {"a chunk size ended by LF", BYTES(CH "3\nabc\r\n0\r\n\r\n")},
    {"a chunk size ended by CR", BYTES(CH "3\rabc\r\n0\r\n\r\n")},
    {"a bare LF in a chunk extension", BYTES(CH "3;a\nabc\r\n0\r\n\r\n")},
    {"a folded trailer", BYTES(CH "0\r\nX: y\r\n z\r\n\r\n")},
    {"a trailer without colon", BYTES(CH "0\r\nXy\r\n\r\n")},
    {"a trailer ended by LF", BYTES(CH "0\r\nX: y\n\r\n")},
    {"a bare CR in a trailer", BYTES(CH "0\r\nX: y\rz\r\n\r\n")},
    {"a blank in a name", BYTES(GET HOST "X Y: z\r\n\r\n")},
    {"a blank before the colon", BYTES(GET HOST "X : z\r\n\r\n")},
    {"a tab before the colon", BYTES(GET HOST "X\t: z\r\n\r\n")},
    {"no name", BYTES(GET HOST ": z\r\n\r\n")},
    {"no colon", BYTES(GET HOST "Xz\r\n\r\n")},
    {"a name with a bracket", BYTES(GET HOST "X(y): z\r\n\r\n")},
    {"a name beyond ASCII", BYTES(GET HOST "X\xC3\xA9: z\r\n\r\n")},
    {"a folded value", BYTES(GET HOST "X: y\r\n z\r\n\r\n")},
    {"a folded empty value", BYTES(GET HOST "X:\r\n z\r\n\r\n")},
    {"a fold by a tab", BYTES(GET HOST "X: y\r\n\tz\r\n\r\n")},
    {"a blank before the first header", BYTES(GET " X: y\r\n" HOST "\r\n")},
    {"a line of blanks only", BYTES(GET HOST "  \r\n\r\n")},
    {"bare LF everywhere", BYTES("GET /p HTTP/1.1\nHost: h\n\n")},
    {"the request line ended by LF", BYTES("GET /p HTTP/1.1\nHost: h\r\n\r\n")},
    {"a header ended by LF", BYTES(GET "Host: h\nX: y\r\n\r\n")},
    {"the last line only LF", BYTES(GET HOST "\n")},
    {"a bare CR in a value", BYTES(GET HOST "X: y\rZ: q\r\n\r\n")},
    {"a bare CR in the target", BYTES("GET /p\r HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"CR CR LF", BYTES(GET HOST "X: y\r\r\n\r\n")},
    {"NUL in a value", BYTES(GET HOST "X: y\0z\r\n\r\n")},
    {"NUL in a name", BYTES(GET HOST "X\0: z\r\n\r\n")},
    {"NUL in the target", BYTES("GET /p\0 HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"BEL in a value", BYTES(GET HOST "X: y\az\r\n\r\n")},
    {"DEL in a value", BYTES(GET HOST "X: y\x7Fz\r\n\r\n")},
    {"no Host", BYTES(GET "\r\n")},
    {"two Hosts", BYTES(GET HOST HOST "\r\n")},
    {"an empty Host", BYTES(GET "Host:\r\n\r\n")},
    {"a Host with a slash", BYTES(GET "Host: h/x\r\n\r\n")},
    {"a Host with a user", BYTES(GET "Host: u@h\r\n\r\n")},
    {"a Host with a blank", BYTES(GET "Host: a b\r\n\r\n")},
    {"a list of Hosts", BYTES(GET "Host: a, b\r\n\r\n")},
    {"a Host with a scheme", BYTES(GET "Host: http://h\r\n\r\n")},
    {"a port that is none", BYTES(GET "Host: h:http\r\n\r\n")},
    {"a port too large", BYTES(GET "Host: h:65536\r\n\r\n")},
    {"a signed port", BYTES(GET "Host: h:-0\r\n\r\n")},
    {"two ports", BYTES(GET "Host: h:80:80\r\n\r\n")},
    {"an unclosed bracket", BYTES(GET "Host: [::1\r\n\r\n")},
    {"HTTP/0.9", BYTES("GET /p\r\n")},
    {"HTTP/0.9 with its name", BYTES("GET /p HTTP/0.9\r\nHost: h\r\n\r\n")},
    {"HTTP/1.2", BYTES("GET /p HTTP/1.2\r\nHost: h\r\n\r\n")},
    {"HTTP/2.0", BYTES("GET /p HTTP/2.0\r\nHost: h\r\n\r\n")},
    {"HTTP/1.10", BYTES("GET /p HTTP/1.10\r\nHost: h\r\n\r\n")},
    {"HTTP/1", BYTES("GET /p HTTP/1\r\nHost: h\r\n\r\n")},
    {"http/1.1", BYTES("GET /p http/1.1\r\nHost: h\r\n\r\n")},
    {"HTTP/2's preface", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")},
    {"another protocol", BYTES("GET /p ICE/1.0\r\nHost: h\r\n\r\n")},
    {"absolute form", BYTES("GET http://h/p HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"authority form", BYTES("GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"CONNECT", BYTES("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"CONNECT with a path", BYTES("CONNECT /p HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"asterisk form", BYTES("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"no target", BYTES("GET  HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"a relative target", BYTES("GET p HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"a blank in the target", BYTES("GET /p q HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"a tab in the target", BYTES("GET /p\tq HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"a fragment", BYTES("GET /p#q HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"a target beyond ASCII", BYTES("GET /\xC3\xA9 HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"two blanks before the target", BYTES("GET  /p HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"two blanks after the target", BYTES("GET /p  HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"a blank after the version", BYTES("GET /p HTTP/1.1 \r\nHost: h\r\n\r\n")},
    {"a blank before the method", BYTES(" GET /p HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"two empty lines before", BYTES("\r\n\r\n" GET HOST "\r\n")},
    {"an empty line of LF before", BYTES("\n" GET HOST "\r\n")},
    {"a method in small letters", BYTES("get /p HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"an unknown method", BYTES("FETCH /p HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"a TLS hello", BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")},
    {"a reply", BYTES("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")},
};

TEST(no_malformed_request_is_served)
{
	struct server_config config = echo_config();
	struct server_stats stats;
	/* Whoever is not refused is closed soon nevertheless, and named below. */
	config.limits.idle_ms = 2000;
	struct server *server = start(&config);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf in = {0};
		int fd = dial(server);
		put_bytes(fd, rows[i].bytes);
		get_all(fd, &in);
		(void)close(fd);
		if (status_of(&in) != 400 || strstr(buf_text(&in), "200 OK") != NULL)
			fail_msg("%s: got %s", rows[i].name, buf_text(&in));
		assert_has(&in, "\r\nConnection: close\r\n");
		buf_free(&in);
	}
	server_stats(server, &stats);
	assert_int_equal(stats.malformed_total, sizeof(rows) / sizeof(rows[0]));
	assert_int_equal(stats.memory_bytes, 0);
	server_close(server);
}

TEST(what_came_before_a_malformed_request_was_served)
{
	struct server_config config = echo_config();
	struct server *server = start(&config);
	struct buf in = {0};
	int fd = dial(server);
	put(fd, GET HOST "\r\nGET /q HTTP/1.1\r\n" HOST HOST "\r\n" NEXT);
	get_all(fd, &in);
	assert_has(&in, "GET /p []");
	assert_has(&in, "HTTP/1.1 400 Bad Request\r\n");
	assert_has_not(&in, "smuggled");
	buf_free(&in);
	(void)close(fd);
	server_close(server);
}
