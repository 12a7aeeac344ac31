/* A .env file: names are no comments and have no "=", and what is written out as NAME="value"
 * is read again. The input is the file. */
#include "cli/dotenv.h"
#include "fuzz/fuzz.h"
#include "util/buf.h"

static void check_again(struct span name, struct span value)
{
	struct buf line = {0};
	struct span rest, name2, value2;
	if (span_starts(name, SPAN("export "))) /* of "export export A=1" */
		return;
	/* A quote that a comment follows would end it. */
	if (span_find(value, '"') < value.len && span_find(value, '#') < value.len)
		return;
	buf_put(&line, name);
	buf_puts(&line, "=\"");
	buf_put(&line, value);
	buf_puts(&line, "\"\n");
	rest = buf_span(&line);
	must(dotenv_next(&rest, &name2, &value2));
	must(rest.len == 0 && span_eq(value, value2));
	must(span_eq(name, name2));
	buf_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size}, name, value;
	size_t left = rest.len;
	while (dotenv_next(&rest, &name, &value)) {
		must(rest.len < left);
		left = rest.len;
		must(name.ptr[0] != '#' && span_find(name, '=') == name.len);
		must(span_find(name, '\n') == name.len &&
		     span_find(value, '\n') == value.len);
		check_again(name, value);
	}
	must(rest.len == 0);
	return 0;
}
