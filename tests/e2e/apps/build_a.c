/* build_a, build_b -- two builds of one app, for swapping. */
#include <offhook.h>

#ifndef BUILD
#define BUILD "a"
#endif

static int on_sms(oh_event *event, oh_twiml *reply)
{
	oh_insert(event, "runs", json_pack("{s:s, s:s}", "sid", oh_sid(event), "build", BUILD));
	oh_message(reply, "build " BUILD);
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
#ifdef MORE
	    {OH_MESSAGE, "/more", .handler = on_sms},
#endif
	    {OH_MESSAGE, "/sms", .handler = on_sms},
	    {0},
	};
	return oh_main(argc, argv, &(oh_app){.routes = routes});
}
