#include "talk_jobs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"

enum { PATIENCE_US = 20000000, PAUSE_US = 20000, MAX_WORDS = 24 };

void talk_enqueue(
    const struct talk *talk, const char *sid, const char *queue, const char *more)
{
	char form[300];
	(void)snprintf(form, sizeof(form),
	    "MessageSid=%s&From=%%2B1555&To=%%2B1999&Body=%s%s", sid, queue, more);
	talk_expect_text(talk, "/enqueue", form, "enqueued");
}

void talk_release(const struct talk *talk)
{
	talk_expect_text(talk, "/release",
	    "MessageSid=SM99&From=%2B1557&To=%2B1999&Body=x", "released");
}

static json_t *lines(const char *const *words)
{
	struct buf out = {0};
	struct buf err = {0};
	if (talk_run(&out, &err, words) != 0)
		fail_msg("offhook %s: %s", words[0], buf_text(&err));
	json_t *array = json_array();
	char *text = out.ptr;
	for (char *line; (line = strsep(&text, "\n")) != NULL;)
		if (*line != '\0')
			assert_int_equal(
			    json_array_append_new(array, json_loads(line, 0, NULL)), 0);
	buf_free(&out);
	buf_free(&err);
	return array;
}

json_t *talk_jobs(const struct talk *talk, const char *queue, const char *state)
{
	const char *words[] = {"jobs", "list", "--data", talk->data, "--json",
	    "--limit", "0", "--queue", queue, *state != '\0' ? "--state" : NULL, state,
	    NULL};
	return lines(words);
}

void talk_await(
    const struct talk *talk, const char *queue, const char *state, size_t count)
{
	int64_t give_up_us = clock_mono_us() + PATIENCE_US;
	size_t found;
	do {
		json_t *jobs = talk_jobs(talk, queue, state);
		found = json_array_size(jobs);
		json_decref(jobs);
		if (found == count)
			return;
		(void)usleep(PAUSE_US);
	} while (clock_mono_us() < give_up_us);
	fail_msg("%zu of %s are %s, not %zu", found, queue, state, count);
}

json_t *talk_job(const struct talk *talk, const char *queue, const char *state)
{
	talk_await(talk, queue, state, 1);
	json_t *jobs = talk_jobs(talk, queue, state);
	json_t *job = json_incref(json_array_get(jobs, 0));
	json_decref(jobs);
	return job;
}

/* None, while there is no such collection yet. */
static size_t count(const struct talk *talk, const char *collection, const char *filter)
{
	struct buf out = {0};
	struct buf err = {0};
	size_t found = 0;
	const char *words[] = {
	    "query", "--data", talk->data, collection, filter, "--json", NULL};
	if (talk_run(&out, &err, words) == 0)
		for (const char *c = buf_text(&out); *c != '\0'; c++)
			found += *c == '\n';
	buf_free(&out);
	buf_free(&err);
	return found;
}

void talk_await_documents(
    const struct talk *talk, const char *collection, const char *filter, size_t wanted)
{
	int64_t give_up_us = clock_mono_us() + PATIENCE_US;
	size_t found;
	while ((found = count(talk, collection, filter)) != wanted) {
		if (clock_mono_us() > give_up_us)
			fail_msg("%zu of %s match %s, not %zu", found, collection,
			    filter, wanted);
		(void)usleep(PAUSE_US);
	}
}

int64_t job_number(const json_t *job, const char *name)
{
	return json_integer_value(json_object_get(job, name));
}

const char *job_error(const json_t *job, size_t n)
{
	return json_string_value(json_object_get(
	    json_array_get(json_object_get(job, "errors"), n), "error"));
}

void talk_command(const struct talk *talk, const char *const *words)
{
	const char *all[MAX_WORDS] = {NULL};
	struct buf err = {0};
	size_t n = 0;
	for (; words[n] != NULL; n++)
		all[n] = words[n];
	all[n++] = "--data";
	all[n] = talk->data;
	if (talk_run(NULL, &err, all) != 0)
		fail_msg("offhook %s %s: %s", words[0], words[1], buf_text(&err));
	buf_free(&err);
}

json_t *talk_event(const struct talk *talk, const char *sid)
{
	json_t *events = talk_events(talk);
	json_t *event;
	json_t *found = NULL;
	size_t index;
	json_array_foreach(events, index, event) {
		if (strcmp(json_string_value(json_object_get(event, "sid")), sid) == 0)
			found = event;
	}
	assert_non_null(found);
	json_incref(found);
	json_decref(events);
	return found;
}

void talk_expect_event(
    const struct talk *talk, const char *sid, const char *field, const char *want)
{
	json_t *event = talk_event(talk, sid);
	const char *have = json_string_value(json_object_get(event, field));
	if (want == NULL)
		assert_null(have);
	else if (have == NULL || strcmp(have, want) != 0)
		fail_msg("%s: %s is %s, not %s", sid, field,
		    have != NULL ? have : "absent", want);
	json_decref(event);
}
