/* parser -- bytes in, one request out. The only file that knows llhttp.
 *
 * Two parsers must agree: llhttp, and our own that reads line by line. Ours refuses
 * what llhttp accepts in some of its builds and versions: bare CR and LF, folded lines,
 * blanks in names, chunks that do not end where they say. The result does not depend on
 * the pieces in which the bytes come. */
#ifndef OFFHOOK_HTTP_PARSER_H
#define OFFHOOK_HTTP_PARSER_H

#include "http/head.h"
#include "http/request.h"
#include "http/server.h"

struct parser;

enum parse {
	PARSE_MORE,    /* all bytes taken, the request goes on */
	PARSE_HEAD,    /* the headers are there; feed again to go on with the body */
	PARSE_DONE,    /* the request is whole; unused bytes belong to the next one */
	PARSE_REFUSED, /* parser_status and parser_reason say why */
};

/* Parses one request into *request, whose arena is set; the parser lives in that arena,
 * too. limits must outlive it. */
struct parser *parser_new(struct request *request, const struct server_limits *limits);
/* Takes bytes; *used says how many. After PARSE_HEAD, len may be 0 to go on as far as
 * no bytes are needed; only that call compares Content-Length with limits->body_bytes.
 * Not after PARSE_DONE or PARSE_REFUSED. */
enum parse parser_feed(
    struct parser *parser, const char *data, size_t len, size_t *used);

/* From PARSE_HEAD on. */
const struct framing *parser_framing(const struct parser *parser);
bool parser_has_body(const struct parser *parser);
bool parser_keep_alive(const struct parser *parser);

/* After PARSE_REFUSED: 400, 413 or 431, and a line of text (a literal). */
int parser_status(const struct parser *parser);
const char *parser_reason(const struct parser *parser);

#endif
