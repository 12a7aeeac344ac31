/* json_text -- jansson's trees as compact text, for every document that a handler writes:
 * jansson's own dump calls back for each comma. */
#ifndef OFFHOOK_API_JSON_TEXT_H
#define OFFHOOK_API_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>

#include "util/buf.h"

/* Appends the bytes that json_dumps gives for JSON_COMPACT | JSON_ENCODE_ANY. False when
 * it gives none, because a text is not UTF-8 or a value is within itself: then what was
 * appended is of no use. */
bool json_text(struct buf *out, const json_t *json);

#endif
