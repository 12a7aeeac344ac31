#include "util/suggest.h"

#include <ctype.h>

enum { LONGEST = 64 };

static size_t suggest_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool suggest_same(struct span a, size_t i, struct span b, size_t j)
{
	return tolower((unsigned char)a.ptr[i]) == tolower((unsigned char)b.ptr[j]);
}

/* Optimal string alignment, three rows at a time. */
size_t suggest_distance(struct span a, struct span b)
{
	size_t rows[3][LONGEST + 1];
	if (a.len > LONGEST || b.len > LONGEST)
		return a.len > b.len ? a.len : b.len;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *above2 = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t replaced =
			    above[j - 1] + (suggest_same(a, i - 1, b, j - 1) ? 0 : 1);
			row[j] = suggest_least(
			    replaced, 1 + suggest_least(above[j], row[j - 1]));
			if (i > 1 && j > 1 && suggest_same(a, i - 1, b, j - 2) &&
			    suggest_same(a, i - 2, b, j - 1))
				row[j] = suggest_least(row[j], 1 + above2[j - 2]);
		}
	}
	return rows[a.len % 3][b.len];
}

void suggest_offer(struct suggestion *suggestion, const char *candidate)
{
	struct span word = suggestion->word, other = span_of(candidate);
	size_t distance = suggest_distance(word, other);
	size_t allowed = word.len < 5 ? 1 : word.len < 9 ? 2 : word.len / 3;
	if (word.len >= 3 && other.len > word.len && span_istarts(other, word))
		distance = 1;
	if (distance > allowed)
		return;
	if (suggestion->best == NULL || distance < suggestion->distance) {
		suggestion->best = candidate;
		suggestion->distance = distance;
	}
}

int suggest_explain(
    const struct suggestion *suggestion, const char *otherwise, struct error *err)
{
	if (err == NULL)
		return -1;
	struct error said = *err;
	if (suggestion->best != NULL)
		return error_set(
		    err, "%s; did you mean \"%s\"?", said.text, suggestion->best);
	return error_set(err, "%s%s", said.text, otherwise);
}

const char *suggest_among(struct span word, const char *const *candidates, size_t count)
{
	struct suggestion suggestion = {.word = word};
	for (size_t i = 0; i < count; i++)
		suggest_offer(&suggestion, candidates[i]);
	return suggestion.best;
}
