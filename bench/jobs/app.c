/* app -- Offhook at the work of bench/jobs: webhooks that enqueue jobs, and workers. A
 * job "effect" leaves one document, {messageSid, at}: when it began, in microseconds of
 * the machine's monotonic clock, which all of its processes share. */
#include <offhook.h>
#include <stdio.h>
#include <time.h>

enum { BATCH = 100, FANS_MAX = 10000 };

static json_int_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (json_int_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void enqueue_effect(oh_context *context, const char *sid)
{
	oh_enqueue(context, "effect", json_pack("{s:s}", "messageSid", sid));
}

/* SIDs that differ in their last digits. */
static void enqueue_batch(oh_context *context, const char *sid)
{
	for (int i = 0; i < BATCH; i++)
		enqueue_effect(context, oh_format(context, "%.30s%04x", sid, i));
}

static int on_one(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	enqueue_effect(event, oh_param(event, "MessageSid"));
	return OH_OK;
}

static int on_batch(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	enqueue_batch(event, oh_param(event, "MessageSid"));
	return OH_OK;
}

/* jobs=N: N jobs, by N / BATCH jobs that enqueue BATCH each, the first of which is
 * the first=F-th of all that do. */
static int on_fan(oh_event *event, oh_twiml *reply)
{
	long fans = oh_param_int(event, "jobs", 0) / BATCH;
	long first = oh_param_int(event, "first", 0);
	(void)reply;
	for (long i = 0; i < fans && i < FANS_MAX; i++)
		oh_enqueue(event, "fan",
		    json_pack("{s:s}", "sid", oh_format(event, "SM%028lx", first + i)));
	return OH_OK;
}

/* A webhook as most are: a document and a reply. */
static int on_sms(oh_event *event, oh_twiml *reply)
{
	oh_insert(event, "messages",
	    json_pack("{s:s, s:s, s:s}", "messageSid", oh_param(event, "MessageSid"),
		"from", oh_param(event, "From"), "body", oh_param(event, "Body")));
	oh_message(reply, "Thanks!");
	return OH_OK;
}

static int fan(oh_job *job)
{
	enqueue_batch(job, oh_payload_str(job, "sid"));
	return OH_OK;
}

static int effect(oh_job *job)
{
	json_int_t at = now_us();
	oh_insert(job, "effects",
	    json_pack("{s:s, s:I}", "messageSid", oh_payload_str(job, "messageSid"),
		"at", at));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/one", on_one},
	    {OH_MESSAGE,    "/batch", on_batch},
	    {OH_MESSAGE, "/sms", on_sms},
	    {OH_UNSIGNED,  "/fan", on_fan},
	    {0},
	};
	static const oh_worker workers[] = {
	    {"effect",           effect, .concurrency = 64},
	    {"fan", fan, .concurrency = 4},
	    {0             },
	};
	return oh_main(argc, argv, &(oh_app){.routes = routes, .workers = workers});
}
