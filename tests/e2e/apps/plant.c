/* plant -- an app for tests/e2e/test_forget.c: leaves what it is told in every place that a
 * handler or a worker can write to. */
#include <offhook.h>
#include <string.h>
#include <unistd.h>

static int on_keep(oh_event *event, oh_twiml *reply)
{
	const char *from = oh_param(event, "From"), *sid = oh_sid(event);
	json_t *payload = json_pack("{s:s, s:[s]}", "sid", sid, "to", from);
	oh_insert(event, "documents", json_pack("{s:s, s:{s:[s]}}", "sid", sid, "deep", "in", from));
	oh_insert(event, "texts", json_pack("{s:s}", "text", oh_format(event, "%s called", from)));
	oh_insert(event, "names", json_pack("{s:{}}", from));
	oh_insert(event, "params", oh_params(event));
	oh_kv_set(event, oh_format(event, "seen %s", from), "yes", 0);
	oh_kv_set(event, sid, from, 0);
	oh_enqueue(event, "done", json_incref(payload));
	oh_enqueue(event, "done", json_pack("{s:s}", "sid", sid), .group = from, .delay_s = 3600);
	oh_enqueue(event, "done", json_pack("{s:s}", "sid", sid), .unique = from, .delay_s = 3600);
	oh_enqueue(event, "dead", json_pack("{s:s}", "sid", sid));
	json_decref(payload);
	oh_message(reply, oh_format(event, "Hello %s & welcome", from));
	return OH_OK;
}

static int on_fail(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	return oh_fail(event, "no route to %s", oh_param(event, "From"));
}

static int on_late(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)usleep(1500000);
	oh_insert(event, "documents", json_pack("{s:s}", "late", oh_param(event, "From")));
	return OH_OK;
}

static int on_any(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	return strcmp(oh_query(event, "fail"), "yes") == 0 ? OH_FAILED : OH_OK;
}

static int done(oh_job *job)
{
	(void)job;
	return OH_OK;
}

/* Its payload says nothing of whom it is about, its progress and its error do. */
static int dead(oh_job *job)
{
	const char *to = oh_kv_get(job, oh_payload_str(job, "sid"));
	oh_progress(job, "calling %s", to);
	return oh_give_up(job, "cannot reach %s", to);
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/keep", .handler = on_keep},
	    {OH_MESSAGE, "/keep/:number", .handler = on_keep},
	    {OH_MESSAGE, "/fail", .handler = on_fail},
	    {OH_MESSAGE, "/late", .handler = on_late, .deadline_s = 1},
	    {OH_SIGNED, "/any", .handler = on_any},
	    {OH_UNSIGNED, "/open", .handler = on_any},
	    OH_BUILTIN_ROUTES,
	    {0},
	};
	static const oh_worker workers[] = {{"done", .work = done}, {"dead", .work = dead}, {0}};
	return oh_main(argc, argv, &(oh_app){.routes = routes, .workers = workers});
}
