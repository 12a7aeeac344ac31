#include "test.h"

#include <jansson.h>

#include "util/jsonw.h"

TEST(strings_are_what_a_parser_reads_back)
{

	static const struct {
		const char *in;
		size_t len;
		const char *want;
	} rows[] = {
	    {"plain", 5, "\"plain\""},
	    {"", 0, "\"\""},
	    {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
	    {"\n\r\t\b\f", 5, "\"\\n\\r\\t\\b\\f\""},
	    {"\x01\x1f", 2, "\"\\u0001\\u001f\""},
	    {"a\0b", 3, "\"a\\u0000b\""},
	    {"\x7f", 1, "\"\\u007f\""},
	    {"\xC3\xA9", 2, "\"\xC3\xA9\""},
	    {"\xFF", 1, "\"\xEF\xBF\xBD\""},
	    {NULL, 0, "null"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		jsonw_string(&out, (struct span){rows[i].in, rows[i].len});
		assert_string_equal(buf_text(&out), rows[i].want);
		json_t *read =
		    json_loads(buf_text(&out), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(read);
		json_decref(read);
		buf_free(&out);
	}
}

TEST(whole_numbers_are_written_to_their_ends)
{
	static const struct {
		int64_t value;
		const char *want;
	} rows[] = {
	    {0, "{\"n\":0}"},
	    {-1, "{\"n\":-1}"},
	    {10, "{\"n\":10}"},
	    {INT64_MAX, "{\"n\":9223372036854775807}"},
	    {INT64_MIN, "{\"n\":-9223372036854775808}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		buf_putc(&out, '{');
		jsonw_field_int(&out, "n", rows[i].value);
		buf_putc(&out, '}');
		assert_string_equal(buf_text(&out), rows[i].want);
		buf_free(&out);
	}
}

/* Text is looked at eight bytes at a time, its end together with what is before it. */
TEST(a_byte_to_escape_is_found_wherever_it_stands)
{
	for (size_t len = 1; len <= 33; len++) {
		for (size_t at = 0; at < len; at++) {
			char text[40];
			struct buf out = {0};
			memset(text, 'x', len);
			text[at] = '"';
			jsonw_string(&out, (struct span){text, len});
			assert_int_equal(out.len, len + 3);
			assert_int_equal(out.ptr[at + 1], '\\');
			assert_int_equal(out.ptr[at + 2], '"');
			buf_free(&out);
		}
	}
}

TEST(fields_put_their_commas)
{
	struct buf out = {0};
	buf_putc(&out, '{');
	jsonw_field(&out, "a", SPAN("x"));
	jsonw_field_int(&out, "b", -42);
	jsonw_field_null(&out, "c");
	jsonw_key(&out, SPAN("d"));
	buf_putc(&out, '[');
	jsonw_comma(&out);
	jsonw_string(&out, SPAN("1"));
	jsonw_comma(&out);
	jsonw_string(&out, SPAN("2"));
	buf_putc(&out, ']');
	jsonw_field_time(&out, "e", 0);
	buf_putc(&out, '}');
	assert_string_equal(buf_text(&out),
	    "{\"a\":\"x\",\"b\":-42,\"c\":null,\"d\":[\"1\",\"2\"],"
	    "\"e\":\"1970-01-01T00:00:00.000Z\"}");
	buf_free(&out);
}

/* The word-wise search for odd bytes must find each of them at each place. */
TEST(every_byte_at_every_place_reads_back)
{
	for (int byte = 0; byte < 128; byte++) {
		for (size_t place = 0; place < 20; place++) {
			char text[20];
			struct buf out = {0};
			memset(text, 'x', sizeof(text));
			text[place] = (char)byte;
			jsonw_string(&out, (struct span){text, sizeof(text)});
			json_t *read = json_loads(
			    buf_text(&out), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
			assert_non_null(read);
			assert_int_equal(json_string_length(read), sizeof(text));
			assert_memory_equal(
			    json_string_value(read), text, sizeof(text));
			json_decref(read);
			buf_free(&out);
		}
	}
}
