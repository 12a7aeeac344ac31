#include "view/csv.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/printable.h"

struct csv {
	json_t *columns; /* an object: names in order, values are of no interest */
	bool safe, printable;
};

struct csv *csv_new(bool safe, bool printable)
{
	struct csv *csv = mem_new(1, sizeof(*csv));
	csv->columns = json_object();
	csv->safe = safe;
	csv->printable = printable;
	return csv;
}

void csv_free(struct csv *csv)
{
	if (csv == NULL)
		return;
	json_decref(csv->columns);
	free(csv);
}

void csv_learn(struct csv *csv, json_t *object)
{
	const char *name;
	json_t *value;
	json_object_foreach(object, name, value) {
		if (json_object_get(csv->columns, name) == NULL)
			(void)json_object_set_new(csv->columns, name, json_null());
	}
}

/* What a spreadsheet takes for a formula: also in the full width, which some read as the
 * narrow one. */
static bool is_formula(struct span text)
{
	static const char *const wide[] = {"＝", "＋", "－", "＠"};
	bool found = text.len > 0 && text.ptr[0] != '\0' &&
		     strchr("=+-@\t\r\n", text.ptr[0]) != NULL;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]) && !found; i++)
		found = span_starts(text, span_of(wide[i]));
	return found;
}

static void put_text(const struct csv *csv, FILE *out, const char *text, size_t len)
{
	struct buf clean = {0};
	if (csv->printable) {
		printable_text(&clean, (struct span){text, len}, false);
		text = buf_text(&clean);
		len = clean.len;
	}
	bool quoted = false;
	for (size_t i = 0; i < len; i++)
		quoted = quoted || text[i] == ',' || text[i] == '"' ||
			 text[i] == '\n' || text[i] == '\r';
	bool guarded = csv->safe && is_formula((struct span){text, len});
	if (quoted)
		(void)fputc('"', out);
	if (guarded)
		(void)fputc('\'', out);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			(void)fputc('"', out);
		(void)fputc(text[i], out);
	}
	if (quoted)
		(void)fputc('"', out);
	buf_free(&clean);
}

static void put_value(const struct csv *csv, FILE *out, const json_t *value)
{
	if (value == NULL || json_is_null(value))
		return;
	if (json_is_string(value)) {
		put_text(csv, out, json_string_value(value), json_string_length(value));
		return;
	}
	struct csv plain = *csv;
	plain.safe = false; /* -1 is a number, not a formula */
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	put_text(&plain, out, text, strlen(text));
	free(text);
}

/* Prints the columns' names when there is no object. */
static void csv_line(const struct csv *csv, FILE *out, const json_t *object)
{
	const char *name;
	json_t *value;
	bool first = true;
	json_object_foreach(csv->columns, name, value) {
		if (!first)
			(void)fputc(',', out);
		if (object == NULL)
			put_text(csv, out, name, strlen(name));
		else
			put_value(csv, out, json_object_get(object, name));
		first = false;
	}
	(void)fputs("\r\n", out);
}

void csv_header(struct csv *csv, FILE *out)
{
	csv_line(csv, out, NULL);
}

void csv_row(struct csv *csv, FILE *out, json_t *object)
{
	csv_line(csv, out, object);
}
