/* crash_rogues -- handlers that crash, exit, leak until their limit and sleep for a
 * minute arrive again and again, while 1,000 other webhooks a second go through: every
 * other one gets its reply in time and is stored, each rogue its fallback reply, and
 * each crash a backtrace in the log.
 *
 *   crash_rogues SECONDS
 *
 * Prints TAP. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "open_loop.h"

#include "../e2e/conversation.h"
#include "util/text.h"

enum { PER_SECOND = 1000, LOG_MAX = 64 << 20 };

/* What a rogue does, and how often. */
static struct rogue {
	const char *name, *path, *body;
	const char *reply, *state; /* what its events shall end with */
	int pause_ms;
	const struct talk *talk;
	int count; /* to send */
	int wrong;
	pthread_t thread;
} rogues[] = {
    {.name = "crash",
	.path = "/sms",
	.body = "crash",
	.reply = "Try later",
	.state = "failed",
	.pause_ms = 200},
    {.name = "exit",
	.path = "/sms",
	.body = "exit",
	.reply = "Try later",
	.state = "failed",
	.pause_ms = 300},
    {.name = "leak",
	.path = "/sms",
	.body = "leak",
	.reply = "Try later",
	.state = "failed",
	.pause_ms = 500},
    {.name = "sleep",
	.path = "/slow",
	.body = "sleep+60000",
	.reply = "<Response/>",
	.state = "late",
	.pause_ms = 1000},
};

enum { ROGUES = sizeof(rogues) / sizeof(rogues[0]) };

static int failures, tests;

static void told(bool good, const char *what)
{
	(void)printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	failures += !good;
}

/* ---- the others ---- */

static void make_request(struct buf *out, int number)
{
	char form[160];
	char signature[64];
	(void)snprintf(form, sizeof(form),
	    "MessageSid=SMgood%d&From=%%2B1555%07d&To=%%2B1999&Body=fine", number,
	    number);
	talk_signature(signature, TALK_TOKEN, TALK_URL "/sms", form);
	talk_request(out, "/sms", signature, form);
}

static bool is_right(const char *answer, int number)
{
	char reply[64];
	(void)snprintf(reply, sizeof(reply), "<Message>Fine: SMgood%d</", number);
	return strncmp(answer, "HTTP/1.1 200 ", 13) == 0 &&
	       strstr(answer, reply) != NULL;
}

/* ---- the rogues ---- */

static void *rogue_main(void *arg)
{
	struct rogue *rogue = arg;
	for (int i = 0; i < rogue->count; i++) {
		char form[160];
		struct answer answer;
		(void)snprintf(form, sizeof(form),
		    "MessageSid=SM%s%d&From=%%2B1666%07d&To=%%2B1999&Body=%s",
		    rogue->name, i, i, rogue->body);
		talk_post(rogue->talk, &answer, rogue->path, form);
		rogue->wrong += answer.status != 200 ||
				strstr(buf_text(&answer.body), rogue->reply) == NULL;
		answer_clear(&answer);
		(void)usleep((useconds_t)rogue->pause_ms * 1000);
	}
	return NULL;
}

static void start_rogues(const struct talk *talk, int seconds)
{
	for (int i = 0; i < ROGUES; i++) {
		rogues[i].talk = talk;
		rogues[i].count = seconds * 1000 / rogues[i].pause_ms;
		assert_int_equal(
		    pthread_create(&rogues[i].thread, NULL, rogue_main, &rogues[i]), 0);
	}
}

/* ---- what is stored ---- */

/* Events whose SID begins so, by `offhook events`: how many have that state. */
static int stored(const json_t *events, const char *name, const char *state)
{
	char start[32];
	size_t index;
	const json_t *event;
	int count = 0;
	(void)snprintf(start, sizeof(start), "SM%s", name);
	json_array_foreach(events, index, event) {
		const char *sid = json_string_value(json_object_get(event, "sid"));
		const char *is = json_string_value(json_object_get(event, "state"));
		count +=
		    strncmp(sid, start, strlen(start)) == 0 && strcmp(is, state) == 0;
	}
	return count;
}

static int in_log(const struct talk *talk, const char *text)
{
	size_t len;
	char *log = text_read_file(talk->log, LOG_MAX, &len);
	int count = 0;
	for (const char *at = log; at != NULL && (at = strstr(at, text)) != NULL; at++)
		count++;
	free(log);
	return count;
}

static void tell_others(const struct talk *talk, const json_t *events, int sent,
    const struct open_loop_result *result)
{
	told(result->right == sent, "every other webhook got its own reply");
	told(stored(events, "good", "done") == sent, "every one is stored as done");
	told(talk_count(talk, "seen", "{\"body\": \"fine\"}") == (size_t)sent,
	    "every one has its document");
}

/* Information: how long is too long, the server knows. */
static void tell_times(const struct open_loop_result *result)
{
	const int64_t *us = result->took_us;
	int last = result->right - 1;
	if (last >= 0)
		(void)printf("# %d webhooks at %d a second on %d connections: p50 %.1f "
			     "ms, p99 %.1f ms, most %.1f ms\n",
		    result->right, PER_SECOND, result->most_connections,
		    (double)us[last / 2] / 1000, (double)us[last - last / 100] / 1000,
		    (double)us[last] / 1000);
}

static void tell_rogues(const struct talk *talk, const json_t *events)
{
	for (int i = 0; i < ROGUES; i++) {
		const struct rogue *rogue = &rogues[i];
		char what[120];
		(void)printf("# %s: %d\n", rogue->name, rogue->count);
		(void)snprintf(what, sizeof(what),
		    "each %s has the fallback reply and is stored as %s", rogue->name,
		    rogue->state);
		told(rogue->wrong == 0 &&
			 stored(events, rogue->name, rogue->state) == rogue->count,
		    what);
	}
	told(in_log(talk, "backtrace=\"crash_here+0x") == rogues[0].count,
	    "each crash has a backtrace with names in the log");
	told(talk_count(talk, "seen", "{\"body\": {\"$ne\": \"fine\"}}") == 0,
	    "nothing of a rogue's is stored");
}

int main(int argc, char **argv)
{
	/* Sleepers are killed while the others go on. */
	static const char *const extra[] = {
	    "--handler-timeout", "5s", "--log-level", "error", NULL};
	int seconds = argc > 1 ? atoi(argv[1]) : 20;
	struct talk talk;
	struct open_loop_result result;
	talk_start_program(&talk, APPS_DIR "/rogue", extra);
	const struct open_loop others = {.address = talk.address,
	    .per_second = PER_SECOND,
	    .count = seconds * PER_SECOND,
	    .make = make_request,
	    .is_right = is_right};
	(void)printf("1..9\n");
	start_rogues(&talk, seconds);
	open_loop_run(&result, &others);
	for (int i = 0; i < ROGUES; i++)
		(void)pthread_join(rogues[i].thread, NULL);
	json_t *events = talk_events(&talk);
	tell_others(&talk, events, others.count, &result);
	tell_rogues(&talk, events);
	tell_times(&result);
	json_decref(events);
	free(result.took_us);
	talk_stop(&talk);
	if (failures == 0)
		talk_end(&talk);
	else
		(void)printf("# kept: %s\n", talk.dir);
	return failures == 0 ? 0 : 1;
}
