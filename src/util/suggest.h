/* suggest -- "did you mean": the nearest of some known words. */
#ifndef OFFHOOK_UTIL_SUGGEST_H
#define OFFHOOK_UTIL_SUGGEST_H

#include <stddef.h>

#include "util/span.h"

/* How many characters must be inserted, removed, replaced, or exchanged with their
 * neighbour to make b of a; upper and lower case are the same. A word over 64 bytes is
 * as far from any other as the longer one is long. */
size_t suggest_distance(struct span a, struct span b);

/* Keeps the best candidate offered so far. Start from {.word = …}. */
struct suggestion {
	struct span word;
	const char *best; /* NULL: nothing near enough yet */
	size_t distance;
};

/* Offers a candidate, which must outlive the suggestion. Near enough is: one character
 * wrong in a word under five, two under nine, else a third of its length; or the
 * candidate begins with the word. */
void suggest_offer(struct suggestion *suggestion, const char *candidate);

/* The one of `count` candidates that the word most likely means; NULL: none. */
const char *suggest_among(
    struct span word, const char *const *candidates, size_t count);

#endif
