/* jobs -- an app for the tests of queues: "/enqueue" puts a job into the queue that Body
 * names, with the options that the other parameters say; each queue's worker does
 * what its name says, and ends with a document in "notes". */
#include <offhook.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STOCK = 10 };

static double number(const oh_event *event, const char *name)
{
	return strtod(oh_param(event, name), NULL);
}

static int on_enqueue(oh_event *event, oh_twiml *reply)
{
	int64_t count = oh_param_int(event, "Count", 1);
	for (int64_t n = 0; n < count; n++)
		oh_enqueue(event, oh_param(event, "Body"),
		    json_pack("{s:s, s:i}", "sid", oh_sid(event), "n", (int)n),
		    .delay_s = number(event, "Delay"), .group = oh_param_or(event, "Group", NULL),
		    .unique = oh_param_or(event, "Unique", NULL), .unique_s = number(event, "UniqueS"),
		    .priority = (int)oh_param_int(event, "Priority", 0));
	oh_message(reply, "enqueued");
	return OH_OK;
}

static int on_cancel(oh_event *event, oh_twiml *reply)
{
	oh_cancel(event, oh_param(event, "Body"), oh_param(event, "Unique"));
	oh_message(reply, "cancelled");
	return OH_OK;
}

static int on_plain(oh_event *event, oh_twiml *reply)
{
	(void)event;
	oh_message(reply, "plain");
	return OH_OK;
}

/* ---- workers ---- */

static int note(oh_job *job)
{
	oh_insert(job, "notes",
	    json_pack("{s:s, s:O, s:i, s:I}", "sid", oh_payload_str(job, "sid"), "n",
		json_object_get(oh_payload(job), "n"), "try", oh_job_attempt(job), "job",
		(json_int_t)oh_job_id(job)));
	return OH_OK;
}

/* What it writes before it fails must not be seen. */
static int flaky(oh_job *job)
{
	note(job);
	return oh_job_attempt(job) < 3 ? oh_fail(job, "not at attempt %d", oh_job_attempt(job)) : OH_OK;
}

static int doomed(oh_job *job)
{
	note(job);
	return oh_fail(job, "attempt %d is in vain%s", oh_job_attempt(job),
	    oh_job_is_last_attempt(job) ? ", as the last one" : "");
}

static int hopeless(oh_job *job)
{
	return oh_give_up(job, "no such number");
}

static int sleepy(oh_job *job)
{
	const char *key = oh_format(job, "slept %s", oh_payload_str(job, "sid"));
	if (oh_kv_get_or(job, key, NULL) != NULL)
		return note(job);
	oh_kv_set(job, key, "yes", 0);
	return oh_snooze(job, 0.2);
}

/* As a field of a NULL struct: sanitizers leave it to the machine. */
static int crashing(oh_job *job)
{
	volatile uintptr_t nowhere = sizeof(int);
	volatile int *nothing = (volatile int *)nowhere;
	return oh_job_attempt(job) > 1 ? note(job) : *nothing;
}

static int deadly(oh_job *job)
{
	note(job);
	_exit(7);
}

static int hanging(oh_job *job)
{
	while (oh_job_attempt(job) == 1)
		(void)sleep(1);
	return note(job);
}

static int slow(oh_job *job)
{
	(void)sleep(2);
	return note(job);
}

/* Until "/release" was called. */
static int patient(oh_job *job)
{
	oh_progress(job, "half of it");
	for (int i = 0; i < 1000 && oh_kv_get_or(job, "released", NULL) == NULL; i++)
		(void)usleep(20000);
	return note(job);
}

/* A later job would end first, if it could run beside an earlier one. */
static int unsteady(oh_job *job)
{
	int n = (int)json_integer_value(json_object_get(oh_payload(job), "n"));
	(void)usleep(n % 2 == 0 ? 20000 : 0);
	return note(job);
}

static int on_failure(oh_job *job)
{
	oh_insert(job, "failures", json_incref(oh_payload(job)));
	return OH_OK;
}

static int on_release(oh_event *event, oh_twiml *reply)
{
	oh_kv_set(event, "released", "yes", 0);
	oh_message(reply, "released");
	return OH_OK;
}

/* ---- events that fail ---- */

