/* A number is found beside any bytes that are no part of it, and a longer one is not. The
 * input is lines: what is looked for, and the text. */
#include "fuzz/fuzz.h"
#include "query/holds.h"

#define NUMBER "15551234567"

static bool beside(struct holds *holds, const char *number, struct span text)
{
	struct buf whole = {0};
	buf_put(&whole, text);
	buf_puts(&whole, number);
	buf_put(&whole, text);
	bool held = holds_text(holds, buf_span(&whole));
	buf_free(&whole);
	return held;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct holds holds;
	struct span address = next_line(&rest);
	if (address.len > 0) {
		holds_init(&holds, address);
		(void)holds_text(&holds, rest);
		holds_clear(&holds);
	}
	holds_init(&holds, SPAN("+" NUMBER));
	must(beside(&holds, " +" NUMBER " ", rest));
	must(beside(&holds, " " NUMBER "8 ", rest) == beside(&holds, " ", rest));
	holds_clear(&holds);
	return 0;
}
