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
/* Prints it as printable_text (util/printable.h) writes it. */
void term_print(FILE *out, struct span text, bool lines);
/* A line with what printf would print, as term_print prints it. */
__attribute__((format(printf, 2, 3))) void term_say(FILE *out, const char *format, ...);
/* A line "Name        value"; nothing when there is no value. */
void term_field(FILE *out, const char *name, struct span value);
/* Text as a JSON string; bytes that are not UTF-8 become U+FFFD; absent: null. The
 * caller's. */
json_t *term_json_text(struct span text);
/* One compact line. Takes the value. What could change a terminal stands in it as \u202e,
 * which is the same JSON. */
void term_json(FILE *out, json_t *value);
/* The same with jansson's flags, as JSON_INDENT(2); the value stays the caller's. */
void term_json_dump(FILE *out, const json_t *value, size_t flags);

#endif
