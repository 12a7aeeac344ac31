/* What text_int, text_size and text_duration take is within their bounds, and is the same
 * when it is written out and read again. */
#include <inttypes.h>
#include <stdio.h>

#include "fuzz/fuzz.h"
#include "util/text.h"

enum { LOWEST = -1000, HIGHEST = 65535 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	char out[40];
	int64_t value = 0, again = 0;
	if (text_int(text, LOWEST, HIGHEST, &value)) {
		must(value >= LOWEST && value <= HIGHEST);
		(void)snprintf(out, sizeof(out), "%" PRId64, value);
		must(text_int(span_of(out), value, value, &again) && again == value);
	}
	if (text_size(text, &value)) {
		must(value >= 0);
		(void)snprintf(out, sizeof(out), "%" PRId64, value);
		must(text_size(span_of(out), &again) && again == value);
	}
	if (text_duration(text, &value)) {
		must(value >= 0);
		(void)snprintf(out, sizeof(out), "%" PRId64 "ms", value);
		must(text_duration(span_of(out), &again) && again == value);
	}
	return 0;
}
