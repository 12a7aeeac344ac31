#include "http/parser.h"

#include <assert.h>
#include <llhttp.h>

#include "util/arena.h"
#include "util/word.h"

enum {
	LINE_ROOM = 1024,  /* at first; a usual head fits */
	HEADER_ROOM = 16,  /* at first; doubled when full */
	BODY_ROOM = 16384, /* a body up to this size gets its room at once */
	CHUNK_LINE_MAX = 256,
};

enum stage {
	STAGE_HEAD,
	STAGE_BODY, /* of Content-Length bytes */
	STAGE_CHUNK_LINE,
	STAGE_CHUNK_DATA,
	STAGE_TRAILERS,
	STAGE_DONE,
	STAGE_REFUSED,
};

struct parser {
	llhttp_t machine;
	struct request *request;
	const struct server_limits *limits;
	struct framing framing;
	enum stage stage;
	bool line_found;  /* the request line was read */
	bool blank_found; /* one empty line may stand before it */
	bool body_begun;
	bool keep_alive;
	/* The line that is being gathered. The lines of the head before it are kept: the
	 * request's spans point into them. */
	char *line;
	size_t line_len, line_cap;
	size_t lines_bytes; /* of all lines of the head and the trailers */
	size_t header_room, trailer_count;
	size_t body_room;
	uint64_t chunk_left; /* bytes of this chunk's data and of the CRLF behind it */
	char *body;
	int status;
	const char *reason;
};

static int parser_refuse(struct parser *parser, int status, const char *reason)
{
	if (parser->stage != STAGE_REFUSED) {
		parser->stage = STAGE_REFUSED;
		parser->status = status;
		parser->reason = reason;
	}
	return HPE_USER;
}

/* ---- what llhttp finds ---- */

static int parser_on_url(llhttp_t *machine, const char *at, size_t len)
{
	struct parser *parser = machine->data;
	if (parser->request->target.ptr != NULL)
		return parser_refuse(parser, 400, "malformed request target");
	parser->request->target = (struct span){at, len};
	return 0;
}

static int parser_on_header_field(llhttp_t *machine, const char *at, size_t len)
{
	struct parser *parser = machine->data;
	struct request *request = parser->request;
	/* A whole line is in memory, so the byte after the name may be looked at. */
	if (!head_token_valid((struct span){at, len}) || at != parser->line ||
	    at[len] != ':')
		return parser_refuse(parser, 400, "malformed header name");
	if (request->header_count + parser->trailer_count >=
	    parser->limits->header_count)
		return parser_refuse(parser, 431, "too many headers");
	if (parser->stage == STAGE_TRAILERS) {
		parser->trailer_count++;
		return 0;
	}
	if (request->header_count == parser->header_room) {
		size_t room =
		    parser->header_room == 0 ? HEADER_ROOM : 2 * parser->header_room;
		struct pair *grown = arena_alloc(request->arena, room * sizeof(*grown));
		if (request->header_count > 0)
			memcpy(grown, request->headers,
			    request->header_count * sizeof(*grown));
		request->headers = grown;
		parser->header_room = room;
	}
	request->headers[request->header_count++] =
	    (struct pair){{at, len}, {at + len + 1, 0}};
	return 0;
}

static int parser_on_header_value(llhttp_t *machine, const char *at, size_t len)
{
	struct parser *parser = machine->data;
	struct request *request = parser->request;
	if (parser->stage == STAGE_HEAD && request->header_count > 0)
		request->headers[request->header_count - 1].value =
		    span_trim((struct span){at, len});
	return 0;
}

static int parser_on_headers(llhttp_t *machine)
{
	struct parser *parser = machine->data;
	parser->keep_alive = llhttp_should_keep_alive(machine) != 0;
	/* We offer no upgrades, so a request for one is an ordinary request. */
	machine->upgrade = 0;
	return HPE_PAUSED;
}

static int parser_on_chunk_header(llhttp_t *machine)
{
	struct parser *parser = machine->data;
	parser->chunk_left = machine->content_length;
	return HPE_PAUSED;
}

