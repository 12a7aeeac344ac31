/* A text is taken exactly when jansson loads it as an object, but for what is nested too
 * deep or has too long a number, or a NUL, which jansson passes over after a number. */
#include <jansson.h>

#include "fuzz/fuzz.h"
#include "util/jsoncheck.h"

/* Brackets within texts count too: more is forgiven than need be. */
static bool is_beyond(struct span text)
{
	size_t number = 0, brackets = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		number =
		    c != '\0' && strchr("+-.0123456789eE", c) != NULL ? number + 1 : 0;
		brackets += c == '{' || c == '[';
		if (c == '\0' || number > JSONCHECK_NUMBER ||
		    brackets > JSONCHECK_DEPTH)
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	if (jsoncheck_object(text))
		must(json_is_object(json));
	else
		must(!json_is_object(json) || is_beyond(text));
	json_decref(json);
	return 0;
}
