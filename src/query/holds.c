#include "query/holds.h"

#include <string.h>

#include "util/jsonw.h"
#include "util/percent.h"

void holds_init(struct holds *holds, struct span value)
{
	*holds = (struct holds){.value = value};
	jsonw_string(&holds->needle, value);
	holds->needle.ptr[--holds->needle.len] = '\0';
	memmove(holds->needle.ptr, holds->needle.ptr + 1, holds->needle.len--);
}

void holds_clear(struct holds *holds)
{
	buf_free(&holds->needle);
}

bool holds_value(const struct holds *holds, json_t *json)
{
	size_t index;
	const char *name;
	json_t *inner;
	if (json_is_string(json))
		return span_eq(holds->value,
		    (struct span){json_string_value(json), json_string_length(json)});
	json_array_foreach(json, index, inner) {
		if (holds_value(holds, inner))
			return true;
	}
	json_object_foreach(json, name, inner) {
		if (holds_value(holds, inner))
			return true;
	}
	return false;
}

bool holds_text(const struct holds *holds, struct span text)
{
	struct span needle = buf_span(&holds->needle);
	if (text.ptr == NULL ||
	    memmem(text.ptr, text.len, needle.ptr, needle.len) == NULL)
		return false;
	json_t *json =
	    json_loadb(text.ptr, text.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	bool is = json != NULL && holds_value(holds, json);
	json_decref(json);
	return is;
}

/* ---- paths ---- */

/* Takes the next byte off the text; an invalid escape is taken as it is. */
static char next_byte(struct span *text)
{
	int byte = percent_byte(*text);
	char c = text->ptr[0];
	if (byte >= 0)
		c = (char)byte;
	*text = span_from(*text, byte >= 0 ? 3 : 1);
	return c;
}

static bool segment_is(struct span segment, struct span value)
{
	size_t i = 0;
	while (segment.len > 0 && i < value.len)
		if (next_byte(&segment) != value.ptr[i++])
			return false;
	return segment.len == 0 && i == value.len;
}

bool holds_target(const struct holds *holds, struct span target)
{
	struct span rest = span_head(target, span_find(target, '?'));
	while (rest.len > 0) {
		struct span segment = span_head(rest, span_find(rest, '/'));
		if (segment_is(segment, holds->value))
			return true;
		rest = span_from(
		    rest, segment.len < rest.len ? segment.len + 1 : segment.len);
	}
	return false;
}
