/* fuzz -- what targets share. Each begins with what must hold, and how its input is cut. */
#ifndef OFFHOOK_TESTS_FUZZ_H
#define OFFHOOK_TESTS_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(bool holds)
{
	if (!holds)
		abort();
}

/* Takes the next line off the input. */
static inline struct span next_line(struct span *rest)
{
	size_t len = span_find(*rest, '\n');
	struct span line = span_head(*rest, len);
	*rest = span_from(*rest, len < rest->len ? len + 1 : len);
	return line;
}

#endif
