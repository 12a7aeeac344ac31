/* api_error -- an answer of Twilio's API that is no success, in words:
 * https://www.twilio.com/docs/usage/twilios-response#exceptions */
#ifndef OFFHOOK_REST_API_ERROR_H
#define OFFHOOK_REST_API_ERROR_H

#include "util/error.h"
#include "util/span.h"

/* Sets err, to one printable line; returns -1. The body is whatever came. */
int api_error_tell(long status, struct span body, struct error *err);

#endif
