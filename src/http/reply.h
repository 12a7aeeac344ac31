/* reply -- the bytes of a reply's head. */
#ifndef OFFHOOK_HTTP_REPLY_H
#define OFFHOOK_HTTP_REPLY_H

#include <time.h>

#include "http/request.h"
#include "util/buf.h"

enum { REPLY_DATE_SIZE = 30 };

/* The text of the Date header, written once a second. For one thread; begin with {0}. */
struct reply_date {
	time_t second;
	char text[REPLY_DATE_SIZE];
};

/* Appends status line, headers and the empty line. `connection` is the value of that
 * header, or NULL. The caller sends the body, unless the status (204, 304) has none. */
void reply_head(struct buf *out, const struct reply *reply, const char *connection,
    struct reply_date *date);
bool reply_has_body(int status);

#endif
