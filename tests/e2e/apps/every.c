/* every -- an app for tests/e2e/test_user_app.c: one route for each thing that a
 * handler can do. */
#include <offhook.h>
#include <stdlib.h>
#include <string.h>

static int on_sms(oh_event *event, oh_twiml *reply)
{
	oh_upsert(event, "people", oh_param(event, "From"), json_object(),
	    json_pack("{s:{s:i}, s:{s:s}}", "$inc", "messages", 1, "$set", "last", oh_param(event, "Body")));
	json_t *person = oh_get(event, "people", oh_param(event, "From"));
	oh_message(reply, oh_format(event, "Message %d from you",
	    (int)json_integer_value(json_object_get(person, "messages"))));
	json_decref(person);
	return OH_OK;
}

/* A vote counts once for each number, for an hour. */
static int on_vote(oh_event *event, oh_twiml *reply)
{
	const char *key = oh_format(event, "vote %s", oh_param(event, "From"));
	const char *before = oh_kv_get_or(event, key, NULL);
	if (before == NULL)
		oh_kv_set(event, key, oh_param(event, "Body"), 3600);
	oh_message(reply, before == NULL ? "Counted" : "You have voted already");
	return OH_OK;
}

static int only_with_token(oh_event *event, oh_twiml *reply)
{
	const char *token = oh_header(event, "X-Token");
	(void)reply;
	if (strcmp(token, oh_secret(event, "EVERY_TOKEN")) == 0)
		return OH_PASS;
	oh_log(event, "turned away", "path", oh_path(event), NULL);
	oh_reply(event, 401, "text/plain", "no token\n");
	return OH_OK;
}

static int on_person(oh_event *event, oh_twiml *reply)
{
	json_t *person = oh_get(event, "people", oh_path_param(event, "number"));
	char *text = json_dumps(person, JSON_COMPACT);
	(void)reply;
	if (person == NULL)
		oh_reply(event, 404, "text/plain", "nobody\n");
	else
		oh_reply(event, 200, "application/json", text);
	free(text);
	json_decref(person);
	return OH_OK;
}

/* The seat is the first one's; a later one is told so, however close they come. */
static int on_book(oh_event *event, oh_twiml *reply)
{
	json_t *seat = oh_find_one(event, "seats", json_pack("{s:s}", "seat", "1A"));
	int free_still = seat == NULL || json_is_null(json_object_get(seat, "by"));
	if (seat == NULL)
		oh_insert(event, "seats", json_pack("{s:s, s:s}", "seat", "1A", "by", oh_param(event, "From")));
	oh_message(reply, free_still ? "It is yours" : "It is taken");
	json_decref(seat);
	return OH_OK;
}

static int on_mistake(oh_event *event, oh_twiml *reply)
{
	oh_insert(event, "kept", json_pack("{s:s}", "body", oh_param(event, "Body")));
	oh_insert(event, "kept", json_pack("{s:s}", "none", oh_param_or(event, "NoSuchParameter", NULL)));
	oh_message(reply, "never sent");
	return OH_OK;
}

/* As a field of a NULL struct: sanitizers leave it to the machine. */
static int on_crash(oh_event *event, oh_twiml *reply)
{
	volatile uintptr_t nowhere = sizeof(int);
	volatile int *nothing = (volatile int *)nowhere;
	oh_insert(event, "kept", json_pack("{s:s}", "body", "crashed"));
	oh_message(reply, "never sent");
	return *nothing;
}

static int on_status(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	oh_insert(event, "kept", json_pack("{s:s}", "body", oh_param(event, "MessageStatus")));
	return strcmp(oh_param(event, "MessageStatus"), "failed") == 0
		   ? oh_fail(event, "message %s failed", oh_sid(event))
		   : OH_OK;
}

/* Where it was called, and where its routes are. */
static int on_where(oh_event *event, oh_twiml *reply)
{
	oh_message(reply, oh_format(event, "%s order=%s", oh_url(event, "/next"), oh_query(event, "order")));
	if (strcmp(oh_query(event, "job"), "yes") == 0)
		oh_enqueue(event, "where", json_object());
	return OH_OK;
}

static int where(oh_job *job)
{
	oh_insert(job, "places", json_pack("{s:s}", "url", oh_url(job, "/next")));
	return OH_OK;
}

static int on_call(oh_event *event, oh_twiml *reply)
{
	(void)event;
	oh_say(reply, "My own voice");
	oh_gather(reply, .action = "/twilio/voice?menu=1&from=voice");
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_handler private[] = {only_with_token, NULL};
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/sms", .handler = on_sms},
	    {OH_MESSAGE, "/vote", .handler = on_vote},
	    {OH_MESSAGE, "/book", .handler = on_book},
	    {OH_MESSAGE, "/mistake", .handler = on_mistake, .fallback = "<Response><Message>Sorry</Message></Response>"},
	    {OH_MESSAGE, "/where", .handler = on_where},
	    {OH_MESSAGE, "/crash", .handler = on_crash},
	    {OH_MESSAGE_STATUS, "/status", .handler = on_status},
	    {OH_UNSIGNED, "/people/:number", .handler = on_person, .filters = private, .methods = "GET"},
	    OH_BUILTIN_ROUTES,
	    {OH_CALL, "/twilio/voice", .handler = on_call},
	    {0},
	};
	static const oh_collection collections[] = {{"people", "number"}, {"seats", "seat"}, {0}};
	static const oh_worker workers[] = {{"where", .work = where}, {0}};
	return oh_main(argc, argv,
	    &(oh_app){.routes = routes, .workers = workers, .collections = collections,
		.secrets = {"EVERY_TOKEN"}});
}
