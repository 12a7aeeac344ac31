#include "util/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_wall_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static char *clock_digits(char *at, unsigned value, int count)
{
	for (int i = count - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return at + count;
}

/* Writes digit by digit, because every webhook needs this and strftime costs ten times
 * as much. Year, month and day from days: Howard Hinnant, civil_from_days. */
void clock_iso(char out[CLOCK_ISO_SIZE], int64_t wall_ms)
{
	int64_t seconds = wall_ms / 1000;
	int64_t millis = wall_ms % 1000;
	if (millis < 0) {
		millis += 1000;
		seconds--;
	}
	int64_t days = seconds / 86400;
	int64_t rest = seconds % 86400;
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	unsigned year = (unsigned)(yoe + era * 400) + (month <= 2 ? 1 : 0);
	char *at = clock_digits(out, year, 4);
	*at++ = '-';
	at = clock_digits(at, month, 2);
	*at++ = '-';
	at = clock_digits(at, doy - (153 * mp + 2) / 5 + 1, 2);
	*at++ = 'T';
	at = clock_digits(at, (unsigned)(rest / 3600), 2);
	*at++ = ':';
	at = clock_digits(at, (unsigned)(rest / 60 % 60), 2);
	*at++ = ':';
	at = clock_digits(at, (unsigned)(rest % 60), 2);
	*at++ = '.';
	at = clock_digits(at, (unsigned)millis, 3);
	*at++ = 'Z';
	*at = '\0';
}
