#include "test.h"

#include <string.h>

#include "twilio/error_code.h"

static const struct {
	long code;
	enum error_retry want;
} rows[] = {
    {11751, ERROR_NEVER},
    {20003, ERROR_NEVER},
    {20005, ERROR_NEVER},
    {20404, ERROR_NEVER},
    {20429, ERROR_SLOWER},
    {20500, ERROR_CHECK},
    {20503, ERROR_CHECK},
    {21211, ERROR_NEVER},
    {21212, ERROR_NEVER},
    {21217, ERROR_NEVER},
    {21408, ERROR_NEVER},
    {21602, ERROR_NEVER},
    {21603, ERROR_NEVER},
    {21606, ERROR_NEVER},
    {21608, ERROR_NEVER},
    {21609, ERROR_NEVER},
    {21610, ERROR_NEVER},
    {21611, ERROR_SLOWER},
    {21612, ERROR_NEVER},
    {21614, ERROR_NEVER},
    {21617, ERROR_NEVER},
    {21619, ERROR_NEVER},
    {21620, ERROR_NEVER},
    {21623, ERROR_NEVER},
    {21659, ERROR_NEVER},
    {21703, ERROR_NEVER},
    {21704, ERROR_NEVER},
    {30001, ERROR_SLOWER},
    {30002, ERROR_NEVER},
    {30003, ERROR_LATER},
    {30004, ERROR_NEVER},
    {30005, ERROR_NEVER},
    {30006, ERROR_NEVER},
    {30007, ERROR_NEVER},
    {30008, ERROR_ONCE},
    {30009, ERROR_NEVER},
    {30010, ERROR_NEVER},
    {30011, ERROR_NEVER},
    {30012, ERROR_NEVER},
    {30013, ERROR_NEVER},
    {30014, ERROR_NEVER},
    {30015, ERROR_NEVER},
    {30016, ERROR_NEVER},
    {30017, ERROR_SLOWER},
    {30018, ERROR_NEVER},
    {30019, ERROR_NEVER},
    {30022, ERROR_SLOWER},
    {30023, ERROR_LATER},
    {30024, ERROR_NEVER},
    {30027, ERROR_LATER},
    {30032, ERROR_NEVER},
    {30033, ERROR_NEVER},
    {30034, ERROR_NEVER},
    {30035, ERROR_LATER},
    {30036, ERROR_LATER},
    {30410, ERROR_LATER},
    {30450, ERROR_LATER},
    {63016, ERROR_NEVER},
    {63018, ERROR_SLOWER},
    {63024, ERROR_NEVER},
    {63038, ERROR_LATER},
};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

TEST(each_code_says_whether_to_try_again)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (error_code_retry(rows[i].code) != rows[i].want)
			fail_msg("%ld: got %d, want %d", rows[i].code,
			    error_code_retry(rows[i].code), rows[i].want);
	}
}

TEST(each_code_has_a_meaning_of_one_line)
{
	for (size_t i = 0; i < ROWS; i++) {
		const char *meaning = error_code_meaning(rows[i].code);
		assert_non_null(meaning);
		assert_in_range(strlen(meaning), 5, 90);
		assert_null(strchr(meaning, '\n'));
		assert_int_not_equal(meaning[strlen(meaning) - 1], '.');
	}
}

/* Every code there is, and no other. */
TEST(a_code_that_is_not_known_is_never_tried_again)
{
	size_t known = 0;
	for (long code = -1; code < 100000; code++) {
		if (known < ROWS && rows[known].code == code) {
			known++;
			continue;
		}
		assert_int_equal(error_code_retry(code), ERROR_NEVER);
		assert_null(error_code_meaning(code));
	}
	assert_int_equal(known, ROWS);
}