static int parser_on_body(llhttp_t *machine, const char *at, size_t len)
{
	struct parser *parser = machine->data;
	struct span *body = &parser->request->body;
	if (len > parser->limits->body_bytes - body->len)
		return parser_refuse(parser, 413, "the body is too large");
	/* A small body gets its room at once. A large one doubles it as it arrives: a client
	 * that announces much and sends nothing costs little memory. */
	if (len > parser->body_room - body->len) {
		const struct framing *framing = &parser->framing;
		size_t room = 2 * (body->len + len);
		if (!framing->chunked &&
		    (framing->length <= BODY_ROOM || framing->length < room))
			room = (size_t)framing->length;
		char *grown = arena_alloc(parser->request->arena, room);
		if (body->len > 0)
			memcpy(grown, parser->body, body->len);
		parser->body = grown;
		parser->body_room = room;
	}
	memcpy(parser->body + body->len, at, len);
	*body = (struct span){parser->body, body->len + len};
	return 0;
}

static int parser_on_end(llhttp_t *machine)
{
	struct parser *parser = machine->data;
	if (parser->stage != STAGE_REFUSED)
		parser->stage = STAGE_DONE;
	return HPE_PAUSED;
}

/* llhttp must take all bytes, else the request is refused. True when it paused after
 * them. */
static bool parser_feed_machine(struct parser *parser, const char *data, size_t len)
{
	llhttp_resume(&parser->machine);
	enum llhttp_errno rc = llhttp_execute(&parser->machine, data, len);
	if (rc == HPE_OK)
		return false;
	if (rc == HPE_PAUSED && llhttp_get_error_pos(&parser->machine) == data + len)
		return true;
	(void)parser_refuse(parser, 400, "malformed request");
	return false;
}

/* ---- lines ---- */

static bool parser_word_plain(const char *at)
{
	uint64_t word = word_load(at);
	uint64_t odd = word_below(word, ' ') | word_is(word, 0x7F) | word;
	return (odd & WORD_TOPS) == 0;
}

/* How many leading bytes, by eights or all of them, are ASCII and no control characters. */
static size_t parser_plain_len(const char *at, size_t len)
{
	size_t plain = 0;
	while (len - plain >= sizeof(uint64_t) && parser_word_plain(at + plain))
		plain += sizeof(uint64_t);
	/* The rest with some of those that were looked at before. */
	if (len >= sizeof(uint64_t) && len - plain < sizeof(uint64_t) &&
	    parser_word_plain(at + len - sizeof(uint64_t)))
		return len;
	return plain;
}

/* Whether, from `from` on, every CR is followed by LF, every LF follows a CR, and no
 * other control character occurs but tabs. */
static bool parser_line_clean(const char *line, size_t from, size_t len)
{
	bool ended = len >= 2 && line[len - 2] == '\r' && line[len - 1] == '\n';
	size_t text = ended ? len - 2 : len;
	for (size_t i = from; i < len; i++) {
		bool after_cr = i > 0 && line[i - 1] == '\r';
		if (!after_cr && i < text)
			i += parser_plain_len(line + i, text - i);
		if (!after_cr && i == text)
			break;
		unsigned char c = (unsigned char)line[i];
		if (after_cr != (c == '\n'))
			return false;
		if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7F)
			return false;
	}
	return true;
}

/* Adds bytes up to the line's end. True when the line is whole. */
static bool parser_take_line(struct parser *parser, struct span data, size_t *used)
{
	size_t end = span_find(data, '\n');
	size_t len = end < data.len ? end + 1 : data.len;
	if (parser->line_len + len > parser->line_cap) {
		size_t cap = 2 * (parser->line_len + len);
		if (cap < LINE_ROOM)
			cap = LINE_ROOM;
		char *grown = arena_alloc(parser->request->arena, cap);
		if (parser->line_len > 0)
			memcpy(grown, parser->line, parser->line_len);
		parser->line = grown;
		parser->line_cap = cap;
	}
	if (len > 0)
		memcpy(parser->line + parser->line_len, data.ptr, len);
	size_t from = parser->line_len;
	parser->line_len += len;
	*used = len;
	if (!parser_line_clean(parser->line, from, parser->line_len)) {
		(void)parser_refuse(
		    parser, 400, "control characters, or a bare CR or LF");
		return false;
	}
	return end < data.len;
}

/* Keeps the line in memory; the next one begins behind it. */
static void parser_keep_line(struct parser *parser)
{
	parser->line += parser->line_len;
	parser->line_cap -= parser->line_len;
	parser->line_len = 0;
}

