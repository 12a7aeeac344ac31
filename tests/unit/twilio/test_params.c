#include "test.h"

#include "twilio/params.h"

#include <stdlib.h>

/* The parameters as JSON: short, and it shows names, order and repetition. */
static void check_json(struct span form, const char *want)
{
	struct arena *arena = arena_new();
	struct params params;
	struct buf json = {0};
	assert_int_equal(params_parse(&params, form, arena), PARAMS_OK);
	params_json(&json, &params);
	assert_string_equal(buf_text(&json), want);
	buf_free(&json);
	arena_free(arena);
}

TEST(a_form_is_decoded_in_posted_order)
{

	static const struct {
		const char *form, *want;
	} rows[] = {
	    {"b=2&a=1", "{\"b\":\"2\",\"a\":\"1\"}"},
	    {"Body=Test+message", "{\"Body\":\"Test message\"}"},
	    {"City=NEW%20YORK", "{\"City\":\"NEW YORK\"}"},
	    {"From=%2B15551234567", "{\"From\":\"+15551234567\"}"},
	    {"a=%2526", "{\"a\":\"%26\"}"},
	    {"a=%c3%A9", "{\"a\":\"\xC3\xA9\"}"},
	    {"a=%25+%2B+%26", "{\"a\":\"% + &\"}"},
	    {"%61%3D=x", "{\"a=\":\"x\"}"},
	    {"a+b=x", "{\"a b\":\"x\"}"},
	    {"a=b=c", "{\"a\":\"b=c\"}"},
	    {"a=%0D%0A", "{\"a\":\"\\r\\n\"}"},
	    {"a= x ", "{\"a\":\" x \"}"},
	    {"a;b=1;2", "{\"a;b\":\"1;2\"}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_json(span_of(rows[i].form), rows[i].want);
}

TEST(empty_pieces_are_no_parameters_but_empty_names_and_values_are)
{

	static const struct {
		const char *form, *want;
	} rows[] = {
	    {"", "{}"},
	    {"&", "{}"},
	    {"&&&", "{}"},
	    {"a=1&&b=2", "{\"a\":\"1\",\"b\":\"2\"}"},
	    {"&a=1&", "{\"a\":\"1\"}"},
	    {"a", "{\"a\":\"\"}"},
	    {"a=", "{\"a\":\"\"}"},
	    {"a&b=", "{\"a\":\"\",\"b\":\"\"}"},
	    {"=", "{\"\":\"\"}"},
	    {"=x", "{\"\":\"x\"}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_json(span_of(rows[i].form), rows[i].want);
	check_json((struct span){0}, "{}");
}

TEST(a_repeated_name_keeps_all_values)
{
	check_json(SPAN("a=2&b=x&a=1&a=2"), "{\"a\":[\"2\",\"1\",\"2\"],\"b\":\"x\"}");
	check_json(SPAN("a[]=1&a[]=2&a=3"), "{\"a[]\":[\"1\",\"2\"],\"a\":\"3\"}");
	check_json(SPAN("a=&a="), "{\"a\":[\"\",\"\"]}");
}

/* Most forms have none, which is told without comparing each with each. */
TEST(a_repeated_name_is_found_wherever_it_stands)
{
	enum { NAMES = 40 };

	for (int first = 0; first < NAMES; first++) {
		for (int again = first + 1; again <= NAMES; again++) {
			struct buf form = {0}, want = {0};
			buf_putc(&want, '{');
			for (int i = 0; i <= NAMES; i++) {
				int name = i == again ? first : i;
				buf_printf(&form, "&MediaContentType%d=v", name);
				if (i == again)
					continue;
				buf_printf(&want, "%s\"MediaContentType%d\":%s",
				    i > 0 ? "," : "", name,
				    i == first ? "[\"v\",\"v\"]" : "\"v\"");
			}
			buf_putc(&want, '}');
			check_json(buf_span(&form), buf_text(&want));
			buf_free(&form);
			buf_free(&want);
		}
	}
}

TEST(bytes_that_are_not_text_are_kept_and_shown_as_replacements)
{
	struct arena *arena = arena_new();
	struct params params;
	check_json(SPAN("a=%FFx&b=%00"), "{\"a\":\"\xEF\xBF\xBDx\",\"b\":\"\\u0000\"}");
	check_json(SPAN("a=\xFF"), "{\"a\":\"\xEF\xBF\xBD\"}");
	check_json(((struct span){"a=\0b", 4}), "{\"a\":\"\\u0000b\"}");
	assert_int_equal(params_parse(&params, SPAN("a=%FFx&b=%00"), arena), PARAMS_OK);
	assert_true(span_eq(params_get(&params, "a"), SPAN("\xFFx")));
	assert_int_equal(params_get(&params, "b").len, 1);
	assert_false(params_are_text(&params));
	assert_int_equal(params_parse(&params, SPAN("%FF=a"), arena), PARAMS_OK);
	assert_false(params_are_text(&params));
	assert_int_equal(
	    params_parse(&params, SPAN("b=%00&c=%C3%A9"), arena), PARAMS_OK);
	assert_true(params_are_text(&params));
	arena_free(arena);
}

TEST(a_percent_needs_two_hex_digits)
{
	static const char *const bad[] = {"a=%", "a=%2", "a=%2&b=1", "a=%&b", "a=%g0",
	    "a=%0g", "a=%+1", "a=%%41", "%=1", "%2=1", "a=1&b=2&c=%zz", "a=%2%42",
	    "a=+%", "%4=1"};
	struct arena *arena = arena_new();
	struct params params;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (params_parse(&params, span_of(bad[i]), arena) != PARAMS_BAD_ESCAPE)
			fail_msg("%s must be refused", bad[i]);
	/* Nothing behind the form may be read as its end. */
	assert_int_equal(
	    params_parse(&params, (struct span){"a=%41", 4}, arena), PARAMS_BAD_ESCAPE);
	arena_free(arena);
}

TEST(a_thousand_parameters_are_the_most)
{
	struct arena *arena = arena_new();
	struct buf form = {0};
	struct params params;
	for (int i = 0; i < PARAMS_MAX; i++)
		buf_printf(&form, "&p%d=%d&", i, i);
	assert_int_equal(params_parse(&params, buf_span(&form), arena), PARAMS_OK);
	assert_int_equal(params.count, PARAMS_MAX);
	assert_true(span_is(params_get(&params, "p999"), "999"));
	buf_puts(&form, "x");
	assert_int_equal(
	    params_parse(&params, buf_span(&form), arena), PARAMS_TOO_MANY);
	buf_free(&form);
	arena_free(arena);
}

TEST(the_first_value_is_found_and_an_empty_one_is_not_filled)
{
	struct arena *arena = arena_new();
	struct params params;
	struct span form = SPAN("a=&b=1&b=2&a=3&c");
	assert_int_equal(params_parse(&params, form, arena), PARAMS_OK);
	assert_true(span_eq(params_get(&params, "b"), SPAN("1")));
	assert_non_null(params_get(&params, "a").ptr);
	assert_int_equal(params_get(&params, "a").len, 0);
	assert_non_null(params_get(&params, "c").ptr);
	assert_null(params_get(&params, "B").ptr);
	assert_null(params_get_filled(&params, "a").ptr);
	assert_true(span_eq(params_get_filled(&params, "b"), SPAN("1")));
	for (size_t i = 0; i < params.count; i++) {
		assert_int_equal(params.items[i].name.ptr[params.items[i].name.len], 0);
		assert_int_equal(
		    params.items[i].value.ptr[params.items[i].value.len], 0);
	}
	arena_free(arena);
}

TEST(parameters_sort_by_bytes_of_name_then_value)
{

	static const struct {
		const char *form, *want;
	} rows[] = {
	    {"b=1&a=1", "a=1&b=1"},
	    {"a=1&B=1&_=1", "B=1&_=1&a=1"},
	    {"MediaUrl2=&MediaUrl10=&MediaUrl1=", "MediaUrl1=&MediaUrl10=&MediaUrl2="},
	    {"ReasonConferenceEnded=a&Reason=b", "Reason=b&ReasonConferenceEnded=a"},
	    {"a=2&a=1&a=", "a=&a=1&a=2"},
	    {"ab=&a=b&=z", "=z&a=b&ab="},
	    {"a%00=1&a=2", "a=2&a%00=1"},
	    {"%C3%A9=1&z=1&%F0%9F%98%80=1&%EF%BD%9E=1",
		"z=1&%C3%A9=1&%EF%BD%9E=1&%F0%9F%98%80=1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct params params;
		struct buf got = {0};
		assert_int_equal(
		    params_parse(&params, span_of(rows[i].form), arena), PARAMS_OK);
		struct params sorted = params_sort(&params, arena);
		params_encode(&got, &sorted);
		assert_string_equal(buf_text(&got), rows[i].want);
		buf_free(&got);
		arena_free(arena);
	}
}

TEST(a_long_form_sorts_too)
{
	struct arena *arena = arena_new();
	struct buf form = {0};
	struct params params;
	for (unsigned i = 0; i < PARAMS_MAX; i++)
		buf_printf(&form, "same-beginning%04u=x&", i * 619 % PARAMS_MAX);
	assert_int_equal(params_parse(&params, buf_span(&form), arena), PARAMS_OK);
	struct params sorted = params_sort(&params, arena);
	assert_int_equal(sorted.count, PARAMS_MAX);
	for (size_t i = 1; i < sorted.count; i++)
		assert_true(
		    strcmp(sorted.items[i - 1].name.ptr, sorted.items[i].name.ptr) < 0);
	buf_free(&form);
	arena_free(arena);
}

TEST(encoding_writes_what_parsing_reads)
{

	static const struct {
		const char *form, *want;
	} rows[] = {
	    {"", ""},
	    {"From=%2B1555&Body=a+b%20c", "From=%2B1555&Body=a+b+c"},
	    {"a", "a="},
	    {"%ff=%00%26", "%FF=%00%26"},
	    {"a-b_c.d*e=~", "a-b_c.d*e=%7E"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct params params;
		struct buf got = {0};
		assert_int_equal(
		    params_parse(&params, span_of(rows[i].form), arena), PARAMS_OK);
		params_encode(&got, &params);
		assert_string_equal(buf_text(&got), rows[i].want);
		buf_free(&got);
		arena_free(arena);
	}
}
