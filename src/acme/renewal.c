#include "acme/renewal.h"

static const int64_t renewal_minute_ms = INT64_C(60) * 1000;
static const int64_t renewal_hour_ms = INT64_C(3600) * 1000;

/* A part of span: random / 2^32 of it. */
static int64_t renewal_part(int64_t span_ms, uint32_t random)
{
	return (int64_t)((double)span_ms * ((double)random / 4294967296.0));
}

int64_t renewal_time(const struct renewal *renewal)
{
	int64_t life = renewal->not_after_ms - renewal->not_before_ms;
	int64_t last = renewal->not_before_ms + life / 10 * 9;
	int64_t at;
	if (renewal->window_start_ms > 0) {
		at = renewal->window_start_ms +
		     renewal_part(renewal->window_end_ms - renewal->window_start_ms,
			 renewal->random);
	} else {
		at = renewal->not_before_ms +
		     (life < 240 * renewal_hour_ms ? life / 2 : life / 3 * 2) -
		     renewal_part(life / 20, renewal->random);
	}
	return at < last ? at : last;
}

int64_t renewal_back_off(unsigned failures, int64_t retry_after_ms, uint32_t random)
{
	int64_t wait = failures <= 1   ? renewal_minute_ms
		       : failures == 2 ? renewal_hour_ms
				       : 6 * renewal_hour_ms;
	if (retry_after_ms > wait)
		wait = retry_after_ms;
	return wait + renewal_part(wait / 4, random);
}

int64_t renewal_look_again(int64_t now_ms, int64_t retry_after_ms)
{
	int64_t wait = retry_after_ms > 0 ? retry_after_ms : 6 * renewal_hour_ms;
	if (wait < renewal_minute_ms)
		wait = renewal_minute_ms;
	if (wait > 24 * renewal_hour_ms)
		wait = 24 * renewal_hour_ms;
	return now_ms + wait;
}
