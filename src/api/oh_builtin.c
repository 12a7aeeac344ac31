/* oh_builtin -- offhook.h: the built-in app's handler. A route with it is answered by
 * the server (builtin/builtin.h); here it only stands for that. */
#include "api/context.h"

int oh_builtin(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	return oh_fail(
	    &event->context, "oh_builtin is for the table of routes, not to be called");
}
