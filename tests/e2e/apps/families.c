/* families -- an app for tests/e2e/test_families.c: each run of a handler leaves a document
 * that says what it was told. */
#include <offhook.h>

static int note(oh_event *event, const char *by)
{
	oh_insert(event, "runs", json_pack("{s:s, s:s, s:s, s:s}", "by", by, "kind", oh_kind(event),
	    "sid", oh_sid(event), "account", oh_account_sid(event)));
	return OH_OK;
}

static int on_message(oh_event *event, oh_twiml *reply)
{
	oh_message(reply, "hello");
	return note(event, "message");
}

static int on_call(oh_event *event, oh_twiml *reply)
{
	oh_say(reply, "hello");
	return note(event, "call");
}

static int on_any(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	return note(event, "any");
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/message", .handler = on_message},
	    {OH_CALL, "/call", .handler = on_call},
	    {OH_SIGNED, "/any", .handler = on_any},
	    {0},
	};
	return oh_main(argc, argv, &(oh_app){.routes = routes});
}
