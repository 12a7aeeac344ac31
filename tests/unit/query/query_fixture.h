/* Filters, updates and documents as text. */
#ifndef OFFHOOK_TESTS_QUERY_FIXTURE_H
#define OFFHOOK_TESTS_QUERY_FIXTURE_H

#include "test.h"

#include <jansson.h>

/* The caller's to free. */
static inline json_t *parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (value == NULL)
		fail_msg("not JSON: %s: %s", text, error.text);
	return value;
}

#endif
