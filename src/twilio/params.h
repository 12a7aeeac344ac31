/* params -- the form Twilio posts (or puts in the query), in posted order. Runs
 * before the signature can be checked, so every byte is hostile. */
#ifndef OFFHOOK_TWILIO_PARAMS_H
#define OFFHOOK_TWILIO_PARAMS_H

#include <stddef.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/span.h"

struct params {
	struct pair *items;
	size_t count;
	/* What parsing found out about these very items; NULL: nothing. Who changes an item
	 * in its place sets it to NULL. */
	struct params_told *told;
};

enum { PARAMS_MAX = 1000 };

enum params_status {
	PARAMS_OK,
	PARAMS_BAD_ESCAPE, /* a % not followed by two hex digits */
	PARAMS_TOO_MANY    /* over PARAMS_MAX */
};

/* Decodes application/x-www-form-urlencoded: & separates, + is a blank, %xx a byte;
 * empty pieces ("a=1&&b=2") are ignored. Names and values are in one allocation of the
 * arena; behind each is a NUL that is not in len. An absent or empty form has no
 * parameters. Read out only after PARAMS_OK. */
enum params_status params_parse(
    struct params *out, struct span form, struct arena *arena);
/* The first parameter of that name, or NULL. */
const struct pair *params_find(const struct params *params, struct span name);
/* The first value of that name; absent when there is none. */
struct span params_get(const struct params *params, const char *name);
/* The same, but absent also when the value is empty. */
struct span params_get_filled(const struct params *params, const char *name);
/* The parameters in the order of signatures and keys: by name, then by value, as bytes. */
struct params params_sort(const struct params *params, struct arena *arena);
/* Sorts what params_parse gave, so that params_sort has nothing left to do as long as the
 * arena lives. */
void params_keep_sorted(struct params *params, struct arena *arena);
/* A JSON object in posted order: {"From":"+1…","To":"+1…"}. The values of a repeated
 * name become an array in the place of the first. Bytes that are not UTF-8 become
 * U+FFFD. */
void params_json(struct buf *out, const struct params *params);
/* Whether params_json keeps every byte (all names and values are UTF-8). */
bool params_are_text(const struct params *params);
/* Appends the form, percent-encoded as Twilio does it for messages (a blank is "+"). */
void params_encode(struct buf *out, const struct params *params);

#endif
