/* term -- writing for people: colour where it helps, and no bytes of a stranger that could
 * change the terminal. */
#ifndef OFFHOOK_VIEW_TERM_H
#define OFFHOOK_VIEW_TERM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/span.h"

/* Is it a terminal that shows colours (and NO_COLOR is not set)? */
bool term_colour(FILE *out);
bool term_is_tty(FILE *out);
/* Columns of the terminal; 0 when out is not a terminal. */
size_t term_width(FILE *out);
/* Appends text as valid UTF-8 in which control characters, which could move the cursor
 * or worse, are written as \x1b. Line ends stay when lines is true, else they become
 * "⏎". */
void term_clean(struct buf *out, struct span text, bool lines);
/* The same, printed. */
void term_print(FILE *out, struct span text, bool lines);
/* A line "Name        value"; nothing when there is no value. */
void term_field(FILE *out, const char *name, struct span value);
/* Text as a JSON string; bytes that are not UTF-8 become U+FFFD; absent: null. The
 * caller's. */
json_t *term_json_text(struct span text);
/* One compact line. Takes the value. */
void term_json(FILE *out, json_t *value);

#endif
