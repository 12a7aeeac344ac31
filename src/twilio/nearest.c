#include "twilio/nearest.h"

#include <ctype.h>

enum { WORD_MAX = 40 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, letters compared without case; one row at a time. */
static size_t distance(struct span a, struct span b)
{
	size_t row[WORD_MAX + 1];
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = tolower((unsigned char)a.ptr[i - 1]) ==
				    tolower((unsigned char)b.ptr[j - 1]);
			size_t changed = diagonal + (same ? 0 : 1);
			diagonal = row[j];
			row[j] = least(changed, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b.len];
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
	struct span other = span_of(candidate);
	size_t limit = nearest->word.len < 5 ? 1 : 2;
	if (nearest->word.len > WORD_MAX || other.len > WORD_MAX)
		return;
	size_t far = distance(nearest->word, other);
	if (far > limit || (nearest->best != NULL && far >= nearest->distance))
		return;
	nearest->best = candidate;
	nearest->distance = far;
}
