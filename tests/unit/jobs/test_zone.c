#include "test.h"

#include <time.h>

#include "jobs/zone.h"
#include "util/clock.h"
#include "util/span.h"

/* "2021-03-28T01:00Z" as milliseconds. */
static int64_t instant(const char *text)
{
	struct tm tm = {0};
	assert_non_null(strptime(text, "%Y-%m-%dT%H:%M", &tm));
	return (int64_t)timegm(&tm) * 1000;
}

static struct zone *zone_of(const char *name)
{
	struct zone *zone = NULL;
	struct error err = {0};
	if (zone_open(&zone, name, &err) != 0)
		fail_msg("%s: %s", name, err.text);
	return zone;
}

TEST(no_name_is_utc)
{
	static const char *const names[] = {NULL, "", "UTC"};

	for (size_t i = 0; i < 3; i++) {
		struct zone_time local;
		struct zone *zone = zone_of(names[i]);
		zone_local(zone, instant("2026-07-01T12:34Z"), &local);
		assert_int_equal(local.hour, 12);
		assert_int_equal(local.minute, 34);
		zone_close(zone);
	}
}

TEST(an_unknown_name_is_an_error_and_not_utc)
{
	static const char *const names[] = {"Europe/Stokholm", "Mars/Phobos",
	    "nonsense", "../../../etc/passwd", "Europe", " UTC", "Europe/Stockholm "};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct zone *zone = NULL;
		struct error err = {0};
		if (zone_open(&zone, names[i], &err) != -1)
			fail_msg("%s is taken for a zone", names[i]);
		assert_non_null(strstr(err.text, names[i]));
		assert_non_null(strstr(err.text, "tzdata"));
	}
}

TEST(an_instant_has_its_local_time)
{

	static const struct {
		const char *zone, *instant;
		struct zone_time want;
	} rows[] = {
	    {"UTC", "1970-01-01T00:00Z", {1970, 1, 1, 0, 0, 4}},
	    {"UTC", "1969-12-31T23:59Z", {1969, 12, 31, 23, 59, 3}},
	    {"Europe/Stockholm", "2021-01-31T23:30Z", {2021, 2, 1, 0, 30, 1}},
	    {"Europe/Stockholm", "2021-07-01T12:00Z", {2021, 7, 1, 14, 0, 4}},
	    {"America/New_York", "2021-01-01T04:59Z", {2020, 12, 31, 23, 59, 4}},
	    {"Asia/Kathmandu", "2021-01-01T00:00Z", {2021, 1, 1, 5, 45, 5}},
	    {"Australia/Lord_Howe", "2021-01-01T00:00Z", {2021, 1, 1, 11, 0, 5}},
	    {"Pacific/Kiritimati", "2021-01-01T10:00Z", {2021, 1, 2, 0, 0, 6}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct zone *zone = zone_of(rows[i].zone);
		struct zone_time got;
		zone_local(zone, instant(rows[i].instant), &got);
		assert_memory_equal(&got, &rows[i].want, sizeof(got));
		zone_close(zone);
	}
}

TEST(a_local_time_is_its_first_instant)
{

	static const struct {
		const char *zone, *local, *want;
	} rows[] = {
	    {"UTC", "2021-03-28T02:30", "2021-03-28T02:30Z"},
	    {"Europe/Stockholm", "2021-01-15T12:00", "2021-01-15T11:00Z"},
	    /* there twice */
	    {"Europe/Stockholm", "2021-10-31T02:00", "2021-10-31T00:00Z"},
	    {"Europe/Stockholm", "2021-10-31T02:59", "2021-10-31T00:59Z"},
	    {"Europe/Stockholm", "2021-10-31T03:00", "2021-10-31T02:00Z"},
	    {"America/New_York", "2021-11-07T01:30", "2021-11-07T05:30Z"},
	    {"Australia/Lord_Howe", "2021-04-04T01:45", "2021-04-03T14:45Z"},
	    /* never there: when the clocks are put forward */
	    {"Europe/Stockholm", "2021-03-28T01:59", "2021-03-28T00:59Z"},
	    {"Europe/Stockholm", "2021-03-28T02:00", "2021-03-28T01:00Z"},
	    {"Europe/Stockholm", "2021-03-28T02:59", "2021-03-28T01:00Z"},
	    {"Europe/Stockholm", "2021-03-28T03:00", "2021-03-28T01:00Z"},
	    {"America/New_York", "2021-03-14T02:30", "2021-03-14T07:00Z"},
	    {"Australia/Lord_Howe", "2021-10-03T02:15", "2021-10-02T15:30Z"},
	    {"America/Santiago", "2021-09-05T00:00", "2021-09-05T04:00Z"},
	    /* a day that was left out */
	    {"Pacific/Apia", "2011-12-30T00:00", "2011-12-30T10:00Z"},
	    {"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00Z"},
	    {"Pacific/Apia", "2011-12-29T23:59", "2011-12-30T09:59Z"},
	    {"Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00Z"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct zone *zone = zone_of(rows[i].zone);
		struct tm tm = {0};
		char got[CLOCK_ISO_SIZE], want[CLOCK_ISO_SIZE];
		assert_non_null(strptime(rows[i].local, "%Y-%m-%dT%H:%M", &tm));
		const struct zone_time local = {tm.tm_year + 1900, tm.tm_mon + 1,
		    tm.tm_mday, tm.tm_hour, tm.tm_min, 0};
		clock_iso(got, zone_instant(zone, &local));
		clock_iso(want, instant(rows[i].want));
		if (strcmp(got, want) != 0)
			fail_msg("%s %s: got %s, want %s", rows[i].zone, rows[i].local,
			    got, want);
		zone_close(zone);
	}
}

TEST(closing_nothing_is_fine)
{
	zone_close(NULL);
}
