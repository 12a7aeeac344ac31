/* suggest -- "did you mean": the known word that is nearest to another. */
#ifndef OFFHOOK_UTIL_SUGGEST_H
#define OFFHOOK_UTIL_SUGGEST_H

#include <stddef.h>

#include "util/error.h"
#include "util/span.h"

/* How many characters must be inserted, removed, replaced, or exchanged with their
 * neighbour to turn a into b; case is ignored. When one is over 64 bytes: the length of
 * the longer one. */
size_t suggest_distance(struct span a, struct span b);

/* Keeps the best candidate offered so far. Start from {.word = …}. */
struct suggestion {
	struct span word;
	const char *best; /* NULL: none is near enough so far */
	size_t distance;
};

/* The candidate must outlive the suggestion. It is near enough with one character wrong
 * in a word of up to 4, two in a word of up to 8, else a third of the length; or when
 * it begins with the word. */
void suggest_offer(struct suggestion *suggestion, const char *candidate);

/* Adds "; did you mean "best"?" to err, which says so far that the word is not known; or
 * adds `otherwise` when nothing is near enough. Returns -1. */
int suggest_explain(
    const struct suggestion *suggestion, const char *otherwise, struct error *err);

/* The nearest of `count` candidates; NULL: none is near enough. */
const char *suggest_among(
    struct span word, const char *const *candidates, size_t count);

#endif