/* ---- stages ---- */

/* "METHOD SP target SP HTTP/1.x CRLF", with nothing else in it. */
static void parser_request_line(struct parser *parser)
{
	struct request *request = parser->request;
	struct span line = {parser->line, parser->line_len};
	(void)parser_feed_machine(parser, line.ptr, line.len);
	if (parser->stage == STAGE_REFUSED)
		return;

	struct span method = span_head(line, span_find(line, ' '));
	struct span target = request->target;
	if (!head_target_valid(target) || span_is(method, "CONNECT") ||
	    target.ptr != method.ptr + method.len + 1 ||
	    line.len != method.len + target.len + 2 + strlen("HTTP/1.1\r\n") ||
	    !span_starts(
		span_from(line, method.len + target.len + 2), SPAN("HTTP/1."))) {
		(void)parser_refuse(parser, 400, "malformed request line");
		return;
	}
	parser->framing.minor = parser->machine.http_minor;
	request->method_name = method;
	request->method = span_is(method, "GET")    ? METHOD_GET
			  : span_is(method, "POST") ? METHOD_POST
						    : METHOD_OTHER;
	size_t mark = span_find(target, '?');
	request->path = span_head(target, mark);
	if (mark < target.len)
		request->query = span_from(target, mark + 1);
	parser->line_found = true;
}

/* One line of the head or of the trailers. */
static void parser_header_line(struct parser *parser)
{
	bool blank = parser->line_len == 2; /* CRLF */
	if (parser->line[0] == ' ' || parser->line[0] == '\t')
		(void)parser_refuse(parser, 400, "folded header line");
	else if (parser_feed_machine(parser, parser->line, parser->line_len) != blank)
		(void)parser_refuse(parser, 400, "malformed header");
}

/* Gathers a line of the head or the trailers, which have one limit together. Takes no
 * byte beyond that limit, so that the first thing that is wrong decides the answer. */
static bool parser_take_header(struct parser *parser, struct span data, size_t *used)
{
	size_t room = parser->limits->header_bytes - parser->lines_bytes + 1;
	bool whole = parser_take_line(
	    parser, span_head(data, room < data.len ? room : data.len), used);
	parser->lines_bytes += *used;
	if (parser->lines_bytes > parser->limits->header_bytes)
		(void)parser_refuse(
		    parser, 431, "request line and headers are too large");
	return whole && parser->stage != STAGE_REFUSED;
}

static enum parse parser_take_head(
    struct parser *parser, struct span data, size_t *used)
{
	if (!parser_take_header(parser, data, used))
		return PARSE_MORE;
	bool blank = parser->line_len == 2; /* CRLF */
	if (!parser->line_found && blank && !parser->blank_found) {
		/* RFC 9112, 2.2: old clients put an empty line behind a body. */
		parser->blank_found = true;
	} else if (!parser->line_found) {
		parser_request_line(parser);
	} else {
		parser_header_line(parser);
	}
	bool ended = parser->line_found && blank && parser->stage == STAGE_HEAD;
	parser_keep_line(parser);
	if (!ended)
		return PARSE_MORE;
	const char *reason = head_check(parser->request, &parser->framing);
	if (reason != NULL) {
		(void)parser_refuse(parser, 400, reason);
		return PARSE_REFUSED;
	}
	parser->stage = parser->framing.chunked ? STAGE_CHUNK_LINE : STAGE_BODY;
	return PARSE_HEAD;
}

static enum parse parser_take_body(
    struct parser *parser, struct span data, size_t *used)
{
	const struct framing *framing = &parser->framing;
	if (!parser->body_begun && framing->length > parser->limits->body_bytes) {
		(void)parser_refuse(parser, 413, "the body is too large");
		return PARSE_REFUSED;
	}
	parser->body_begun = true;
	uint64_t left = framing->length - parser->request->body.len;
	*used = data.len < left ? data.len : (size_t)left;
	(void)parser_feed_machine(parser, data.ptr, *used);
	return PARSE_MORE;
}

/* Hexadecimal digits, then the CRLF, or ";" and extensions, which nobody uses and which
 * are ignored. */
