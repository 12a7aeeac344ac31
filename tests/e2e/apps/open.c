/* open -- a route that anybody may call, beside one of Twilio's. Its body says what the
 * handler does. */
#include <offhook.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int only_known(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	if (strcmp(oh_header(event, "X-Token"), "known") == 0)
		return OH_PASS;
	oh_reply(event, 401, "text/plain", "Who are you?\n");
	return OH_OK;
}

static int on_open(oh_event *event, oh_twiml *reply)
{
	const char *act = oh_query(event, "act");
	(void)reply;
	if (strcmp(act, "refuse") == 0) {
		oh_reply(event, 400, "text/plain", "No.\n");
		return OH_OK;
	}
	if (strcmp(act, "read") == 0)
		return OH_OK;
	oh_insert(event, "taken", json_pack("{s:s}", "act", act));
	oh_enqueue(event, "taken", json_object());
	if (strcmp(act, "crash") == 0)
		abort();
	if (strcmp(act, "fail") == 0)
		return oh_fail(event, "it says fail");
	if (strcmp(act, "late") == 0)
		usleep(800000);
	if (strcmp(act, "move") == 0)
		oh_reply(event, 303, NULL, NULL);
	else if (strcmp(act, "count") == 0)
		oh_reply(event, 403, "text/plain", "No, and it is noted.\n");
	else
		oh_reply(event, 201, "text/plain", "Taken.\n");
	return OH_OK;
}

static int on_sms(oh_event *event, oh_twiml *reply)
{
	oh_message(reply, oh_format(event, "Fine: %s", oh_sid(event)));
	return OH_OK;
}

static int taken(oh_job *job)
{
	oh_insert(job, "worked", json_object());
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_handler known[] = {only_known, NULL};
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/twilio/sms", .handler = on_sms},
	    {OH_UNSIGNED, "/open", .handler = on_open},
	    {OH_UNSIGNED, "/slow", .handler = on_open, .deadline_s = 0.4},
	    {OH_UNSIGNED, "/known", .handler = on_open, .filters = known,
		.fallback = "<Response/>"},
	    {0},
	};
	static const oh_worker workers[] = {{"taken", .work = taken}, {0}};
	return oh_main(argc, argv, &(oh_app){.routes = routes, .workers = workers});
}
