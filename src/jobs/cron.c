#include "jobs/cron.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "util/text.h"

enum {
	MINUTE_MS = 60000,
	ALL_HOURS = 0xffffff,
	/* 29 February on a given weekday: every 28 years, or 40 about a year like 2100. */
	YEARS_AHEAD = 41
};

/* What a field may hold. */
struct field {
	const char *name;
	int min, max;
	const char *const *words; /* the first one is min; NULL: none */
	int word_count;
};

static const char *const months[] = {
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

static const char *const weekdays[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static const struct field fields[FIELDS] = {
    {"minute", 0, 59, NULL, 0}, {"hour", 0, 23, NULL, 0},
    {"day of month", 1, 31, NULL, 0}, {"month", 1, 12, months, 12},
    {"day of week", 0, 7, weekdays, 7}, /* 7 is Sunday, as is 0 */
};

/* ---- parsing ---- */

static int cron_parse_value(
    int *out, const struct field *field, struct span text, struct error *err)
{
	int64_t number;
	for (int i = 0; i < field->word_count; i++) {
		if (span_ieq(text, span_of(field->words[i]))) {
			*out = field->min + i;
			return 0;
		}
	}
	if (!text_int(text, INT32_MIN, INT32_MAX, &number))
		return error_set(err, "\"%.*s\" is not a number%s%s%s", SPAN_ARG(text),
		    field->words == NULL ? "" : " or a name such as ",
		    field->words == NULL ? "" : field->words[1],
		    field->words == NULL ? ", a range, * or */N" : "");
	if (number < field->min || number > field->max)
		return error_set(err, "%lld is not within %d-%d", (long long)number,
		    field->min, field->max);
	*out = (int)number;
	return 0;
}

/* "*", "N" or "N-M". */
static int cron_parse_range(
    int range[2], const struct field *field, struct span text, struct error *err)
{
	size_t dash = span_find(text, '-');
	range[0] = field->min;
	range[1] = field->max;
	if (span_is(text, "*"))
		return 0;
	if (cron_parse_value(&range[0], field, span_head(text, dash), err) != 0)
		return -1;
	range[1] = range[0];
	if (dash == text.len)
		return 0;
	if (cron_parse_value(&range[1], field, span_from(text, dash + 1), err) != 0)
		return -1;
	if (field == &fields[WEEKDAY] && range[1] == 0)
		range[1] = 7; /* FRI-SUN */
	if (range[1] < range[0])
		return error_set(err,
		    "the range %.*s goes backward; write it as two, with a comma",
		    SPAN_ARG(text));
	return 0;
}

/* One element of a list: a range, perhaps with a step. */
static int cron_parse_element(
    uint64_t *bits, const struct field *field, struct span text, struct error *err)
{
	size_t slash = span_find(text, '/');
	int64_t step = 1;
	int range[2];
	struct span base = span_head(text, slash);
	if (cron_parse_range(range, field, base, err) != 0)
		return -1;
	if (slash < text.len) {
		struct span wanted = span_from(text, slash + 1);
		if (!text_int(wanted, 1, field->max - field->min, &step))
			return error_set(err, "the step \"%.*s\" is not within 1-%d",
			    SPAN_ARG(wanted), field->max - field->min);
		if (!span_is(base, "*") && span_find(base, '-') == base.len)
			return error_set(err,
			    "a step needs a range: write %d-%d/%lld in place of %.*s",
			    range[0], field->max, (long long)step, SPAN_ARG(text));
	}
	for (int64_t value = range[0]; value <= range[1]; value += step)
		*bits |= UINT64_C(1) << value;
	return 0;
}

static int cron_parse_field(
    uint64_t *bits, const struct field *field, struct span text, struct error *err)
{
	*bits = 0;
	for (;;) {
		size_t comma = span_find(text, ',');
		struct span element = span_head(text, comma);
		if (cron_parse_element(bits, field, element, err) != 0)
			return error_wrap(err, "%s", field->name);
		if (comma == text.len)
			return 0;
		text = span_from(text, comma + 1);
	}
}

/* text is trimmed. */
static int cron_split(struct span out[FIELDS], struct span text, struct error *err)
{
	static const char blanks[] = {' ', '\t', '\r', '\n'}; /* as span_trim's */
	int count = 0;
	for (; text.len > 0; count++) {
		size_t len = 0;
		while (len < text.len &&
		       memchr(blanks, text.ptr[len], sizeof(blanks)) == NULL)
			len++;
		if (count < FIELDS)
			out[count] = span_head(text, len);
		text = span_trim(span_from(text, len));
	}
	if (count != FIELDS)
		return error_set(err,
		    "it has %d field%s, not 5: minute hour day month weekday", count,
		    count == 1 ? "" : "s");
	return 0;
}

/* Returns the table that an @name stands for, other text as it is, and an absent span for
 * an unknown name. */
static struct span cron_expand(struct span text)
{
	static const struct {
		const char *name, *table;
	} names[] = {
	    {"@hourly", "0 * * * *"},
	    {"@daily", "0 0 * * *"},
	    {"@midnight", "0 0 * * *"},
	    {"@weekly", "0 0 * * 0"},
	    {"@monthly", "0 0 1 * *"},
	    {"@yearly", "0 0 1 1 *"},
	    {"@annually", "0 0 1 1 *"},
	};

	if (text.len == 0 || text.ptr[0] != '@')
		return text;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (span_ieq(text, span_of(names[i].name)))
			return span_of(names[i].table);
	}
	return (struct span){0};
}

/* When one of the two day fields is a star, also with a step, both must match. */
static bool cron_day_matches(const struct cron *cron, const struct tm *tm)
{
	bool day = (cron->days >> tm->tm_mday & 1) != 0;
	bool weekday = (cron->weekdays >> tm->tm_wday & 1) != 0;
	if ((cron->months >> (tm->tm_mon + 1) & 1) == 0)
		return false;
	return cron->any_day || cron->any_weekday ? day && weekday : day || weekday;
}

/* Moves tm, a valid date with its weekday, to the first day from there on that matches.
 * False when there is none to the end of last_year. */
static bool cron_find_day(const struct cron *cron, struct tm *tm, int last_year)
{
	while (!cron_day_matches(cron, tm)) {
		if ((cron->months >> (tm->tm_mon + 1) & 1) != 0)
			tm->tm_mday++;
		else {
			tm->tm_mday = 1;
			tm->tm_mon++;
		}
		(void)timegm(tm);
		if (tm->tm_year + 1900 > last_year)
			return false;
	}
	return true;
}

static int cron_parse_fields(struct cron *out, struct span text, struct error *err)
{
	struct span words[FIELDS] = {0};
	uint64_t bits[FIELDS];
	if (cron_split(words, text, err) != 0)
		return -1;
	for (int i = 0; i < FIELDS; i++) {
		if (cron_parse_field(&bits[i], &fields[i], words[i], err) != 0)
			return -1;
	}
	*out = (struct cron){
	    .minutes = bits[MINUTE],
	    .hours = (uint32_t)bits[HOUR],
	    .days = (uint32_t)bits[DAY],
	    .months = (uint32_t)bits[MONTH],
	    .weekdays = (uint32_t)((bits[WEEKDAY] | bits[WEEKDAY] >> 7) & 0x7f),
	    .any_day = words[DAY].ptr[0] == '*',
	    .any_weekday = words[WEEKDAY].ptr[0] == '*',
	};
	struct tm tm = {
	    .tm_year = 100, .tm_mday = 1, .tm_wday = 6}; /* 1 January 2000 */
	if (!cron_find_day(out, &tm, 2000 + YEARS_AHEAD))
		return error_set(err, "it is never due: no month in it has such a day");
	return 0;
}

int cron_parse(struct cron *out, struct span text, struct error *err)
{
	text = span_trim(text);
	struct span table = cron_expand(text);
	if (table.ptr == NULL && text.len > 0)
		(void)error_set(err,
		    "there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, "
		    "@annually, and tables of five fields");
	else if (cron_parse_fields(out, table, err) == 0)
		return 0;
	return error_wrap(err, "cron table \"%.*s\"",
	    SPAN_ARG(span_head(text, text.len > 100 ? 100 : text.len)));
}

/* ---- time ---- */

static struct tm cron_date(const struct zone_time *time)
{
	return (struct tm){.tm_year = time->year - 1900,
	    .tm_mon = time->month - 1,
	    .tm_mday = time->day,
	    .tm_hour = time->hour,
	    .tm_min = time->minute,
	    .tm_wday = time->weekday};
}

/* The number of the first bit that is set, not below `from`; -1: none. */
static int cron_bit_from(uint64_t bits, int from)
{
	uint64_t rest = from > 63 ? 0 : bits >> from;
	return rest == 0 ? -1 : from + __builtin_ctzll(rest);
}

static void cron_next_day(struct tm *tm)
{
	tm->tm_mday++;
	tm->tm_hour = 0;
	tm->tm_min = 0;
	(void)timegm(tm);
}

/* Moves tm to the first minute from there on that is due by the local clock. */
static void cron_find_minute(const struct cron *cron, struct tm *tm)
{
	int last_year = tm->tm_year + 1900 + YEARS_AHEAD;
	for (;;) {
		if (!cron_day_matches(cron, tm)) {
			tm->tm_hour = 0;
			tm->tm_min = 0;
			bool found = cron_find_day(cron, tm, last_year);
			assert(found); /* cron_parse refuses such a table */
		}
		int minute = cron_bit_from(cron->minutes, tm->tm_min);
		int hour = cron_bit_from(
		    cron->hours, minute < 0 ? tm->tm_hour + 1 : tm->tm_hour);
		if (hour >= 0) {
			tm->tm_min = hour == tm->tm_hour
					 ? minute
					 : cron_bit_from(cron->minutes, 0);
			tm->tm_hour = hour;
			return;
		}
		cron_next_day(tm);
	}
}

static int64_t cron_instant(const struct zone *zone, const struct tm *tm)
{
	return zone_instant(zone, &(struct zone_time){.year = tm->tm_year + 1900,
				      .month = tm->tm_mon + 1,
				      .day = tm->tm_mday,
				      .hour = tm->tm_hour,
				      .minute = tm->tm_min});
}

/* For a table that is due in every hour: goes by the minutes as they pass, so that it is
 * also due in both when an hour comes twice. */
static int64_t cron_next_any_hour(
    const struct cron *cron, const struct zone *zone, int64_t ms)
{
	for (;;) {
		struct zone_time local;
		zone_local(zone, ms, &local);
		struct tm tm = cron_date(&local);
		if (!cron_day_matches(cron, &tm)) {
			cron_next_day(&tm);
			cron_find_minute(cron, &tm);
			int64_t later_ms = cron_instant(zone, &tm);
			ms = later_ms > ms ? later_ms : ms + MINUTE_MS;
		} else if ((cron->minutes >> local.minute & 1) != 0)
			return ms;
		else
			ms += MINUTE_MS;
	}
}

int64_t cron_next(const struct cron *cron, const struct zone *zone, int64_t after_ms)
{
	struct zone_time local;
	if (cron->hours == ALL_HOURS) {
		int64_t into = after_ms % MINUTE_MS;
		int64_t start = after_ms - (into < 0 ? into + MINUTE_MS : into);
		return cron_next_any_hour(cron, zone, start + MINUTE_MS);
	}
	zone_local(zone, after_ms, &local);
	struct tm tm = cron_date(&local);
	for (;;) {
		cron_find_minute(cron, &tm);
		int64_t ms = cron_instant(zone, &tm);
		if (ms > after_ms)
			return ms;
		tm.tm_min++;
		(void)timegm(&tm);
	}
}
