#include "http/parser.h"

#include <assert.h>
#include <llhttp.h>

#include "util/arena.h"

enum {
	LINE_ROOM = 1024,  /* first room for lines; a usual head fits */
	HEADER_ROOM = 16,  /* first room for headers; doubled when full */
	BODY_ROOM = 16384, /* up to here a body gets its room at once */
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
	bool blank_found; /* the one empty line that may stand before it */
	bool body_begun;
	bool keep_alive;
	/* The line being gathered. Finished lines of the head stay where they are: the
	 * request's spans point into them. */
	char *line;
	size_t line_len, line_cap;
	size_t lines_bytes; /* of all lines of the head and the trailers */
	size_t header_room, trailer_count;
	size_t body_room;
	uint64_t chunk_left; /* of this chunk's data and the CRLF behind it */
	char *body;
	int status;
	const char *reason;
};

static int refuse(struct parser *parser, int status, const char *reason)
{
	if (parser->stage != STAGE_REFUSED) {
		parser->stage = STAGE_REFUSED;
		parser->status = status;
		parser->reason = reason;
	}
	return HPE_USER;
}

/* ---- what llhttp finds ---- */

static int on_url(llhttp_t *machine, const char *at, size_t len)
{
	struct parser *parser = machine->data;
	if (parser->request->target.ptr != NULL)
		return refuse(parser, 400, "malformed request target");
	parser->request->target = (struct span){at, len};
	return 0;
}

static int on_header_field(llhttp_t *machine, const char *at, size_t len)
{
	struct parser *parser = machine->data;
	struct request *request = parser->request;
	/* A whole line is in memory, so the byte after the name may be looked at. */
	if (!head_token_valid((struct span){at, len}) || at != parser->line ||
	    at[len] != ':')
		return refuse(parser, 400, "malformed header name");
	if (request->header_count + parser->trailer_count >=
	    parser->limits->header_count)
		return refuse(parser, 431, "too many headers");
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

static int on_header_value(llhttp_t *machine, const char *at, size_t len)
{
	struct parser *parser = machine->data;
	struct request *request = parser->request;
	if (parser->stage == STAGE_HEAD && request->header_count > 0)
		request->headers[request->header_count - 1].value =
		    span_trim((struct span){at, len});
	return 0;
}

static int on_headers_complete(llhttp_t *machine)
{
	struct parser *parser = machine->data;
	parser->keep_alive = llhttp_should_keep_alive(machine) != 0;
	/* Upgrades are not offered: such a request is an ordinary one. */
	machine->upgrade = 0;
	return HPE_PAUSED;
}

static int on_chunk_header(llhttp_t *machine)
{
	struct parser *parser = machine->data;
	parser->chunk_left = machine->content_length;
	return HPE_PAUSED;
}

/* A small body gets its room at once; a large one doubles it as it arrives, so that a
 * client that announces much and sends nothing holds little. */
static void body_grow(struct parser *parser, size_t need)
{
	const struct framing *framing = &parser->framing;
	size_t room = 2 * need;
	if (!framing->chunked &&
	    (framing->length <= BODY_ROOM || framing->length < room))
		room = (size_t)framing->length;
	char *grown = arena_alloc(parser->request->arena, room);
	if (parser->request->body.len > 0)
		memcpy(grown, parser->body, parser->request->body.len);
	parser->body = grown;
	parser->body_room = room;
}

static int on_body(llhttp_t *machine, const char *at, size_t len)
{
	struct parser *parser = machine->data;
	struct span *body = &parser->request->body;
	if (len > parser->limits->body_bytes - body->len)
		return refuse(parser, 413, "the body is too large");
	if (len > parser->body_room - body->len)
		body_grow(parser, body->len + len);
	memcpy(parser->body + body->len, at, len);
	*body = (struct span){parser->body, body->len + len};
	return 0;
}

static int on_message_complete(llhttp_t *machine)
{
	struct parser *parser = machine->data;
	if (parser->stage != STAGE_REFUSED)
		parser->stage = STAGE_DONE;
	return HPE_PAUSED;
}

/* Gives llhttp bytes of which it must take all; true when it paused after them. */
static bool machine_feed(struct parser *parser, const char *data, size_t len)
{
	llhttp_resume(&parser->machine);
	enum llhttp_errno rc = llhttp_execute(&parser->machine, data, len);
	if (rc == HPE_OK)
		return false;
	if (rc == HPE_PAUSED && llhttp_get_error_pos(&parser->machine) == data + len)
		return true;
	(void)refuse(parser, 400, "malformed request");
	return false;
}

/* ---- lines ---- */

/* Every CR has its LF and every LF its CR; no control characters but tabs. Looks at
 * the bytes from `from` on. */
static bool line_clean(const char *line, size_t from, size_t len)
{
	for (size_t i = from; i < len; i++) {
		unsigned char c = (unsigned char)line[i];
		bool after_cr = i > 0 && line[i - 1] == '\r';
		if (after_cr != (c == '\n'))
			return false;
		if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7F)
			return false;
	}
	return true;
}

