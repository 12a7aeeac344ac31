/* Objects as CSV, read by a reader of RFC 4180: as many columns as names in every row, and
 * the texts. The input is objects of JSON, a line each. */
#include <jansson.h>
#include <stdio.h>

#include "fuzz/fuzz.h"
#include "util/buf.h"
#include "view/csv.h"

/* Reads a field; true when a row ends behind it. */
static bool next_field(struct span *rest, struct buf *field)
{
	bool quoted = rest->len > 0 && rest->ptr[0] == '"';
	size_t i = quoted;
	buf_clear(field);
	for (;; i++) {
		must(i < rest->len);
		char c = rest->ptr[i];
		if (quoted && c == '"') {
			must(i + 1 < rest->len);
			quoted = rest->ptr[i + 1] == '"';
			i += quoted;
			if (!quoted)
				continue;
		} else if (!quoted && (c == ',' || c == '\r')) {
			break;
		}
		must(quoted || (c != '"' && c != '\n'));
		buf_putc(field, c);
	}
	bool ends = rest->ptr[i] == '\r';
	must(!ends || (i + 1 < rest->len && rest->ptr[i + 1] == '\n'));
	*rest = span_from(*rest, i + (ends ? 2 : 1));
	return ends;
}

/* A row's fields: their number; with an object, they are what it has under the names. */
static size_t read_row(struct span *rest, const json_t *names, const json_t *object)
{
	struct buf field = {0};
	size_t count = 0;
	bool ends = false;
	while (!ends) {
		ends = next_field(rest, &field);
		const char *name = json_string_value(json_array_get(names, count++));
		const char *want = json_string_value(json_object_get(object, name));
		must(want == NULL || span_is(buf_span(&field), want));
		if (object == NULL && name != NULL)
			must(span_is(buf_span(&field), name));
	}
	buf_free(&field);
	return count;
}

static void check(json_t *objects, bool safe)
{
	char *text = NULL;
	size_t len = 0, i;
	json_t *object, *value, *names = json_array(), *seen = json_object();
	const char *name;
	FILE *out = open_memstream(&text, &len);
	struct csv *csv = csv_new(safe, false);
	json_array_foreach(objects, i, object) {
		csv_learn(csv, object);
		json_object_foreach(object, name, value) {
			if (json_object_get(seen, name) == NULL)
				(void)json_array_append_new(names, json_string(name));
			(void)json_object_set_new(seen, name, json_true());
		}
	}
	csv_header(csv, out);
	json_array_foreach(objects, i, object)
		csv_row(csv, out, object);
	must(fclose(out) == 0);
	struct span rest = {text, len};
	size_t columns = read_row(&rest, safe ? NULL : names, NULL);
	must(columns == json_array_size(names) || json_array_size(names) == 0);
	json_array_foreach(objects, i, object)
		must(read_row(&rest, safe ? NULL : names, object) == columns);
	must(rest.len == 0);
	csv_free(csv);
	json_decref(names);
	json_decref(seen);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	json_t *objects = json_array();
	while (rest.len > 0) {
		struct span line = next_line(&rest);
		json_t *object = json_loadb(line.ptr, line.len, 0, NULL);
		if (json_is_object(object))
			(void)json_array_append(objects, object);
		json_decref(object);
	}
	check(objects, false);
	check(objects, true);
	json_decref(objects);
	return 0;
}
