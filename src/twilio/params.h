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
};

enum { PARAMS_MAX = 1000 };

enum params_status {
	PARAMS_OK,
	PARAMS_BAD_ESCAPE, /* a % not followed by two hex digits */
	PARAMS_TOO_MANY    /* over PARAMS_MAX */
};

/* Decodes application/x-www-form-urlencoded: & separates, + is a blank, %xx a byte;
 * empty pieces ("a=1&&b=2") are no parameters. Names and values live in the arena,
 * without an allocation for each; a NUL that is not in len follows each of them. An
 * absent or empty form gives no parameters. out counts only with PARAMS_OK. */
enum params_status params_parse(
    struct params *out, struct span form, struct arena *arena);
/* The first value of that name; absent when there is none. */
struct span params_get(const struct params *params, const char *name);
/* As params_get, but absent also when the value is empty. */
struct span params_get_filled(const struct params *params, const char *name);
/* The same parameters in the order that counts for signatures and content: by name,
 * then by value, as bytes. */
struct params params_sort(const struct params *params, struct arena *arena);
/* A JSON object in posted order: {"From":"+1…","To":"+1…"}; a repeated name's values
 * form an array at the first one's place. Bytes that are not UTF-8 become U+FFFD. */
void params_json(struct buf *out, const struct params *params);
/* Whether params_json keeps every byte (all names and values are UTF-8). */
bool params_are_text(const struct params *params);
/* The form again, percent-encoded as Twilio's messaging does (blank is "+"), appended
 * to out. */
void params_encode(struct buf *out, const struct params *params);

#endif
