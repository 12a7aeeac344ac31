/* holds -- does a JSON text hold a string as one of its values, at any depth? Or a path,
 * as one of its segments? */
#ifndef OFFHOOK_QUERY_HOLDS_H
#define OFFHOOK_QUERY_HOLDS_H

#include <jansson.h>
#include <stdbool.h>

#include "util/buf.h"

/* The string that is looked for. */
struct holds {
	struct span value;
	struct buf needle; /* as it is in JSON, without quotes */
};

void holds_init(struct holds *holds, struct span value);
void holds_clear(struct holds *holds);
bool holds_value(const struct holds *holds, json_t *json);
/* Parses the text only when it may hold the string. False for text that is not JSON. */
bool holds_text(const struct holds *holds, struct span text);
/* Whether a segment of a request-target's path is the string, %xx decoded. */
bool holds_target(const struct holds *holds, struct span target);

#endif
