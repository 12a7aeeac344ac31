#include "test.h"

#include "util/jsoncheck.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_rows.h"

static const char spaced[] = " {\t} \r\n";

TEST(only_an_object_is_taken)
{
	assert_true(jsoncheck_object(span_of(spaced)));
	for (size_t i = 0; i < JSON_ROWS; i++)
		if (jsoncheck_object(span_of(json_rows[i].text)) != json_rows[i].want)
			fail_msg("%s: wants %d", json_rows[i].text, json_rows[i].want);
}

static bool jansson_loads(struct span text)
{
	json_t *json = json_loadb(text.ptr, text.len, 0, NULL);
	bool object = json_is_object(json);
	json_decref(json);
	return object;
}

TEST(jansson_loads_the_same_texts)
{
	static const char alphabet[] = "{}[]\":,\\u0019aednrtf.-+ E\xc3\xa9";
	assert_true(jansson_loads(span_of(spaced)));
	for (size_t i = 0; i < JSON_ROWS; i++)
		assert_int_equal(
		    jansson_loads(span_of(json_rows[i].text)), json_rows[i].want);
	/* The valid ones with some of their bytes changed. */
	unsigned seed = 1;
	for (int round = 0; round < 200000; round++) {
		char text[64];
		size_t which = (size_t)round % 8;
		const char *row = which == 7 ? spaced : json_rows[which].text;
		size_t len = strlen(row);
		memcpy(text, row, len + 1);
		for (int change = 0; change < 1 + round % 3; change++)
			text[(size_t)rand_r(&seed) % len] =
			    alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
		struct span changed = {text, len};
		if (jsoncheck_object(changed) != jansson_loads(changed))
			fail_msg("%s: jansson says otherwise", text);
	}
}

TEST(an_object_nested_too_deep_is_refused)
{
	char *text = malloc(4096);
	assert_non_null(text);
	for (int depth = JSONCHECK_DEPTH - 1; depth <= JSONCHECK_DEPTH + 1; depth++) {
		size_t len = (size_t)snprintf(text, 4096, "{\"a\":");
		for (int i = 1; i < depth; i++)
			text[len++] = '[';
		for (int i = 1; i < depth; i++)
			text[len++] = ']';
		text[len++] = '}';
		assert_int_equal(jsoncheck_object((struct span){text, len}),
		    depth <= JSONCHECK_DEPTH);
	}
	free(text);
}

TEST(a_number_that_is_too_long_is_refused)
{
	for (int len = JSONCHECK_NUMBER; len <= JSONCHECK_NUMBER + 1; len++) {
		char text[JSONCHECK_NUMBER + 16];
		(void)snprintf(text, sizeof(text), "{\"a\":0.%0*d}", len - 2, 1);
		assert_int_equal(
		    jsoncheck_object(span_of(text)), len <= JSONCHECK_NUMBER);
	}
}
