#include "test.h"

#include <string.h>

#include "util/log_redact.h"
#include "util/text.h"

#define SECRET "s3cret\"with\\quotes"

static void expect(const char *text, const char *want)
{
	struct buf line = {0};
	buf_puts(&line, text);
	log_redact(&line);
	assert_string_equal(buf_text(&line), want);
	buf_free(&line);
}

TEST(a_secret_is_written_out_in_each_form_that_it_may_have)
{
	const struct pair secrets[] = {
	    {SPAN("TOKEN"), SPAN("0123456789abcdef")},
	    {SPAN("LONGER"), SPAN("xx0123456789abcdefxx")},
	    {SPAN("QUOTED"), SPAN(SECRET)},
	    {SPAN("SHORT"), SPAN("1234567")},
	};
	log_redact_set(secrets, 4);
	expect("nothing\n", "nothing\n");
	expect("", "");
	expect("0123456789abcdef", "[secret TOKEN]");
	expect("a 0123456789abcdef, 0123456789abcdef0123456789abcdef\n",
	    "a [secret TOKEN], [secret TOKEN][secret TOKEN]\n");
	expect("xx0123456789abcdefxx", "[secret LONGER]");
	expect(SECRET, "[secret QUOTED]");
	expect("{\"a\":\"s3cret\\\"with\\\\quotes\"}", "{\"a\":\"[secret QUOTED]\"}");
	expect("1234567 stays", "1234567 stays");
	expect("0123456789abcde stays", "0123456789abcde stays");
	log_redact_set(NULL, 0);
	expect("0123456789abcdef", "0123456789abcdef");
}

TEST(base64_does_not_hide_it_whatever_stands_around)
{
	static const char value[] = "0123456789abcdef";
	const struct pair secrets[] = {{SPAN("TOKEN"), SPAN("0123456789abcdef")}};
	log_redact_set(secrets, 1);
	for (size_t before = 0; before < 7; before++)
		for (size_t after = 0; after < 4; after++) {
			char bytes[64], text[128];
			struct buf line = {0};
			memset(bytes, 'x', sizeof(bytes));
			memcpy(bytes + before, value, strlen(value));
			(void)text_base64(text, bytes, before + strlen(value) + after);
			buf_puts(&line, text);
			log_redact(&line);
			if (strstr(buf_text(&line), "[secret TOKEN]") == NULL ||
			    line.len > before * 4 / 3 + 22 + after * 4 / 3)
				fail_msg(
				    "%zu, %zu: %s", before, after, buf_text(&line));
			buf_free(&line);
		}
	log_redact_set(NULL, 0);
}
