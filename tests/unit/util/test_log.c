/* log: what may stand in a line, and how many of them there may be. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "util/log_flood.h"

enum { SECOND_US = 1000000 };

TEST(a_path_is_short_and_has_no_query_and_no_number)
{
	static const struct {
		const char *target, *want;
	} rows[] = {
	    {"/twilio/sms?token=secret", "/twilio/sms"},
	    {"/orders/+15551234567/paid", "/orders/+…4567/paid"},
	    {"/orders/%2B15551234567", "/orders/%2B…4567"},
	    {"/orders/123456", "/orders/123456"},
	    {"/1234567", "/…4567"},
	    {"?a=b", ""},
	    {"", ""},
	};

	char out[LOG_PATH_SIZE];
	char path[5000];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
		    log_path(out, span_of(rows[i].target)), rows[i].want);
	memset(path, 'a', sizeof(path));
	assert_true(strlen(log_path(out, (struct span){path, sizeof(path)})) < 110);
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 8 == 7 ? '/' : '7';
	assert_true(strlen(log_path(out, (struct span){path, sizeof(path)})) < 110);
}

/* What log_flood_tell writes, as text. */
static char *told(int64_t now_us, bool last)
{
	FILE *file = tmpfile();
	char *text = calloc(1, 4096);
	assert_non_null(file);
	assert_non_null(text);
	log_setup(LOG_TEXT, LOG_INFO);
	int before = dup(STDERR_FILENO);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	log_flood_tell(now_us, last);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	(void)close(before);
	rewind(file);
	(void)!fread(text, 1, 4095, file);
	(void)fclose(file);
	return text;
}

static void expect_told(int64_t now_us, bool last, const char *want)
{
	char *text = told(now_us, last);
	if (want == NULL ? *text != '\0' : strstr(text, want) == NULL)
		fail_msg("told: %s; want: %s", text, want == NULL ? "nothing" : want);
	free(text);
}

static int ask(enum log_flood flood, int times)
{
	int passed = 0;
	for (int i = 0; i < times; i++)
		passed += log_flood_passes(flood) ? 1 : 0;
	return passed;
}

/* faults 3.8, 5.3: a few lines a minute, then the count */
TEST(a_flood_is_a_few_lines_and_their_count)
{
	int64_t now_us = 1000 * SECOND_US;
	expect_told(now_us, true, NULL);
	assert_int_equal(ask(FLOOD_NO_ROUTE, 1000), 5);
	assert_int_equal(ask(FLOOD_METHOD, 3), 3); /* each sort for itself */
	expect_told(now_us, false, NULL);
	assert_int_equal(ask(FLOOD_NO_ROUTE, 239), 0);
	expect_told(now_us + 59 * SECOND_US, false, NULL);
	expect_told(now_us + 60 * SECOND_US, false,
	    "more requests for paths without a route more=1234 seconds=60");
	assert_int_equal(log_flood_left_out(FLOOD_NO_ROUTE), 1234);

	/* The next period has its own lines, and says nothing when all were written. */
	now_us += 100 * SECOND_US;
	assert_int_equal(ask(FLOOD_NO_ROUTE, 5), 5);
	expect_told(now_us, false, NULL);
	expect_told(now_us + 60 * SECOND_US, false, NULL);
	assert_int_equal(ask(FLOOD_NO_ROUTE, 7), 5);
	expect_told(now_us + 61 * SECOND_US, true, "more=2 ");
	assert_int_equal(log_flood_left_out(FLOOD_NO_ROUTE), 1236);
}

/* faults 5.14: nobody forges a line, in neither format */
TEST(a_line_has_no_control_characters_of_others)
{
	static const struct {
		enum log_format format;
		const char *wants[3];
	} rows[] = {
	    {LOG_TEXT,
		{" warn  what\\x1b[2J\\u202e⏎2026 error forged na⏎me=",
		    "=\"x\\u001b\\n\\u009b\\u202ey\xef\xbf\xbd\"", " ok=\"é\"\n"}},
	    {LOG_JSON, {"\"msg\":\"what\\u001b[2J\\u202e\\n2026 error forged\"",
			   ":\"x\\u001b\\n\\u009b\\u202ey", "\"ok\":\"é\"}\n"}},
	};
	const struct log_field fields[] = {
	    {.name = SPAN("na\nme"), .text = SPAN("x\033\n\xc2\x9b\xe2\x80\xaey\xff")},
	    {.name = SPAN("ok"), .text = SPAN("é")}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024] = "";
		FILE *file = tmpfile();
		assert_non_null(file);
		log_setup(rows[i].format, LOG_INFO);
		int before = dup(STDERR_FILENO);
		assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
		log_write_fields(
		    LOG_WARN, "what\033[2J\xe2\x80\xae\n2026 error forged", fields, 2);
		assert_true(dup2(before, STDERR_FILENO) >= 0);
		(void)close(before);
		rewind(file);
		(void)!fread(text, 1, sizeof(text) - 1, file);
		(void)fclose(file);
		for (size_t n = 0; n < 3; n++)
			if (strstr(text, rows[i].wants[n]) == NULL)
				fail_msg("%s: not in %s", rows[i].wants[n], text);
		assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
	}
	log_setup(LOG_TEXT, LOG_INFO);
}

TEST_GROUP(NULL, NULL)
