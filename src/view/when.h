/* when -- a time as people say it: "in 4m", "2h ago", "2026-01-31 12:00". */
#ifndef OFFHOOK_VIEW_WHEN_H
#define OFFHOOK_VIEW_WHEN_H

#include <stdint.h>

enum { WHEN_SPAN_SIZE = 24, WHEN_SIZE = WHEN_SPAN_SIZE + 8 };

/* Beside now when it is less than a day away, in whole seconds, minutes or hours; else
 * the day and minute, UTC. Returns out. */
const char *when_text(char out[WHEN_SIZE], int64_t ms, int64_t now_ms);
/* How long: "350ms", "42s", "14m", "5h", "3d". Returns out. */
const char *when_span(char out[WHEN_SPAN_SIZE], int64_t ms);

#endif
