#include "store/nearest.h"

#include <string.h>

#define NAME_MAX_LEN 24

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, by rows. Both names have at most NAME_MAX_LEN bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1];
	size_t b_len = strlen(b);
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < b_len; j++) {
			size_t replaced = diagonal + (lower(a[i]) != lower(b[j]));
			diagonal = row[j + 1];
			row[j + 1] = least(replaced, least(row[j], row[j + 1]) + 1);
		}
	}
	return row[b_len];
}

const char *nearest_name(const char *name, const char *const *names, size_t count)
{
	size_t len = strlen(name);
	if (len > NAME_MAX_LEN)
		return NULL;
	const char *best = NULL;
	size_t allowed = len > 4 ? 2 : 1;
	for (size_t i = 0; i < count; i++) {
		if (strlen(names[i]) > NAME_MAX_LEN)
			continue;
		size_t slips = distance(name, names[i]);
		if (slips <= allowed) {
			best = names[i];
			if (slips == 0)
				break;
			allowed = slips - 1;
		}
	}
	return best;
}
