#include "test.h"

#include <stdlib.h>
#include <time.h>

#include "jobs/cron.h"
#include "util/clock.h"

static int64_t instant(const char *text)
{
	struct tm tm = {0};
	assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%S", &tm));
	return (int64_t)timegm(&tm) * 1000;
}

static struct cron cron_of(const char *text)
{
	struct cron cron;
	struct error err = {0};
	if (cron_parse(&cron, span_of(text), &err) != 0)
		fail_msg("%s", err.text);
	return cron;
}

/* What the table gives when it is asked again and again, beginning after that time. */
struct row {
	const char *table, *after;
	const char *want[4]; /* ended by NULL, or all of them */
};

static void check(const char *zone_name, const struct row *rows, size_t count)
{
	struct zone *zone = NULL;
	struct error err = {0};
	if (zone_open(&zone, zone_name, &err) != 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < count; i++) {
		const struct cron cron = cron_of(rows[i].table);
		int64_t ms = instant(rows[i].after);
		for (size_t n = 0; n < 4 && rows[i].want[n] != NULL; n++) {
			char got[CLOCK_ISO_SIZE], want[CLOCK_ISO_SIZE];
			ms = cron_next(&cron, zone, ms);
			clock_iso(got, ms);
			clock_iso(want, instant(rows[i].want[n]));
			if (strcmp(got, want) != 0)
				fail_msg("%s, %zu. after %s: got %s, want %s",
				    rows[i].table, n + 1, rows[i].after, got, want);
		}
	}
	zone_close(zone);
}

#define CHECK(zone, rows) check(zone, rows, sizeof(rows) / sizeof(*(rows)))

