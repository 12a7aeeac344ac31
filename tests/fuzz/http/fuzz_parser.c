/* A stream of requests means the same whatever the pieces in which it comes, and what
 * is accepted keeps what parser.h and head.h promise. The first byte chooses the
 * pieces. */
#include <stdio.h>
#include <stdlib.h>

#include "http/parser.h"
#include "util/arena.h"
#include "util/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct server_limits limits = {
    .body_bytes = 64,
    .header_bytes = 400,
    .header_count = 6,
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void put(struct buf *out, struct span span)
{
	buf_printf(out, "%zu:", span.len);
	buf_put(out, span);
}

/* Accepted: does it keep the promises? And writes down what it is. */
static void write_down(struct buf *out, const struct request *request)
{
	must(head_target_valid(request->target));
	must(request->header_count <= limits.header_count);
	must(request->body.len <= limits.body_bytes);
	must(request_header_count(request, "Host") <= 1);
	must(request_header_count(request, "Content-Length") +
		 request_header_count(request, "Transfer-Encoding") <=
	     1);
	must(request_header_count(request, "Content-Length") == 0 ||
	     strtoul(request_header(request, "Content-Length").ptr, NULL, 10) ==
		 request->body.len);
	put(out, request->method_name);
	put(out, request->target);
	put(out, request->path);
	put(out, request->query);
	for (size_t i = 0; i < request->header_count; i++) {
		struct span value = request->headers[i].value;
		must(head_token_valid(request->headers[i].name));
		for (size_t k = 0; k < value.len; k++)
			must(
			    (unsigned char)value.ptr[k] >= ' ' || value.ptr[k] == '\t');
		put(out, request->headers[i].name);
		put(out, value);
	}
	put(out, request->body);
}

/* How long the next piece is: all, one byte, or by a small generator. */
static size_t piece_len(uint32_t *random, uint8_t choice)
{
	if (choice < 2)
		return choice == 0 ? SIZE_MAX : 1;
	*random = *random * 1664525U + 1013904223U;
	return 1 + (*random >> 16) % choice;
}

/* One request from the front of the stream; true when another may follow. */
static bool one(struct buf *out, struct span *stream, uint32_t *random, uint8_t choice)
{
	struct request request = {.arena = arena_new()};
	struct parser *parser = parser_new(&request, &limits);
	enum parse result = PARSE_MORE;
	while (result == PARSE_MORE && stream->len > 0) {
		size_t len = piece_len(random, choice);
		struct span piece =
		    span_head(*stream, len < stream->len ? len : stream->len);
		size_t used;
		do {
			result = parser_feed(parser, piece.ptr, piece.len, &used);
			must(used <= piece.len);
			piece = span_from(piece, used);
			*stream = span_from(*stream, used);
		} while (result == PARSE_HEAD);
		must(result != PARSE_MORE || piece.len == 0);
	}
	if (result == PARSE_DONE)
		write_down(out, &request);
	else if (result == PARSE_REFUSED)
		buf_printf(out, "refused %d", parser_status(parser));
	arena_free(request.arena);
	return result == PARSE_DONE;
}

static void all(struct buf *out, struct span stream, uint8_t choice)
{
	uint32_t random = choice;
	while (one(out, &stream, &random, choice))
		continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = {0};
	struct buf split = {0};
	if (size == 0)
		return 0;
	struct span stream = {(const char *)data + 1, size - 1};
	all(&whole, stream, 0);
	all(&split, stream, data[0] == 0 ? 1 : data[0]);
	must(span_eq(buf_span(&whole), buf_span(&split)));
	buf_free(&whole);
	buf_free(&split);
	return 0;
}
