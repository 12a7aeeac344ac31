/* Input: a document and an update as JSON, with a NUL byte between. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/query/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\0', size);
	if (end == NULL)
		return 0;
	size_t len = (size_t)(end - data);
	size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_t *doc = json_loadb((const char *)data, len, flags, NULL);
	json_t *spec = json_loadb((const char *)end + 1, size - len - 1, flags, NULL);
	if (doc != NULL && spec != NULL) {
		const char *broken = law_of_updates(doc, spec);
		if (broken != NULL) {
			(void)fprintf(stderr, "broken: %s\n", broken);
			abort();
		}
	}
	json_decref(doc);
	json_decref(spec);
	return 0;
}
