/* reminder -- appointments, reminded of a day before, answered with YES or NO. STOP is
 * kept: who said it gets no more reminders.
 *
 *	Yours:  POST /appointments phone, name, at (2031-05-06T09:30:00Z), with the header
 *	        "Authorization: Bearer $BOOKING_KEY"
 *	Twilio: A message comes in -> https://YOUR.HOST/twilio/sms
 *
 * Sending goes through Twilio's REST API, which is not part of this version: a reminder
 * that is due becomes a document in "outbox", for the program that sends. Answers to
 * it come in here. */
#define _GNU_SOURCE
#include <offhook.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { DAY_S = 24 * 60 * 60 };

/* "2031-05-06T09:30:00Z" as seconds since 1970; -1 when it is something else. */
static time_t parse_time(const char *text)
{
	struct tm at = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &at);

	return end == NULL || *end != '\0' ? -1 : timegm(&at);
}

static int is_word(const char *text, const char *const *words)
{
	size_t len = strcspn(text += strspn(text, " "), " .!\n");

	for (; *words != NULL; words++)
		if (strlen(*words) == len && strncasecmp(text, *words, len) == 0)
			return 1;
	return 0;
}

/* ---- booking: your own system calls this ---- */

static int only_booking(oh_event *event, oh_twiml *reply)
{
	const char *key = oh_secret(event, "BOOKING_KEY");
	const char *given = oh_header(event, "Authorization");

	(void)reply;
	if (key != NULL && strcmp(given, oh_format(event, "Bearer %s", key)) == 0)
		return OH_PASS;
	oh_reply(event, 401, "text/plain", "who are you?\n");
	return OH_OK;
}

static int on_appointment(oh_event *event, oh_twiml *reply)
{
	time_t at = parse_time(oh_param(event, "at"));

	(void)reply;
	if (at < 0 || *oh_param(event, "phone") == '\0' || *oh_param(event, "name") == '\0') {
		oh_reply(event, 400, "text/plain", "phone, name and at, please\n");
		return OH_OK;
	}
	const char *id = oh_insert(event, "appointments", json_pack("{s:s, s:s, s:s, s:s}",
	    "phone", oh_param(event, "phone"),
	    "name", oh_param(event, "name"),
	    "at", oh_param(event, "at"),
	    "status", "open"));
	double delay_s = (double)(at - DAY_S) - (double)oh_time_ms(event) / 1000;
	oh_enqueue(event, "remind", json_pack("{s:s}", "id", id),
	    .delay_s = delay_s > 0 ? delay_s : 0);
	oh_reply(event, 201, "application/json", oh_format(event, "{\"id\": \"%s\"}\n", id));
	return OH_OK;
}

/* ---- reminding: a day before ---- */

static int remind(oh_job *job)
{
	json_t *appointment = oh_get(job, "appointments", oh_payload_str(job, "id"));
	const char *phone = json_string_value(json_object_get(appointment, "phone"));
	const char *status = json_string_value(json_object_get(appointment, "status"));

	if (status != NULL && strcmp(status, "open") == 0 &&
	    oh_count(job, "optouts", json_pack("{s:s}", "phone", phone)) == 0)
		oh_insert(job, "outbox", json_pack("{s:s, s:s}", "to", phone, "body",
		    oh_format(job, "Your appointment is at %s. Reply YES to keep it, NO to cancel.",
			json_string_value(json_object_get(appointment, "at")))));
	json_decref(appointment);
	return OH_OK;
}

/* ---- the answer ---- */

/* Twilio answers STOP and START itself; a reply of ours would not arrive (21610). */
static int on_opt_out(oh_event *event, oh_twiml *reply)
{
	static const char *const stop[] = {
	    "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", NULL};
	static const char *const start[] = {"START", "UNSTOP", NULL};
	const char *body = oh_param(event, "Body");
	const char *phone = oh_param(event, "From");

	(void)reply;
	if (is_word(body, stop))
		oh_upsert(event, "optouts", phone,
		    json_object(), json_pack("{s:{s:s}}", "$set", "at", oh_time(event)));
	else if (is_word(body, start))
		oh_remove(event, "optouts", json_pack("{s:s}", "phone", phone));
	else
		return OH_PASS;
	return OH_OK;
}

static int on_answer(oh_event *event, oh_twiml *reply)
{
	static const char *const yes[] = {"YES", "Y", "OK", NULL};
	static const char *const no[] = {"NO", "N", NULL};
	const char *body = oh_param(event, "Body");
	json_t *next = oh_find(event, "appointments",
	    json_pack("{s:s, s:{s:s}}", "phone", oh_param(event, "From"), "at", "$gt", oh_time(event)),
	    json_pack("{s:i}", "at", 1), 1);
	json_t *appointment = json_array_get(next, 0);
	const char *at = json_string_value(json_object_get(appointment, "at"));
	const char *status = is_word(body, yes) ? "confirmed" : is_word(body, no) ? "cancelled"
										  : NULL;

	if (appointment == NULL) {
		oh_message(reply, "You have no appointment with us.");
	} else if (status == NULL) {
		oh_message(reply, oh_format(event, "Your appointment is at %s. YES or NO?", at));
	} else {
		oh_update(event, "appointments",
		    json_pack("{s:O}", "_id", json_object_get(appointment, "_id")),
		    json_pack("{s:{s:s}}", "$set", "status", status));
		oh_message(reply, oh_format(event, "Your appointment at %s is %s.", at, status));
	}
	json_decref(next);
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_handler booking[] = {only_booking, NULL};
	static const oh_handler people[] = {on_opt_out, NULL};
	static const oh_route routes[] = {
	    {OH_UNSIGNED, "/appointments", .handler = on_appointment, .filters = booking, .methods = "POST"},
	    {OH_MESSAGE, "/twilio/sms", .handler = on_answer, .filters = people},
	    {0},
	};
	static const oh_worker workers[] = {{"remind", .work = remind}, {0}};
	static const oh_collection collections[] = {{"optouts", "phone"}, {0}};

	return oh_main(argc, argv,
	    &(oh_app){.routes = routes, .workers = workers, .collections = collections,
		.secrets = {"BOOKING_KEY"}});
}
