/* Requests that are wrong, odd or as large as they may be, by the hundred. */
#include "abuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST    "Host: example.com\r\n"
#define POST    "POST /twilio/sms HTTP/1.1\r\n" HOST
#define FORM    "Content-Type: application/x-www-form-urlencoded\r\n"
#define JSON    "Content-Type: application/json\r\n"
#define SIGNED  "X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"

enum { EACH = 10, MIB = 1 << 20 };

/* `head`, then `many` times `unit`, then `tail`; with a length when there is a body. */
static const struct attack {
	const char *name, *head, *unit, *tail;
	int many;
	bool body; /* the units are one: Content-Length stands before them */
	int status;
} attacks[] = {
    {"no route", "GET /x HTTP/1.1\r\n" HOST, "", "\r\n", 0, false, 404},
    {"no length, HTTP/1.0",
	"POST /twilio/sms HTTP/1.0\r\n" HOST FORM SIGNED "\r\nBody=hi", "", "", 0,
	false, 403},
    {"no length, HTTP/1.1", POST FORM SIGNED "\r\nBody=hi", "", "", 0, false, 403},
    {"another version", "GET /x HTTP/3.0\r\n" HOST, "", "\r\n", 0, false, 400},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", "", 0, false, 400},
    {"TLS", "\x16\x03\x01\x02\x01\x01\xfc", "x", "\n", 100, false, 400},
    {"upgrade to a WebSocket",
	"GET /twilio/sms HTTP/1.1\r\n" HOST
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
	"13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
	"", "\r\n", 0, false, 400},
    {"upgrade to h2c",
	"GET /twilio/sms HTTP/1.1\r\n" HOST
	"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
	"AAMAAABk\r\n",
	"", "\r\n", 0, false, 400},
    {"CONNECT", "CONNECT example.com:443 HTTP/1.1\r\n" HOST, "", "\r\n", 0, false, 400},
    {"TRACE", "TRACE /twilio/sms HTTP/1.1\r\n" HOST, "", "\r\n", 0, false, 405},
    {"another method", "DELETE /twilio/sms HTTP/1.1\r\n" HOST, "", "\r\n", 0, false,
	405},
    {"headers without number", POST, "X: y\r\n", "\r\n", 5000, false, 431},
    {"a header without end", POST "X: ", "yyyyyyyyyyyyyyyy", "\r\n\r\n", 4000, false,
	431},
    {"a target without end", "GET /", "yyyyyyyyyyyyyyyy", " HTTP/1.1\r\n\r\n", 4000,
	false, 431},
    {"a request line of blanks", "GET", "                ", "/ HTTP/1.1\r\n\r\n", 4000,
	false, 431},
    {"empty lines", "", "\r\n", "GET /x HTTP/1.1\r\n" HOST "\r\n", 40000, false, 400},
    {"a body too large", POST FORM SIGNED, "x", "", MIB + 1, true, 413},
    {"more parameters than there are", POST FORM SIGNED, "a=b&", "", 200000, true, 400},
    {"as many parameters as may be", POST FORM SIGNED, "a&", "", 1000, true, 403},
    {"long names", POST FORM SIGNED, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"=b", 23000, true, 403},
    {"bytes that are escaped", POST FORM SIGNED, "%01", "", 300000, true, 403},
    {"a bad escape at the end", POST FORM SIGNED, "a=%20", "%", 200000, true, 400},
    {"deeply nested JSON", POST JSON SIGNED, "[", "", MIB - 1, true, 403},
    {"large JSON", POST JSON SIGNED, "{\"a\":0,", "", 140000, true, 403},
    {"another Content-Type", POST SIGNED "Content-Type: multipart/form-data\r\n", "x",
	"", 100000, true, 400},
    {"chunks of a byte", POST FORM SIGNED CHUNKED "\r\n", "1\r\nx\r\n", "0\r\n\r\n",
	100000, false, 403},
    {"chunks with extensions", POST FORM SIGNED CHUNKED "\r\n",
	"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n", "0\r\n\r\n", 20000, false,
	403},
    {"an extension without end", POST FORM SIGNED CHUNKED "\r\n1;", "aaaaaaaaaaaaaaaa",
	"\r\nx\r\n0\r\n\r\n", 200000, false, 400},
    {"trailers without end", POST FORM SIGNED CHUNKED "\r\n1\r\nx\r\n0\r\n",
	"X: yyyyyyyyyy\r\n", "\r\n", 100000, false, 431},
    {"a chunk larger than all", POST FORM SIGNED CHUNKED "\r\nfffffffffffffff0\r\n",
	"x", "", 1000, false, 400},
    {"leading zeros of a chunk", POST FORM SIGNED CHUNKED "\r\n", "0000000000000000",
	"1\r\nx\r\n0\r\n\r\n", 100000, false, 400},
};

static void make(struct buf *out, const struct attack *attack)
{
	size_t unit = strlen(attack->unit);
	buf_clear(out);
	buf_puts(out, attack->head);
	if (attack->body)
		buf_printf(out, "Content-Length: %zu\r\n\r\n",
		    unit * (size_t)attack->many + strlen(attack->tail));
	for (int i = 0; i < attack->many; i++)
		buf_add(out, attack->unit, unit);
	buf_puts(out, attack->tail);
}

TEST(what_is_wrong_odd_or_large_costs_nobody_else_an_answer)
{
	struct abuse abuse;
	struct buf request = {0};
	abuse_open(&abuse, NULL);
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		const struct attack *attack = &attacks[i];
		make(&request, attack);
		for (int round = 0; abuse_goes_on(&abuse, &round, EACH);) {
			int status;
			abuse_ask(&abuse, &request, &status, 1);
			if (status != attack->status)
				fail_msg("%s: %d", attack->name, status);
		}
	}
	abuse_close(&abuse);
	buf_free(&request);
}
