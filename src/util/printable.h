/* printable -- text of strangers without the characters that would change what is shown
 * around it: controls (C0, DEL, C1), what turns the direction of text, what is not to be
 * seen. A zero-width joiner between two symbols stays: it makes one emoji of them. */
#ifndef OFFHOOK_UTIL_PRINTABLE_H
#define OFFHOOK_UTIL_PRINTABLE_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/span.h"

/* Whether all bytes are ASCII: then valid JSON is printable as it is, but for DEL. */
bool printable_ascii(struct span text);
/* Appends text for people: such characters as \x1b and \u202e, bytes that are not UTF-8 as
 * \xff, a tab as a blank. Line ends stay when lines is true, else they become "⏎". */
void printable_text(struct buf *out, struct span text, bool lines);
/* Appends JSON (valid, but for bytes that are not UTF-8) that says the same, with such
 * characters as \u202e. */
void printable_json(struct buf *out, struct span json);

#endif