TEST(fields_become_bits)
{

	static const struct {
		const char *table;
		struct cron want;
	} rows[] = {
	    {"0 0 1 1 0", {1, 1, 2, 2, 1, false, false}},
	    {"* * * * *",
		{0xfffffffffffffff, 0xffffff, 0xfffffffe, 0x1ffe, 0x7f, true, true}},
	    {"*/20 */8 1 jan mon", {0x10000100001, 0x10101, 2, 2, 2, false, false}},
	    {"1,3-5 0-4/2 1,31 JAN,Mar 6-7",
		{0x3a, 0x15, 0x80000002, 0xa, 0x41, false, false}},
	    {"0 0 */10 6-DEC/3 FRI-SUN", {1, 1, 0x80200802, 0x1240, 0x61, true, false}},
	    {"59 23 31 12 7",
		{1ULL << 59, 1 << 23, 1U << 31, 1 << 12, 1, false, false}},
	    {"0 0 * * */2", {1, 1, 0xfffffffe, 0x1ffe, 0x55, true, true}},
	    {" \t0  0\t1 1 0 \n", {1, 1, 2, 2, 1, false, false}},
	    {"@hourly", {1, 0xffffff, 0xfffffffe, 0x1ffe, 0x7f, true, true}},
	    {"@Daily", {1, 1, 0xfffffffe, 0x1ffe, 0x7f, true, true}},
	    {"@midnight", {1, 1, 0xfffffffe, 0x1ffe, 0x7f, true, true}},
	    {"@weekly", {1, 1, 0xfffffffe, 0x1ffe, 1, true, false}},
	    {"@monthly", {1, 1, 2, 0x1ffe, 0x7f, false, true}},
	    {"@yearly", {1, 1, 2, 2, 0x7f, false, true}},
	    {"@annually", {1, 1, 2, 2, 0x7f, false, true}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cron got = cron_of(rows[i].table);
		const struct cron *want = &rows[i].want;
		if (got.minutes != want->minutes || got.hours != want->hours ||
		    got.days != want->days || got.months != want->months ||
		    got.weekdays != want->weekdays || got.any_day != want->any_day ||
		    got.any_weekday != want->any_weekday)
			fail_msg("%s: got %llx %x %x %x %x %d %d", rows[i].table,
			    (unsigned long long)got.minutes, got.hours, got.days,
			    got.months, got.weekdays, got.any_day, got.any_weekday);
	}
}

TEST(an_error_names_the_field_and_what_is_wrong)
{

	static const struct {
		const char *table, *want;
	} rows[] = {
	    {"", "it has 0 fields, not 5: minute hour day month weekday"},
	    {"*", "it has 1 field, not 5"},
	    {"* * * *", "it has 4 fields, not 5"},
	    {"0 * * * * *", "it has 6 fields, not 5"},
	    {"60 * * * *", "minute: 60 is not within 0-59"},
	    {"-1 * * * *", "minute: \"\" is not a number"},
	    {"* 24 * * *", "hour: 24 is not within 0-23"},
	    {"* * 0 * *", "day of month: 0 is not within 1-31"},
	    {"* * 32 * *", "day of month: 32 is not within 1-31"},
	    {"* * * 0 *", "month: 0 is not within 1-12"},
	    {"* * * JANUARY *",
		"month: \"JANUARY\" is not a number or a name such as FEB"},
	    {"* * * * 8", "day of week: 8 is not within 0-7"},
	    {"* * * * MO", "\"MO\" is not a number or a name such as MON"},
	    {"x * * * *", "minute: \"x\" is not a number, a range, * or */N"},
	    {"1, * * * *", "minute: \"\" is not a number"},
	    {"1,,2 * * * *", "minute: \"\" is not a number"},
	    {"1- * * * *", "minute: \"\" is not a number"},
	    {"* 22-2 * * *", "hour: the range 22-2 goes backward"},
	    {"*/0 * * * *", "minute: the step \"0\" is not within 1-59"},
	    {"*/60 * * * *", "minute: the step \"60\" is not within 1-59"},
	    {"*/ * * * *", "minute: the step \"\" is not within 1-59"},
	    {"*/5/2 * * * *", "minute: the step \"5/2\" is not within 1-59"},
	    {"5/15 * * * *", "a step needs a range: write 5-59/15 in place of 5/15"},
	    {"99999999999999999999 * * * *", "is not a number"},
	    {"0 0 30 2 *", "it is never due"},
	    {"0 0 31 2,4,6,9,11 *", "it is never due"},
	    {"0 0 30 FEB */2", "it is never due"},
	    {"@reboot", "there are @hourly, @daily"},
	    {"@", "there are @hourly, @daily"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cron cron;
		struct error err = {0};
		if (cron_parse(&cron, span_of(rows[i].table), &err) != -1)
			fail_msg("%s is taken", rows[i].table);
		assert_non_null(strstr(err.text, "cron table \""));
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: got %s, want %s", rows[i].table, err.text,
			    rows[i].want);
	}
}

TEST(a_table_need_not_end_with_nul)
{
	struct cron cron;
	char text[] = {'5', ' ', '*', ' ', '*', ' ', '*', ' ', '*', '9'};
	assert_int_equal(cron_parse(&cron, (struct span){text, 9}, NULL), 0);
	assert_int_equal(cron.minutes, 1 << 5);
	assert_int_equal(cron_parse(&cron, SPAN("5 * *\0* *"), NULL), -1);
	assert_int_equal(cron_parse(&cron, (struct span){0}, NULL), -1);
}

TEST(it_is_due_at_the_next_matching_minute)
{

	static const struct row rows[] = {
	    {"* * * * *", "2026-01-31T23:59:30",
		{"2026-02-01T00:00:00", "2026-02-01T00:01:00"}},
	    {"* * * * *", "2026-01-31T23:59:00", {"2026-02-01T00:00:00"}},
	    {"*/15 * * * *", "2026-01-01T00:00:00",
		{"2026-01-01T00:15:00", "2026-01-01T00:30:00", "2026-01-01T00:45:00",
		    "2026-01-01T01:00:00"}},
	    {"0 9-17/4 * * 1-5", "2026-01-02T13:00:00",
		{"2026-01-02T17:00:00", "2026-01-05T09:00:00", "2026-01-05T13:00:00"}},
	    {"30 4 1,15 * *", "2026-01-15T04:30:00",
		{"2026-02-01T04:30:00", "2026-02-15T04:30:00"}},
	    {"5,50 8 * * *", "2026-01-15T08:05:00",
		{"2026-01-15T08:50:00", "2026-01-16T08:05:00"}},
	    {"@hourly", "2025-12-31T23:00:00", {"2026-01-01T00:00:00"}},
	    {"@daily", "2026-02-28T00:00:00", {"2026-03-01T00:00:00"}},
	    {"@weekly", "2026-01-01T00:00:00",
		{"2026-01-04T00:00:00", "2026-01-11T00:00:00"}},
	    {"@monthly", "2026-12-01T00:00:00", {"2027-01-01T00:00:00"}},
	    {"@yearly", "2026-01-01T00:00:00", {"2027-01-01T00:00:00"}},
	    {"* * * * *", "1969-12-31T23:58:30", {"1969-12-31T23:59:00"}},
	    {"0 0 1 * *", "1969-12-31T23:58:30", {"1970-01-01T00:00:00"}},
	};

	CHECK(NULL, rows);
}

TEST(months_end_and_leap_days_are_known)
{

	static const struct row rows[] = {
	    {"0 0 31 * *", "2026-01-31T00:00:00",
		{"2026-03-31T00:00:00", "2026-05-31T00:00:00", "2026-07-31T00:00:00",
		    "2026-08-31T00:00:00"}},
	    {"0 0 30 * *", "2026-01-30T00:00:00", {"2026-03-30T00:00:00"}},
	    {"0 12 29 2 *", "2026-01-01T00:00:00",
		{"2028-02-29T12:00:00", "2032-02-29T12:00:00"}},
	    {"0 12 29 2 *", "2096-03-01T00:00:00", {"2104-02-29T12:00:00"}},
	    /* a Thursday: 2024, 2052; and over 2100: 40 years */
	    {"0 0 29 2 4-5/7", "2023-01-01T00:00:00", {"2023-02-02T00:00:00"}},
	    {"* * 29 2 */7", "2026-01-01T00:00:00", {"2032-02-29T00:00:00"}},
	    {"0 0 29 2 */7", "2033-01-01T00:00:00",
		{"2060-02-29T00:00:00", "2088-02-29T00:00:00", "2128-02-29T00:00:00"}},
	};

	CHECK("UTC", rows);
}

TEST(where_both_days_are_given_either_will_do)
{

	static const struct row rows[] = {
	    /* Friday, or the 13th */
	    {"0 0 13 * 5", "2026-03-07T00:00:00",
		{"2026-03-13T00:00:00", "2026-03-20T00:00:00", "2026-03-27T00:00:00",
		    "2026-04-03T00:00:00"}},
	    {"0 0 13 * 5", "2026-04-10T00:00:00",
		{"2026-04-13T00:00:00", "2026-04-17T00:00:00"}},
	    /* a star leaves it to the other */
	    {"0 0 * * 5", "2026-03-13T00:00:00", {"2026-03-20T00:00:00"}},
	    {"0 0 13 * *", "2026-03-13T00:00:00", {"2026-04-13T00:00:00"}},
	    /* so does a stepped star: odd days that are Fridays */
	    {"0 0 */2 * 5", "2026-03-13T00:00:00", {"2026-03-27T00:00:00"}},
	};

	CHECK("UTC", rows);
}

TEST(clocks_put_forward_cost_no_run)
{

	/* 2021-03-28, 02:00 to 03:00 */
	static const struct row stockholm[] = {
	    {"30 2 * * *", "2021-03-27T12:00:00",
		{"2021-03-28T01:00:00", "2021-03-29T00:30:00"}},
	    {"0,20,40 2 * * *", "2021-03-27T12:00:00",
		{"2021-03-28T01:00:00", "2021-03-29T00:00:00"}},
	    {"0 2,3 * * *", "2021-03-27T12:00:00",
		{"2021-03-28T01:00:00", "2021-03-29T00:00:00"}},
	    {"*/30 * * * *", "2021-03-28T00:30:00",
		{"2021-03-28T01:00:00", "2021-03-28T01:30:00"}},
	    {"30 * * * *", "2021-03-28T00:00:00",
		{"2021-03-28T00:30:00", "2021-03-28T01:30:00"}},
	};

	/* 2021-03-14, 02:00 to 03:00 */
	static const struct row new_york[] = {
	    {"15 2 * * *", "2021-03-13T12:00:00",
		{"2021-03-14T07:00:00", "2021-03-15T06:15:00"}},
	};

	/* 2021-10-03, 02:00 to 02:30 */
	static const struct row lord_howe[] = {
	    {"15 2 * * *", "2021-10-02T00:00:00",
		{"2021-10-02T15:30:00", "2021-10-03T15:15:00"}},
	    {"15,45 2 * * *", "2021-10-02T00:00:00",
		{"2021-10-02T15:30:00", "2021-10-02T15:45:00", "2021-10-03T15:15:00"}},
	};

	/* 2021-09-05 begins at 01:00 */
	static const struct row santiago[] = {
	    {"@daily", "2021-09-04T12:00:00",
		{"2021-09-05T04:00:00", "2021-09-06T03:00:00"}},
	};

	/* 2011-12-30 was left out */
	static const struct row apia[] = {
	    {"0 8 * * *", "2011-12-29T20:00:00",
		{"2011-12-30T10:00:00", "2011-12-30T18:00:00"}},
	};

	CHECK("Europe/Stockholm", stockholm);
	CHECK("America/New_York", new_york);
	CHECK("Australia/Lord_Howe", lord_howe);
	CHECK("America/Santiago", santiago);
	CHECK("Pacific/Apia", apia);
}

TEST(clocks_put_back_make_no_second_run)
{

	/* 2021-10-31, 03:00 to 02:00 */
	static const struct row stockholm[] = {
	    {"30 2 * * *", "2021-10-30T12:00:00",
		{"2021-10-31T00:30:00", "2021-11-01T01:30:00"}},
	    {"30 2 * * *", "2021-10-31T00:45:00", {"2021-11-01T01:30:00"}},
	    {"30 2 * * *", "2021-10-31T01:15:00", {"2021-11-01T01:30:00"}},
	    {"* 2 * * *", "2021-10-31T00:58:00",
		{"2021-10-31T00:59:00", "2021-11-01T01:00:00"}},
	    {"0 2,3 * * *", "2021-10-30T12:00:00",
		{"2021-10-31T00:00:00", "2021-10-31T02:00:00"}},
	    /* every hour means every hour that passes */
	    {"30 * * * *", "2021-10-31T00:00:00",
		{"2021-10-31T00:30:00", "2021-10-31T01:30:00", "2021-10-31T02:30:00"}},
	    {"*/30 * * * *", "2021-10-31T00:30:00",
		{"2021-10-31T01:00:00", "2021-10-31T01:30:00", "2021-10-31T02:00:00"}},
	};

	static const struct row lord_howe[] = {
	    {"45 1 * * *", "2021-04-03T00:00:00",
		{"2021-04-03T14:45:00", "2021-04-04T15:15:00"}},
	    {"45 * * * *", "2021-04-03T14:00:00",
		{"2021-04-03T14:45:00", "2021-04-03T15:15:00", "2021-04-03T16:15:00"}},
	};

	/* midnight is there twice, the second time on the day before */
	static const struct row havana[] = {
	    {"30 0 * * *", "2021-11-06T12:00:00",
		{"2021-11-07T04:30:00", "2021-11-08T05:30:00"}},
	};

	CHECK("Europe/Stockholm", stockholm);
	CHECK("Australia/Lord_Howe", lord_howe);
	CHECK("America/Havana", havana);
}
