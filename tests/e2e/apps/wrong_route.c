/* wrong_route -- an app whose second route cannot be. */
#include <offhook.h>

static int on_any(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/sms", .handler = on_any}, {OH_SIGNED, "/orders/:", .handler = on_any}, {0}};
	return oh_main(argc, argv, &(oh_app){.routes = routes});
}
