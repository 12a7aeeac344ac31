#include "jobs/zone.h"

#include <glib.h>
#include <time.h>

enum { DAY_S = 86400 };

struct zone {
	GTimeZone *tz;
};

int zone_open(struct zone **out, const char *name, struct error *err)
{
	if (name == NULL || *name == '\0')
		name = "UTC";
	GTimeZone *tz = NULL;
	/* UTC needs no tzdata. GLib opens the file of that name: a name with dots could
	 * lead out of its directory, and no zone has any. */
	if (strcmp(name, "UTC") == 0)
		tz = g_time_zone_new_utc();
	else if (strpbrk(name, ". ") == NULL)
		tz = g_time_zone_new_identifier(name);
	if (tz == NULL)
		return error_set(err,
		    "there is no time zone \"%s\": names are like Europe/Stockholm, and "
		    "the package tzdata must be installed",
		    name);
	*out = g_new(struct zone, 1);
	(*out)->tz = tz;
	return 0;
}

void zone_close(struct zone *zone)
{
	if (zone == NULL)
		return;
	g_time_zone_unref(zone->tz);
	g_free(zone);
}

/* How far local time is ahead of UTC at that instant, in seconds. */
static int64_t zone_offset(const struct zone *zone, int64_t instant_s)
{
	int interval =
	    g_time_zone_find_interval(zone->tz, G_TIME_TYPE_UNIVERSAL, instant_s);
	return g_time_zone_get_offset(zone->tz, interval);
}

void zone_local(const struct zone *zone, int64_t ms, struct zone_time *out)
{
	struct tm tm;
	time_t instant_s = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
	time_t local_s = instant_s + zone_offset(zone, instant_s);
	gmtime_r(&local_s, &tm);
	*out = (struct zone_time){.year = tm.tm_year + 1900,
	    .month = tm.tm_mon + 1,
	    .day = tm.tm_mday,
	    .hour = tm.tm_hour,
	    .minute = tm.tm_min,
	    .weekday = tm.tm_wday};
}

/* The first instant with the offset of after_s, by bisection. */
static int64_t zone_change(const struct zone *zone, int64_t before_s, int64_t after_s)
{
	int64_t later = zone_offset(zone, after_s);
	while (after_s - before_s > 1) {
		int64_t middle_s = before_s + (after_s - before_s) / 2;
		if (zone_offset(zone, middle_s) == later)
			after_s = middle_s;
		else
			before_s = middle_s;
	}
	return after_s;
}

/* Zones are less than a day away from UTC, so the offsets a day earlier and a day later
 * are those before and after a change near that time. */
int64_t zone_instant(const struct zone *zone, const struct zone_time *time)
{
	struct tm tm = {.tm_year = time->year - 1900,
	    .tm_mon = time->month - 1,
	    .tm_mday = time->day,
	    .tm_hour = time->hour,
	    .tm_min = time->minute};
	int64_t local_s = timegm(&tm);
	int64_t earlier = zone_offset(zone, local_s - DAY_S);
	int64_t later = zone_offset(zone, local_s + DAY_S);
	if (zone_offset(zone, local_s - earlier) == earlier)
		return (local_s - earlier) * 1000;
	if (zone_offset(zone, local_s - later) == later)
		return (local_s - later) * 1000;
	return zone_change(zone, local_s - later, local_s - earlier) * 1000;
}
