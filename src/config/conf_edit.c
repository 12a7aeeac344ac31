#include "config/conf_edit.h"

int conf_edit_check(struct span value, struct error *err)
{
	if (value.len == 0 || span_find(value, '\n') < value.len ||
	    span_find(value, '\0') < value.len)
		return error_set(err, "a settings file has one line for a value");
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] == '#' && (i == 0 || strchr(" \t", value.ptr[i - 1])))
			return error_set(err,
			    "a settings file cannot say \" #\", which begins a "
			    "comment: set the variable instead");
	return 0;
}

/* Whether the line is "name = …", behind a # when `proposed`. */
static bool conf_line_sets(struct span line, const char *name, bool proposed)
{
	line = span_trim(line);
	if (proposed) {
		if (!span_starts(line, SPAN("#")))
			return false;
		line = span_from(line, 1);
	}
	size_t equals = span_find(line, '=');
	return equals < line.len && span_is(span_trim(span_head(line, equals)), name);
}

/* Where the last such line begins; text.len: there is none. */
static size_t conf_find(struct span text, const char *name, bool proposed)
{
	size_t found = text.len;
	for (size_t at = 0; at < text.len;) {
		struct span rest = span_from(text, at);
		size_t len = span_find(rest, '\n');
		if (conf_line_sets(span_head(rest, len), name, proposed))
			found = at;
		at += len + 1;
	}
	return found;
}

bool conf_edit_has(struct span text, const char *name)
{
	return conf_find(text, name, false) < text.len;
}

/* The same value, bare or in quotes, with nothing behind it. */
static bool conf_line_says(struct span line, struct span value)
{
	struct span said = span_trim(span_from(line, span_find(line, '=') + 1));
	if (said.len >= 2 && said.ptr[0] == '"' && said.ptr[said.len - 1] == '"')
		said = (struct span){said.ptr + 1, said.len - 2};
	return span_eq(said, value);
}

bool conf_edit_set(
    struct buf *out, struct span text, const char *name, struct span value)
{
	size_t at = conf_find(text, name, false);
	bool set = at < text.len;
	if (!set)
		at = conf_find(text, name, true);
	struct span rest = span_from(text, at);
	size_t len = span_find(rest, '\n');
	if (set && conf_line_says(span_head(rest, len), value)) {
		buf_put(out, text);
		return false;
	}
	buf_put(out, span_head(text, at));
	if (out->len > 0 && out->ptr[out->len - 1] != '\n')
		buf_putc(out, '\n');
	bool quoted = value.ptr[0] == '"' || span_trim(value).len < value.len;
	const char *quote = quoted ? "\"" : "";
	buf_printf(out, "%s = %s%.*s%s\n", name, quote, SPAN_ARG(value), quote);
	buf_put(out, span_from(rest, len < rest.len ? len + 1 : len));
	return true;
}
