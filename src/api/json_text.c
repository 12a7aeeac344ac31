#include "api/json_text.h"

#include <stdlib.h>

#include "query/path.h"
#include "util/jsoncheck.h"
#include "util/jsonw.h"
#include "util/utf8.h"

enum { REAL_SIZE = 64 };

static void json_text_control(struct buf *out, unsigned char c)
{
	const char *brief = jsonw_short_escape(c);
	if (brief != NULL)
		buf_add(out, brief, 2);
	else
		buf_printf(out, "\\u%04X", c);
}

/* Not jsonw_string, which mends what is not UTF-8 and escapes DEL. */
static bool json_text_string(struct buf *out, struct span text)
{
	uint32_t code;
	buf_reserve(out, text.len + 3);
	buf_putc(out, '"');
	for (;;) {
		size_t plain = jsonw_plain_len(text);
		buf_add(out, text.ptr, plain);
		text = span_from(text, plain);
		if (text.len == 0)
			break;
		size_t len = utf8_next(text, &code);
		if (len == 0)
			return false;
		if (len > 1 || code == 0x7F)
			buf_add(out, text.ptr, len);
		else
			json_text_control(out, (unsigned char)code);
		text = span_from(text, len);
	}
	buf_putc(out, '"');
	return true;
}

/* Digits as jansson chooses them. */
static bool json_text_real(struct buf *out, const json_t *json)
{
	char text[REAL_SIZE];
	size_t len = json_dumpb(json, text, sizeof(text), JSON_ENCODE_ANY);
	buf_add(out, text, len);
	return len > 0 && len <= sizeof(text);
}

static bool json_text_scalar(struct buf *out, const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_STRING:
		return json_text_string(out,
		    (struct span){json_string_value(json), json_string_length(json)});
	case JSON_INTEGER:
		jsonw_int(out, json_integer_value(json));
		return true;
	case JSON_REAL:
		return json_text_real(out, json);
	case JSON_TRUE:
		buf_put(out, SPAN("true"));
		return true;
	case JSON_FALSE:
		buf_put(out, SPAN("false"));
		return true;
	case JSON_NULL:
		buf_put(out, SPAN("null"));
		return true;
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return false;
}

static bool json_text_value(struct buf *out, const json_t *json, int depth)
{
	json_t *fields = path_fields(json);
	bool fits = depth < JSONCHECK_DEPTH;
	size_t start = out->len + 1;
	if (json_is_object(json)) {
		buf_putc(out, '{');
		for (void *at = json_object_iter(fields); at != NULL && fits;
		     at = json_object_iter_next(fields, at)) {
			const struct span name = {
			    json_object_iter_key(at), json_object_iter_key_len(at)};
			if (out->len > start)
				buf_putc(out, ',');
			fits = json_text_string(out, name);
			buf_putc(out, ':');
			fits = fits && json_text_value(
					   out, json_object_iter_value(at), depth + 1);
		}
		buf_putc(out, '}');
		return fits;
	}
	if (!json_is_array(json))
		return json_text_scalar(out, json);
	buf_putc(out, '[');
	for (size_t i = 0; i < json_array_size(json) && fits; i++) {
		if (i > 0)
			buf_putc(out, ',');
		fits = json_text_value(out, json_array_get(json, i), depth + 1);
	}
	buf_putc(out, ']');
	return fits;
}

bool json_text(struct buf *out, const json_t *json)
{
	size_t start = out->len;
	if (json != NULL && json_text_value(out, json, 0))
		return true;
	/* Not UTF-8, within itself, or deeper than any document may be: jansson decides. */
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	out->len = start;
	if (text != NULL)
		buf_puts(out, text);
	bool known = text != NULL;
	free(text);
	return known;
}
