/* head -- has this request's head exactly one meaning? Where RFC 9112 lets two programs
 * behind one another read two different requests, the request is malformed here. Reads
 * only what the parser found. */
#ifndef OFFHOOK_HTTP_HEAD_H
#define OFFHOOK_HTTP_HEAD_H

#include "http/request.h"

enum expect { EXPECT_NOTHING, EXPECT_CONTINUE, EXPECT_UNKNOWN };

/* Where the body ends. */
struct framing {
	int minor; /* HTTP/1.minor, 0 or 1; set before head_check */
	bool chunked;
	uint64_t length; /* of the body, unless chunked */
	enum expect expect;
};

/* Origin form: begins with a slash, visible ASCII, no fragment. */
bool head_target_valid(struct span target);
/* A token of RFC 9110, which a header's name must be. */
bool head_token_valid(struct span name);
/* A name, an IPv4 address or an IPv6 address in brackets, then perhaps a port. */
bool head_host_valid(struct span host);
/* Fills *framing and returns NULL; or returns what is wrong, as a literal. */
const char *head_check(const struct request *request, struct framing *framing);

#endif
