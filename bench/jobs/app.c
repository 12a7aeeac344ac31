/* app -- Offhook at the work of bench/jobs: webhooks that enqueue jobs, and workers. A
 * job "effect" leaves one document, {messageSid, at}: when it began, in microseconds of
 * the machine's monotonic clock, which all of its processes share. */
#include <offhook.h>
#include <stdio.h>
#include <time.h>

enum { BATCH = 100 };

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
	enqueue_effect(oh_context_of(event), oh_param(event, "MessageSid"));
	return OH_OK;
}

static int on_batch(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	enqueue_batch(oh_context_of(event), oh_param(event, "MessageSid"));
	return OH_OK;
}

/* trees=N: N jobs, each of which enqueues BATCH jobs, each of which enqueues BATCH. */
static int on_trees(oh_event *event, oh_twiml *reply)
{
	int64_t trees = oh_param_int(event, "trees", 0);
	(void)reply;
	for (int64_t i = 0; i < trees; i++)
		oh_enqueue(event, "tree", json_pack("{s:I}", "n", (json_int_t)i));
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

static int tree(oh_job *job)
{
	json_int_t n = json_integer_value(json_object_get(oh_payload(job), "n"));
	for (int i = 0; i < BATCH; i++)
		oh_enqueue(job, "fan",
		    json_pack(
			"{s:s}", "sid", oh_format(job, "SM%028llx", n * BATCH + i)));
	return OH_OK;
}

static int fan(oh_job *job)
{
	enqueue_batch(oh_context_of(job), oh_payload_str(job, "sid"));
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
	    {OH_MESSAGE, "/one", .handler = on_one},
	    {OH_MESSAGE, "/batch", .handler = on_batch},
	    {OH_MESSAGE, "/sms", .handler = on_sms},
	    {OH_UNSIGNED, "/trees", .handler = on_trees},
	    {0},
	};
	static const oh_worker workers[] = {
	    {"effect", .work = effect, .concurrency = 64},
	    {"fan", .work = fan, .concurrency = 4},
	    {"tree", .work = tree},
	    {0},
	};
	return oh_main(argc, argv, &(oh_app){.routes = routes, .workers = workers});
}