/* Fails until "/mend" was called. */
static int on_broken(oh_event *event, oh_twiml *reply)
{
	const char *name = oh_path_param(event, "name");
	if (oh_kv_get_or(event, "mended", NULL) == NULL)
		return oh_fail(event, "broken");
	oh_insert(event, "handled",
	    json_pack("{s:s, s:s, s:s*, s:s, s:s*}", "sid", oh_sid(event), "body",
		oh_param(event, "Body"), "name", *name != '\0' ? name : NULL, "method",
		oh_method(event), "host", oh_header_or(event, "Host", NULL)));
	oh_enqueue(event, "note", json_pack("{s:s, s:i}", "sid", oh_sid(event), "n", 0));
	oh_message(reply, "never sent");
	return OH_OK;
}

static int on_mend(oh_event *event, oh_twiml *reply)
{
	oh_kv_set(event, "mended", "yes", 0);
	oh_insert(event, "stock", json_pack("{s:i}", "n", STOCK));
	oh_message(reply, "mended");
	return OH_OK;
}

static json_int_t stock_of(oh_event *event)
{
	json_t *stock = oh_find_one(event, "stock", json_object());
	json_int_t n = json_integer_value(json_object_get(stock, "n"));
	json_decref(stock);
	return n;
}

/* Sells what it has seen, unless somebody else sold it meanwhile: a handler that sees all
 * of the stock waits until that has happened. */
static int on_sell(oh_event *event, oh_twiml *reply)
{
	json_int_t n = stock_of(event);
	if (oh_kv_get_or(event, "mended", NULL) == NULL)
		return oh_fail(event, "broken");
	bool waits = strcmp(oh_param(event, "Body"), "patiently") == 0 && n == STOCK;
	for (int i = 0; i < 1000 && waits && stock_of(event) == STOCK; i++)
		(void)usleep(20000);
	oh_update_expecting(event, "stock", json_pack("{s:I}", "n", n),
	    json_pack("{s:{s:I}}", "$set", "n", n - 1), 1);
	oh_message(reply, "sold");
	return OH_OK;
}

static int on_late(oh_event *event, oh_twiml *reply)
{
	(void)reply;
	(void)usleep(1500000);
	oh_enqueue(event, "note", json_pack("{s:s, s:i}", "sid", oh_sid(event), "n", 0));
	return strcmp(oh_param(event, "Body"), "well") == 0 ? OH_OK
							    : oh_fail(event, "late and bad");
}

static int on_status(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/enqueue", .handler = on_enqueue},
	    {OH_MESSAGE, "/cancel", .handler = on_cancel},
	    {OH_MESSAGE, "/plain", .handler = on_plain},
	    {OH_MESSAGE, "/release", .handler = on_release},
	    {OH_MESSAGE, "/broken", .handler = on_broken},
	    {OH_MESSAGE, "/broken/:name", .handler = on_broken},
	    {OH_MESSAGE, "/mend", .handler = on_mend},
	    {OH_MESSAGE, "/sell", .handler = on_sell},
	    {OH_MESSAGE, "/late", .handler = on_late, .deadline_s = 1},
	    {OH_MESSAGE_STATUS, "/status", .handler = on_status},
	    OH_BUILTIN_ROUTES,
	    {0},
	};
	static const oh_worker workers[] = {
	    {"note", .work = note},
	    {"flaky", .work = flaky, .backoff_min_s = 0.05, .backoff_s = 0.05},
	    {"doomed", .work = doomed, .max_tries = 2, .backoff_min_s = 0.05, .backoff_s = 0.05},
	    {"hopeless", .work = hopeless},
	    {"sleepy", .work = sleepy},
	    {"crashing", .work = crashing, .backoff_min_s = 0.05, .backoff_s = 0.05},
	    {"deadly", .work = deadly, .max_tries = 2, .backoff_min_s = 0.05, .backoff_s = 0.05},
	    {"hanging", .work = hanging, .timeout_s = 1, .backoff_min_s = 0.05, .backoff_s = 0.05},
	    {"slow", .work = slow, .concurrency = 8},
	    {"patient", .work = patient, .concurrency = 8},
	    {"unsteady", .work = unsteady, .concurrency = 4},
	    {"yearly", .work = note, .cron = "@yearly", .zone = "UTC"},
	    {0},
	};
	return oh_main(argc, argv,
	    &(oh_app){.routes = routes, .workers = workers, .on_failure = on_failure});
}
