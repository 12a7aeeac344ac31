/* toil -- jobs that end in every way, for tests that kill the server. A webhook's Body names
 * the queue of its job, and every webhook has a second job in the order of its sender. Each
 * attempt writes its effect first and misbehaves then, so that a test sees what a failed
 * attempt left behind.
 *
 * effects: {n, part, seq, group, after}: the webhook's number, which of its jobs ("main",
 * "child0" …, "ordered"), the job's id; and for ordered jobs the sender, and the id of the
 * job before it in its group, as this job saw it. */
#include <offhook.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHILDREN = 3 };

/* No NULL: sanitizers would catch that themselves. */
static int *volatile nowhere = (int *)sizeof(int);

static json_int_t number(const oh_job *job)
{
	return json_integer_value(json_object_get(oh_payload(job), "n"));
}

static void leave(oh_job *job, const char *part)
{
	oh_insert(job, "effects",
	    json_pack("{s:I, s:s, s:I}", "n", number(job), "part", part, "seq",
		(json_int_t)oh_job_id(job)));
}

static int plain(oh_job *job)
{
	leave(job, oh_payload_str_or(job, "part", "main"));
	return OH_OK;
}

static int slow(oh_job *job)
{
	leave(job, "main");
	usleep((useconds_t)(number(job) % 30) * 1000);
	return OH_OK;
}

static int flaky(oh_job *job)
{
	leave(job, "main");
	return oh_job_attempt(job) <= 2 ? oh_fail(job, "not yet") : OH_OK;
}

/* Writes, snoozes, writes again: its first writes are there once. */
static int sleeper(oh_job *job)
{
	json_int_t n = number(job);
	const char *key = oh_format(job, "asleep %lld", (long long)n);
	if (oh_kv_get_or(job, key, NULL) == NULL) {
		oh_kv_set(job, key, "yes", 3600);
		leave(job, "main");
		return oh_snooze(job, 0.02);
	}
	leave(job, "awake");
	return OH_OK;
}

static int killer(oh_job *job)
{
	leave(job, "main");
	if (oh_job_attempt(job) == 1)
		raise(SIGKILL);
	return OH_OK;
}

static int crasher(oh_job *job)
{
	leave(job, "main");
	if (oh_job_attempt(job) == 1)
		*nowhere = 1;
	return OH_OK;
}

/* Fails at every attempt, in one of three ways. */
static int doomed(oh_job *job)
{
	leave(job, "main");
	oh_enqueue(job, "plain", json_pack("{s:I, s:s}", "n", number(job), "part", "never"));
	if (number(job) % 3 == 0)
		raise(SIGKILL);
	if (number(job) % 3 == 1)
		*nowhere = 1;
	return oh_fail(job, "never");
}

static int parent(oh_job *job)
{
	for (int i = 0; i < CHILDREN; i++)
		oh_enqueue(job, "plain",
		    json_pack("{s:I, s:s}", "n", number(job), "part",
			oh_format(job, "child%d", i)));
	leave(job, "main");
	return OH_OK;
}

static int ordered(oh_job *job)
{
	const char *group = oh_payload_str(job, "group");
	json_int_t seq = oh_job_id(job);
	json_t *last = oh_get(job, "groups", group);
	oh_insert(job, "effects",
	    json_pack("{s:I, s:s, s:I, s:s, s:I}", "n", number(job), "part", "ordered", "seq",
		seq, "group", group, "after",
		last == NULL ? 0 : json_integer_value(json_object_get(last, "last"))));
	oh_upsert(job, "groups", group, json_object(),
	    json_pack("{s:{s:I}}", "$set", "last", seq));
	json_decref(last);
	if (oh_job_attempt(job) == 1 && number(job) % 41 == 0)
		raise(SIGKILL);
	return oh_job_attempt(job) == 1 && number(job) % 7 == 0 ? oh_fail(job, "a stumble") : OH_OK;
}

static int on_sms(oh_event *event, oh_twiml *reply)
{
	const char *from = oh_param(event, "From");
	json_int_t n = strtoll(oh_sid(event) + 2, NULL, 16);
	oh_enqueue(event, oh_param(event, "Body"), json_pack("{s:I}", "n", n),
	    .delay_s = n % 5 == 0 ? 0.05 : 0, .priority = (int)(n % 3));
	oh_enqueue(event, "ordered", json_pack("{s:I, s:s}", "n", n, "group", from),
	    .group = from);
	oh_message(reply, "Kept");
	return OH_OK;
}

#define SOON .backoff_min_s = 0.01, .backoff_s = 0.02, .backoff_max_s = 0.1

int main(int argc, char **argv)
{
	static const oh_route routes[] = {{OH_MESSAGE, "/sms", .handler = on_sms}, {0}};
	static const oh_collection collections[] = {{"groups", "group"}, {0}};
	static const oh_worker workers[] = {
	    {"plain", .work = plain, .max_tries = 100, SOON},
	    {"slow", .work = slow, .max_tries = 100, SOON},
	    {"flaky", .work = flaky, .max_tries = 100, SOON},
	    {"sleeper", .work = sleeper, .max_tries = 100, SOON},
	    {"killer", .work = killer, .max_tries = 100, SOON},
	    {"crasher", .work = crasher, .max_tries = 100, SOON},
	    {"doomed", .work = doomed, .max_tries = 3, SOON},
	    {"parent", .work = parent, .max_tries = 100, SOON},
	    {"ordered", .work = ordered, .max_tries = 100, .concurrency = 16, SOON},
	    {0},
	};
	return oh_main(argc, argv,
	    &(oh_app){.routes = routes, .workers = workers, .collections = collections});
}
