#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "util/arena.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"
#include "util/text.h"

TEST(iso_times_agree_with_the_library)
{
	static const int64_t rows[] = {0, 1, 999, 951782400000, 951868799999,
	    1709164800123, 4102444799999, 1795426123456, -1, -86400001};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[CLOCK_ISO_SIZE];
		char want[64];
		clock_iso(got, rows[i]);
		int64_t floor_s = rows[i] / 1000 - (rows[i] % 1000 < 0 ? 1 : 0);
		time_t seconds = (time_t)floor_s;
		struct tm tm;
		assert_non_null(gmtime_r(&seconds, &tm));
		size_t len = strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm);
		(void)snprintf(want + len, sizeof(want) - len, ".%03dZ",
		    (int)(rows[i] - floor_s * 1000));
		assert_string_equal(got, want);
	}
}

TEST(integers_sizes_and_durations_are_exact_or_refused)
{

	static const struct {
		const char *text;
		bool is_int, is_size, is_duration;
		int64_t as_int, as_size, as_ms;
	} rows[] = {
	    {"0", true, true, true, 0, 0, 0},
	    {"42", true, true, true, 42, 42, 42000},
	    {"-7", true, false, false, -7, 0, 0},
	    {"", false, false, true, 0, 0, 0},
	    {"+1", false, false, false, 0, 0, 0},
	    {" 1", false, false, false, 0, 0, 0},
	    {"1x", false, false, false, 0, 0, 0},
	    {"64k", false, true, false, 0, 65536, 0},
	    {"1M", false, true, false, 0, 1048576, 0},
	    {"500ms", false, false, true, 0, 0, 500},
	    {"10s", false, false, true, 0, 0, 10000},
	    {"2h", false, false, true, 0, 0, 7200000},
	    {"7d", false, false, true, 0, 0, 604800000},
	    {"99999999999999999999", false, false, false, 0, 0, 0},
	    {"9999999999999G", false, false, false, 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t value = -1;
		struct span text = span_of(rows[i].text);
		assert_int_equal(
		    text_int(text, INT64_MIN, INT64_MAX, &value), rows[i].is_int);
		if (rows[i].is_int)
			assert_int_equal(value, rows[i].as_int);
		assert_int_equal(text_size(text, &value), rows[i].is_size);
		if (rows[i].is_size)
			assert_int_equal(value, rows[i].as_size);
		if (rows[i].text[0] == '\0')
			continue;
		assert_int_equal(text_duration(text, &value), rows[i].is_duration);
		if (rows[i].is_duration)
			assert_int_equal(value, rows[i].as_ms);
	}
	int64_t value;
	assert_false(text_duration(SPAN(""), &value));
	assert_false(text_duration(SPAN("s"), &value));
	assert_false(text_int(SPAN("11"), 0, 10, &value));
}

TEST(digests_and_codes_match_known_ones)
{
	unsigned char digest[32];
	char text[65];
	text_sha256(digest, SPAN("abc"));
	text_hex(text, digest, sizeof(digest));
	assert_string_equal(
	    text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	text_sha256(digest, SPAN(""));
	text_hex(text, digest, 4);
	assert_string_equal(text, "e3b0c442");
	text_base64(text, "\xff\x00\x10", 3);
	assert_string_equal(text, "/wAQ");
	text_base64(text, "a", 1);
	assert_string_equal(text, "YQ==");
}

TEST(an_arena_keeps_what_it_gave)
{
	struct arena *arena = arena_new();
	char *kept[200];
	for (size_t i = 0; i < 200; i++) {
		size_t len = i * 97 % 9000;
		kept[i] = arena_alloc(arena, len + 1);
		assert_int_equal((uintptr_t)kept[i] % _Alignof(max_align_t), 0);
		memset(kept[i], (int)(i % 256), len + 1);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t at = 0; at <= i * 97 % 9000; at++)
			assert_int_equal((unsigned char)kept[i][at], i % 256);
	assert_string_equal(arena_printf(arena, "%d-%s", 5, "x"), "5-x");
	assert_true(arena_size(arena) > 200);
	arena_free(arena);
	arena_free(NULL);
}

TEST(errors_are_wrapped_from_inside_out)
{
	struct error err;
	assert_int_equal(error_set(&err, "disk %s", "full"), -1);
	assert_int_equal(error_wrap(&err, "event %d", 7), -1);
	assert_string_equal(err.text, "event 7: disk full");
	for (int i = 0; i < 200; i++)
		(void)error_wrap(&err, "deeper and deeper");
	assert_true(strlen(err.text) < sizeof(err.text));
	assert_int_equal(error_set(NULL, "nobody listens"), -1);
}

TEST(phone_numbers_are_masked)
{

	static const struct {
		const char *in, *want;
	} rows[] = {{"+15551234567", "…4567"}, {"whatsapp:+15551234567", "…4567"},
	    {"", "…"}, {"client:joe", "…:joe"}, {"12345", "…5"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[LOG_PHONE_SIZE];
		assert_string_equal(log_phone(out, span_of(rows[i].in)), rows[i].want);
	}
}

TEST(a_file_that_is_too_large_is_refused)
{
	char path[] = "/tmp/offhook-text-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "12345", 5), 5);
	(void)close(fd);
	size_t len = 0;
	char *text = text_read_file(path, 5, &len);
	assert_non_null(text);
	assert_string_equal(text, "12345");
	free(text);
	assert_null(text_read_file(path, 4, &len));
	(void)unlink(path);
	assert_null(text_read_file(path, 4, &len));
}

TEST(a_text_of_letters_digits_and_others_has_nothing_else)
{
	assert_true(text_all_of(SPAN("aZ09_.-"), "_.-"));
	assert_true(text_all_of(SPAN("a"), ""));
	assert_false(text_all_of(SPAN(""), "_"));
	assert_false(text_all_of(SPAN("a b"), "_"));
	assert_false(text_all_of(SPAN("a\0b"), "_"));
	assert_false(text_all_of(SPAN("\xc3\xa9"), "_"));
}
