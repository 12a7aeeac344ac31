/* secretive -- says what it is told of its secrets, in a handler and in a worker, and can
 * crash with one on its stack. */
#include <offhook.h>
#include <stdlib.h>
#include <string.h>

static const char *said(const char *secret)
{
	return secret == NULL ? "none" : strcmp(secret, "") == 0 ? "empty" : secret;
}

static int on_sms(oh_event *event, oh_twiml *reply)
{
	char copy[256] = "";
	const char *what = oh_param(event, "Body");
	if (strcmp(what, "crash") == 0) {
		strncpy(copy, said(oh_secret(event, "SHOP_KEY")), sizeof(copy) - 1);
		abort();
	}
	if (strcmp(what, "log") == 0)
		oh_log(event, "the key is here", "key", said(oh_secret(event, "SHOP_KEY")), NULL);
	else if (strcmp(what, "job") == 0)
		oh_enqueue(event, "tell", json_pack("{s:i}", "n", 1));
	else if (strcmp(what, "environment") == 0)
		oh_message(reply, getenv("TWILIO_AUTH_TOKEN") == NULL ? "clean" : "dirty");
	else
		oh_message(reply, said(oh_secret(event, what)));
	return OH_OK;
}

static int tell(oh_job *job)
{
	oh_insert(job, "told", json_pack("{s:s, s:b}", "name", "SHOP_KEY", "has", oh_secret(job, "SHOP_KEY") != NULL));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {{OH_MESSAGE, "/twilio/sms", .handler = on_sms}, {0}};
	static const oh_worker workers[] = {{"tell", .work = tell}, {0}};
	static const oh_collection collections[] = {{"told", "name"}, {0}};
	return oh_main(argc, argv,
	    &(oh_app){
		.routes = routes, .workers = workers, .collections = collections,
		.secrets = {"SHOP_KEY", "OTHER_KEY"}});
}
