/* fuzz_cron -- no text breaks the parser; of a table it takes, the next time is the one
 * that a walk over the minutes of the zone's clock finds first.
 *
 * Input: one byte for the zone, four for the time to start from, then the table. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "jobs/cron.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HEAD = 5,
	MINUTE_MS = 60000,
	WALK = 3 * 1440,  /* minutes */
	BEFORE = 26 * 60, /* what a clock put back shows again begins there at most */
	FIRST_MINUTE = 5260320, /* 1980: offsets are whole minutes since */
	LAST_MINUTE = 35064000
};

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* Zones with changes of an hour, of half an hour, at midnight, of a day, and none. */
static const struct zone *zone_of(uint8_t choice)
{
	static const char *const names[] = {"UTC", "Europe/Stockholm",
	    "America/New_York", "Australia/Lord_Howe", "America/Santiago",
	    "Pacific/Apia", "Pacific/Kwajalein", "America/Havana", "Africa/Casablanca",
	    "Asia/Kathmandu"};
	static struct zone *zones[sizeof(names) / sizeof(*names)];

	size_t i = choice % (sizeof(names) / sizeof(*names));
	if (zones[i] == NULL)
		expect(zone_open(&zones[i], names[i], NULL) == 0);
	return zones[i];
}

/* What the clock shows, in minutes since 1970 by that clock. */
static int64_t shown(const struct zone *zone, int64_t minute)
{
	struct zone_time local;
	zone_local(zone, minute * MINUTE_MS, &local);
	struct tm tm = {.tm_year = local.year - 1900,
	    .tm_mon = local.month - 1,
	    .tm_mday = local.day,
	    .tm_hour = local.hour,
	    .tm_min = local.minute};
	int64_t seconds = timegm(&tm);
	expect(tm.tm_wday == local.weekday);
	return seconds / 60;
}

static bool matches(const struct cron *cron, int64_t clock_minute)
{
	struct tm tm;
	const time_t seconds = (time_t)(clock_minute * 60);
	(void)gmtime_r(&seconds, &tm);
	bool day = (cron->days & 1U << tm.tm_mday) != 0;
	bool weekday = (cron->weekdays & 1U << tm.tm_wday) != 0;
	bool date =
	    cron->any_day || cron->any_weekday ? day && weekday : day || weekday;
	return date && (cron->months & 2U << tm.tm_mon) != 0 &&
	       (cron->hours & 1U << tm.tm_hour) != 0 &&
	       (cron->minutes & UINT64_C(1) << tm.tm_min) != 0;
}

/* Whether it is due at a minute at which the clock, which has shown all up to `high`
 * before, shows now. */
static bool due(const struct cron *cron, int64_t high, int64_t now)
{
	if (cron->hours == 0xffffff)
		return matches(cron, now);
	for (int64_t minute = high + 1; minute <= now; minute++) {
		if (matches(cron, minute))
			return true;
	}
	return false;
}

/* No minute before next is due; next is, unless it is too far to walk there. */
static void walk(
    const struct cron *cron, const struct zone *zone, int64_t after, int64_t next)
{
	int64_t high = INT64_MIN;
	for (int64_t minute = after - BEFORE; minute <= after; minute++) {
		int64_t now = shown(zone, minute);
		high = now > high ? now : high;
	}
	int64_t end = next - after > WALK ? after + WALK : next;
	for (int64_t minute = after + 1; minute <= end; minute++) {
		int64_t now = shown(zone, minute);
		expect(due(cron, high, now) == (minute == next));
		high = now > high ? now : high;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cron cron;
	struct error err = {0};
	if (size < HEAD)
		return 0;
	struct span text = {(const char *)data + HEAD, size - HEAD};
	if (cron_parse(&cron, text, &err) != 0) {
		expect(err.text[0] != '\0');
		return 0;
	}
	const struct zone *zone = zone_of(data[0]);
	uint64_t chosen = 0;
	for (int i = 1; i < HEAD; i++)
		chosen = chosen << 8 | data[i];
	int64_t after = FIRST_MINUTE + (int64_t)(chosen % (LAST_MINUTE - FIRST_MINUTE));
	for (int i = 0; i < 3; i++) {
		int64_t next_ms = cron_next(&cron, zone, after * MINUTE_MS);
		expect(next_ms > after * MINUTE_MS && next_ms % MINUTE_MS == 0);
		expect(cron_next(&cron, zone, next_ms - 1) == next_ms);
		walk(&cron, zone, after, next_ms / MINUTE_MS);
		after = next_ms / MINUTE_MS;
	}
	return 0;
}