static enum parse parser_take_chunk_line(
    struct parser *parser, struct span data, size_t *used)
{
	size_t digits = 0;
	bool whole = parser_take_line(parser, data, used);
	if (parser->line_len > CHUNK_LINE_MAX)
		(void)parser_refuse(parser, 400, "malformed chunk size");
	if (parser->stage == STAGE_REFUSED || !whole)
		return PARSE_MORE;
	while (strchr("0123456789abcdefABCDEF", parser->line[digits]) != NULL)
		digits++;
	if (digits == 0 || digits > 8 ||
	    (parser->line[digits] != '\r' && parser->line[digits] != ';') ||
	    !parser_feed_machine(parser, parser->line, parser->line_len)) {
		(void)parser_refuse(parser, 400, "malformed chunk size");
		return PARSE_REFUSED;
	}
	parser->line_len = 0;
	if (parser->chunk_left == 0) {
		parser->stage = STAGE_TRAILERS;
	} else {
		parser->stage = STAGE_CHUNK_DATA;
		parser->chunk_left += 2;
	}
	return PARSE_MORE;
}

static enum parse parser_take_chunk_data(
    struct parser *parser, struct span data, size_t *used)
{
	uint64_t left = parser->chunk_left;
	*used = data.len < left ? data.len : (size_t)left;
	(void)parser_feed_machine(parser, data.ptr, *used);
	/* The CRLF behind the data, as far as it is here. */
	for (size_t i = left > 2 ? (size_t)left - 2 : 0; i < *used; i++)
		if (data.ptr[i] != (left - i == 2 ? '\r' : '\n'))
			(void)parser_refuse(
			    parser, 400, "a chunk does not end where it says");
	parser->chunk_left -= *used;
	if (parser->chunk_left == 0 && parser->stage == STAGE_CHUNK_DATA)
		parser->stage = STAGE_CHUNK_LINE;
	return PARSE_MORE;
}

static enum parse parser_take(struct parser *parser, struct span data, size_t *used)
{
	switch (parser->stage) {
	case STAGE_HEAD:
		return parser_take_head(parser, data, used);
	case STAGE_BODY:
		return parser_take_body(parser, data, used);
	case STAGE_CHUNK_LINE:
		return parser_take_chunk_line(parser, data, used);
	case STAGE_CHUNK_DATA:
		return parser_take_chunk_data(parser, data, used);
	case STAGE_TRAILERS:
		if (parser_take_header(parser, data, used)) {
			parser_header_line(parser);
			parser_keep_line(parser);
		}
		return PARSE_MORE;
	case STAGE_DONE:
		return PARSE_DONE;
	case STAGE_REFUSED:
		return PARSE_REFUSED;
	}
	return PARSE_REFUSED;
}

static const llhttp_settings_t settings = {
    .on_url = parser_on_url,
    .on_header_field = parser_on_header_field,
    .on_header_value = parser_on_header_value,
    .on_headers_complete = parser_on_headers,
    .on_chunk_header = parser_on_chunk_header,
    .on_body = parser_on_body,
    .on_message_complete = parser_on_end,
};

struct parser *parser_new(struct request *request, const struct server_limits *limits)
{
	struct parser *parser = arena_zalloc(request->arena, sizeof(*parser));
	llhttp_init(&parser->machine, HTTP_REQUEST, &settings);
	parser->machine.data = parser;
	parser->request = request;
	parser->limits = limits;
	return parser;
}

enum parse parser_feed(
    struct parser *parser, const char *data, size_t len, size_t *used)
{
	enum parse result;
	enum stage before;
	size_t took;
	*used = 0;
	do {
		before = parser->stage;
		took = 0;
		result = parser_take(
		    parser, (struct span){data + *used, len - *used}, &took);
		*used += took;
	} while (result == PARSE_MORE && (took > 0 || parser->stage != before));
	return result;
}

const struct framing *parser_framing(const struct parser *parser)
{
	return &parser->framing;
}

bool parser_has_body(const struct parser *parser)
{
	return parser->framing.chunked || parser->framing.length > 0;
}

bool parser_keep_alive(const struct parser *parser)
{
	return parser->keep_alive;
}

int parser_status(const struct parser *parser)
{
	assert(parser->stage == STAGE_REFUSED);
	return parser->status;
}

const char *parser_reason(const struct parser *parser)
{
	assert(parser->stage == STAGE_REFUSED);
	return parser->reason;
}
