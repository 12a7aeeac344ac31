/* alert_message -- the text of an alert about a group of failures: JSON for programs, and
 * in it one sentence for people. */
#ifndef OFFHOOK_ALERT_ALERT_MESSAGE_H
#define OFFHOOK_ALERT_ALERT_MESSAGE_H

#include <jansson.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/span.h"

struct alert_message {
	/* The same at each attempt to send one alert, and never that of another: a
	 * receiver recognises a repeated one. */
	const char *id;
	/* {what, group, count, total, firstAt, lastAt, error, sid, id, host, version,
	 * text} */
	struct span json;
	const char *text;
};

/* Makes it of the group's document (alert/failure.h), for the job of that id. In the
 * arena. */
void alert_message_make(
    struct alert_message *out, const json_t *doc, int64_t job_id, struct arena *arena);

/* Makes one that says it is a test: what and group are "test". */
void alert_message_test(struct alert_message *out, struct arena *arena);

#endif
