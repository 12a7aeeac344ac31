#include "host/alert_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert/alert_send.h"
#include "alert/alert_settings.h"
#include "api/context.h"
#include "store/reserved.h"
#include "util/clock.h"
#include "util/text.h"

/* A time as documents have it; 0: none. */
static int64_t alert_time(const json_t *doc, const char *name)
{
	struct tm tm = {0};
	const char *text = json_string_value(json_object_get(doc, name));
	const char *rest =
	    text == NULL ? NULL : strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest == NULL)
		return 0;
	return (int64_t)timegm(&tm) * 1000 +
	       (*rest == '.' ? strtol(rest + 1, NULL, 10) : 0);
}

/* Subtracts what was told from the count. Failures that came meanwhile found this job open:
 * so it looks again at once, and ends when there are no more. */
static int alert_tell(
    oh_job *job, const char *group, const json_t *doc, const struct alert_settings *to)
{
	struct alert_message message;
	struct error err;
	char now[CLOCK_ISO_SIZE];
	json_int_t count = json_integer_value(json_object_get(doc, "count"));
	struct arena *arena = arena_new();
	alert_message_make(&message, doc, oh_job_id(job), arena);
	int rc = to->url != NULL ? alert_post(to->url, to->secret, &message, &err) : 0;
	if (rc == 0 && to->command != NULL)
		rc = alert_run(to->command, ALERT_COMMAND_MS, &message, &err);
	arena_free(arena);
	if (rc < 0)
		return oh_fail(job, "%s", err.text);
	clock_iso(now, clock_wall_ms());
	oh_update(job, COLLECTION_ALERTS, json_pack("{s:s}", "group", group),
	    json_pack(
		"{s:{s:I}, s:{s:s}}", "$inc", "count", -count, "$set", "sentAt", now));
	return oh_snooze(job, 0);
}

int alert_work(oh_job *job)
{
	const char *group = oh_payload_str(job, "group");
	const struct frame_settings *told = &job->context.world->settings;
	const struct alert_settings to = alert_settings(told->pairs, told->count);
	if (*group == '\0')
		return oh_give_up(job, "this job names no group");
	if (to.url == NULL && to.command == NULL)
		return OH_OK; /* the owner has switched alerts off */
	json_t *doc = oh_get(job, COLLECTION_ALERTS, group);
	if (doc == NULL)
		return OH_OK;
	int64_t left_ms = alert_time(doc, "sentAt") + to.interval_ms - clock_wall_ms();
	if (left_ms > to.interval_ms) /* the clock was set back */
		left_ms = to.interval_ms;
	int result = OH_OK;
	if (json_integer_value(json_object_get(doc, "count")) == 0)
		/* A failure that is committed before this job's end finds the job open and
		 * enqueues no other one: then this end conflicts, and the job runs again. */
		oh_update_expecting(job, COLLECTION_ALERTS,
		    json_pack("{s:s, s:i}", "group", group, "count", 0),
		    json_pack("{s:{s:i}}", "$set", "count", 0), 1);
	else if (left_ms > 0)
		result = oh_snooze(job, (double)left_ms / 1000);
	else
		result = alert_tell(job, group, doc, &to);
	json_decref(doc);
	return result;
}
