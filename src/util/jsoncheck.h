/* jsoncheck -- is it JSON? Without building a tree, for texts that only pass through. */
#ifndef OFFHOOK_UTIL_JSONCHECK_H
#define OFFHOOK_UTIL_JSONCHECK_H

#include <stdbool.h>

#include "util/span.h"

enum {
	JSONCHECK_DEPTH = 512, /* SQLite's JSON functions refuse more than 1,000 */
	JSONCHECK_NUMBER = 400 /* characters */
};

/* Whether the text is one JSON object (RFC 8259) in UTF-8 that jansson would load: blanks
 * may stand around it, \u0000 may not be in it. False also when it is nested deeper than
 * JSONCHECK_DEPTH or has a longer number than JSONCHECK_NUMBER. */
bool jsoncheck_object(struct span text);

#endif
