/* alert_message -- what an alert says of its group: JSON for programs, with one sentence
 * in it for people. */
#ifndef OFFHOOK_ALERT_ALERT_MESSAGE_H
#define OFFHOOK_ALERT_ALERT_MESSAGE_H

#include <jansson.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/span.h"

struct alert_message {
	/* The same for every try of one alert, on this machine and for ever: a receiver
	 * knows by it what it has had. */
	const char *id;
	struct span
	    json; /* {what, group, count, total, firstAt, lastAt, error, sid, id,
			     host, version, text} */
	const char *text;
};

/* Of the group's document (app/failure.h), which the job of that id is to tell of. In the
 * arena. */
void alert_message_make(
    struct alert_message *out, const json_t *doc, int64_t job_id, struct arena *arena);

/* One that says it is a test: what and group are "test". */
void alert_message_test(struct alert_message *out, struct arena *arena);

#endif
