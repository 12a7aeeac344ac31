/* base64url -- Base64 as JOSE has it (RFC 7515, section 2): for URLs, without padding. */
#ifndef OFFHOOK_ACME_BASE64URL_H
#define OFFHOOK_ACME_BASE64URL_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/span.h"

/* Appends the encoded bytes. */
void base64url_put(struct buf *out, struct span bytes);
/* Appends the decoded bytes. False, with nothing appended, when the text is anything
 * else. */
bool base64url_read(struct buf *out, struct span text);
/* Whether all of it is of that alphabet; false when empty. */
bool base64url_is(struct span text);

#endif
