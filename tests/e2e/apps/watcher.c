/* watcher -- an app that leaves all webhooks to the built-in one, and is told of what
 * fails. */
#include <offhook.h>

static int on_failure(oh_job *job)
{
	oh_insert(job, "failures", json_incref(oh_payload(job)));
	return OH_OK;
}

int main(int argc, char **argv)
{
	return oh_main(argc, argv, &(oh_app){.on_failure = on_failure});
}
