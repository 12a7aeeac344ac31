#include "view/when.h"

#include <stdio.h>

#include "util/clock.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

const char *when_span(char out[WHEN_SPAN_SIZE], int64_t ms)
{
	static const struct {
		int64_t below, unit;
		const char *name;
	} units[] = {
	    {SECOND, 1, "ms"},
	    {MINUTE, SECOND, "s"},
	    {HOUR, MINUTE, "m"},
	    {DAY, HOUR, "h"},
	    {INT64_MAX, DAY, "d"},
	};

	size_t i = 0;
	while (ms >= units[i].below && units[i].below != INT64_MAX)
		i++;
	(void)snprintf(out, WHEN_SPAN_SIZE, "%lld%s", (long long)(ms / units[i].unit),
	    units[i].name);
	return out;
}

const char *when_text(char out[WHEN_SIZE], int64_t ms, int64_t now_ms)
{
	char text[CLOCK_ISO_SIZE];
	int64_t away = ms - now_ms;
	if (away > -SECOND && away < SECOND) {
		(void)snprintf(out, WHEN_SIZE, "now");
	} else if (away <= -DAY || away >= DAY) {
		clock_iso(text, ms);
		(void)snprintf(out, WHEN_SIZE, "%.10s %.5s", text, text + 11);
	} else if (away > 0) {
		(void)snprintf(out, WHEN_SIZE, "in %s", when_span(text, away));
	} else {
		(void)snprintf(out, WHEN_SIZE, "%s ago", when_span(text, -away));
	}
	return out;
}
