/* reply -- the bytes of a reply's head. */
#ifndef OFFHOOK_HTTP_REPLY_H
#define OFFHOOK_HTTP_REPLY_H

#include <time.h>

#include "http/request.h"
#include "util/buf.h"

enum { REPLY_DATE_SIZE = 30 };

/* The Date header's text, made anew once a second. One thread's; start from {0}. */
struct reply_date {
	time_t second;
	char text[REPLY_DATE_SIZE];
};

/* Adds status line and headers up to and with the empty line; `connection` is that
 * header's value, or NULL. The body is the caller's to send, unless the status (204,
 * 304) has none. */
void reply_head(struct buf *out, const struct reply *reply, const char *connection,
    struct reply_date *date);
/* Whether a reply of this status carries a body. */
bool reply_has_body(int status);

#endif
