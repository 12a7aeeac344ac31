/* prompt -- asks a person at the terminal: standard input is typed, standard error asks. */
#ifndef OFFHOOK_CLI_PROMPT_H
#define OFFHOOK_CLI_PROMPT_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/error.h"

/* Whether somebody is there. */
bool prompt_possible(void);
/* Appends what is typed, without the line's end. -1: the input has ended. */
int prompt_line(struct buf *out, const char *question);
/* Only "y" and "yes" are a yes; nothing typed: usual. */
bool prompt_yes(const char *question, bool usual);
/* Appends a value's bytes, with the line's end, and `max` at most, in memory that does not move;
 * typed without being shown. Ctrl-C leaves the terminal as it was; then -1 with err. */
int prompt_secret(struct buf *out, const char *name, size_t max, struct error *err);
/* The same from standard input, whatever that is; with typed, up to a line's end. -1 with
 * errno. */
int prompt_read(struct buf *out, size_t max, bool typed);

#endif