/* Adds what belongs to the line; true when it is whole. */
static bool line_take(struct parser *parser, struct span data, size_t *used)
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
	if (!line_clean(parser->line, from, parser->line_len)) {
		(void)refuse(parser, 400, "control characters, or a bare CR or LF");
		return false;
	}
	return end < data.len;
}

/* The line stays where it is; the next begins behind it. */
static void line_keep(struct parser *parser)
{
	parser->line += parser->line_len;
	parser->line_cap -= parser->line_len;
	parser->line_len = 0;
}

/* ---- stages ---- */

/* "METHOD SP target SP HTTP/1.x CRLF" and nothing else. */
static void request_line(struct parser *parser)
{
	struct request *request = parser->request;
	struct span line = {parser->line, parser->line_len};
	(void)machine_feed(parser, line.ptr, line.len);
	if (parser->stage == STAGE_REFUSED)
		return;

	struct span method = span_head(line, span_find(line, ' '));
	struct span target = request->target;
	if (!head_target_valid(target) || span_is(method, "CONNECT") ||
	    target.ptr != method.ptr + method.len + 1 ||
	    line.len != method.len + target.len + 2 + strlen("HTTP/1.1\r\n") ||
	    !span_starts(
		span_from(line, method.len + target.len + 2), SPAN("HTTP/1."))) {
		(void)refuse(parser, 400, "malformed request line");
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

static bool line_is_blank(const struct parser *parser)
{
	return parser->line_len == 2;
}

/* One line of the head or of the trailers. */
static void header_line(struct parser *parser)
{
	bool blank = line_is_blank(parser);
	if (parser->line[0] == ' ' || parser->line[0] == '\t')
		(void)refuse(parser, 400, "folded header line");
	else if (machine_feed(parser, parser->line, parser->line_len) != blank)
		(void)refuse(parser, 400, "malformed header");
}

static enum parse head_end(struct parser *parser)
{
	const char *reason = head_check(parser->request, &parser->framing);
	if (reason != NULL) {
		(void)refuse(parser, 400, reason);
		return PARSE_REFUSED;
	}
	parser->stage = parser->framing.chunked ? STAGE_CHUNK_LINE : STAGE_BODY;
	return PARSE_HEAD;
}

/* A line of the head or the trailers, which have a limit together. Looks no further
 * than that, so that what is wrong first is what is answered. */
static bool header_take(struct parser *parser, struct span data, size_t *used)
{
	size_t room = parser->limits->header_bytes - parser->lines_bytes + 1;
	bool whole =
	    line_take(parser, span_head(data, room < data.len ? room : data.len), used);
	parser->lines_bytes += *used;
	if (parser->lines_bytes > parser->limits->header_bytes)
		(void)refuse(parser, 431, "request line and headers are too large");
	return whole && parser->stage != STAGE_REFUSED;
}

static enum parse take_head(struct parser *parser, struct span data, size_t *used)
{
	if (!header_take(parser, data, used))
		return PARSE_MORE;
	bool blank = line_is_blank(parser);
	if (!parser->line_found && blank && !parser->blank_found) {
		/* RFC 9112, 2.2: old clients put an empty line behind a body. */
		parser->blank_found = true;
	} else if (!parser->line_found) {
		request_line(parser);
	} else {
		header_line(parser);
	}
	bool ended = parser->line_found && blank && parser->stage == STAGE_HEAD;
	line_keep(parser);
	return ended ? head_end(parser) : PARSE_MORE;
}

static enum parse take_trailers(struct parser *parser, struct span data, size_t *used)
{
	if (!header_take(parser, data, used))
		return PARSE_MORE;
	header_line(parser);
	line_keep(parser);
	return PARSE_MORE;
}

static enum parse take_body(struct parser *parser, struct span data, size_t *used)
{
	const struct framing *framing = &parser->framing;
	if (!parser->body_begun && framing->length > parser->limits->body_bytes) {
		(void)refuse(parser, 413, "the body is too large");
		return PARSE_REFUSED;
	}
	parser->body_begun = true;
	uint64_t left = framing->length - parser->request->body.len;
	*used = data.len < left ? data.len : (size_t)left;
	(void)machine_feed(parser, data.ptr, *used);
	return PARSE_MORE;
}

/* The size of a chunk: hexadecimal digits, then the CRLF or ";" and extensions, which
 * nobody uses and which are skipped. */
static bool chunk_line_valid(const struct parser *parser)
{
	size_t digits = 0;
	while (strchr("0123456789abcdefABCDEF", parser->line[digits]) != NULL)
		digits++;
	return digits > 0 && digits <= 8 &&
	       (parser->line[digits] == '\r' || parser->line[digits] == ';');
}

static enum parse take_chunk_line(struct parser *parser, struct span data, size_t *used)
{
	bool whole = line_take(parser, data, used);
	if (parser->line_len > CHUNK_LINE_MAX)
		(void)refuse(parser, 400, "malformed chunk size");
	if (parser->stage == STAGE_REFUSED || !whole)
		return PARSE_MORE;
	if (!chunk_line_valid(parser) ||
	    !machine_feed(parser, parser->line, parser->line_len)) {
		(void)refuse(parser, 400, "malformed chunk size");
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

/* The CRLF behind a chunk's data, as far as it is here; `left` bytes of data and CRLF
 * were still to come. */
static bool chunk_end_valid(struct span data, uint64_t left)
{
	for (size_t i = left > 2 ? (size_t)left - 2 : 0; i < data.len; i++)
		if (data.ptr[i] != (left - i == 2 ? '\r' : '\n'))
			return false;
	return true;
}

static enum parse take_chunk_data(struct parser *parser, struct span data, size_t *used)
{
	*used = data.len < parser->chunk_left ? data.len : (size_t)parser->chunk_left;
	(void)machine_feed(parser, data.ptr, *used);
	if (!chunk_end_valid(span_head(data, *used), parser->chunk_left))
		(void)refuse(parser, 400, "a chunk does not end where it says");
	parser->chunk_left -= *used;
	if (parser->chunk_left == 0 && parser->stage == STAGE_CHUNK_DATA)
		parser->stage = STAGE_CHUNK_LINE;
	return PARSE_MORE;
}

static enum parse take(struct parser *parser, struct span data, size_t *used)
{
	switch (parser->stage) {
	case STAGE_HEAD:
		return take_head(parser, data, used);
	case STAGE_BODY:
		return take_body(parser, data, used);
	case STAGE_CHUNK_LINE:
		return take_chunk_line(parser, data, used);
	case STAGE_CHUNK_DATA:
		return take_chunk_data(parser, data, used);
	case STAGE_TRAILERS:
		return take_trailers(parser, data, used);
	case STAGE_DONE:
		return PARSE_DONE;
	case STAGE_REFUSED:
		return PARSE_REFUSED;
	}
	return PARSE_REFUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
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
		result = take(parser, (struct span){data + *used, len - *used}, &took);
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
