/* head -- has this request's head exactly one meaning? RFC 9112 leaves room in which
 * two programs behind one another see two different requests; here that room is
 * closed, and what stands in it is malformed. Reads only what the parser found. */
#ifndef OFFHOOK_HTTP_HEAD_H
#define OFFHOOK_HTTP_HEAD_H

#include "http/request.h"

enum expect { EXPECT_NOTHING, EXPECT_CONTINUE, EXPECT_UNKNOWN };

/* How the message is framed. */
struct framing {
	int minor; /* HTTP/1.minor, 0 or 1; set before head_check */
	bool chunked;
	uint64_t length; /* of the body, unless chunked */
	enum expect expect;
};

/* The target is in origin form: begins with a slash, visible ASCII, no fragment. */
bool head_target_valid(struct span target);
/* A token of RFC 9110: what a header's name is made of. */
bool head_token_valid(struct span name);
/* NULL when all is well, and *framing is filled; else what is wrong, as a literal. */
const char *head_check(const struct request *request, struct framing *framing);

#endif
