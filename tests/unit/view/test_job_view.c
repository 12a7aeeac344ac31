#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "jobs/timetable.h"
#include "view/job_view.h"

static const int64_t now = 1767268800000; /* 2026-01-01T12:00:00Z */

#define ERRORS                                                                         \
	"[{\"try\":1,\"at\":\"2026-01-01T11:59:00.000Z\",\"error\":\"no route\"},"     \
	"{\"try\":2,\"at\":\"2026-01-01T11:59:30.000Z\","                              \
	"\"error\":\"timed out\\nafter 60 s\"}]"

static struct store_job job_of(enum job_state state, int64_t due_in_ms, int tries)
{
	return (struct store_job){.id = 42,
	    .queue = SPAN("remind"),
	    .state = state,
	    .run_at_ms = now + due_in_ms,
	    .created_at_ms = now - 60000,
	    .ended_at_ms = state >= JOB_DONE ? now - 2000 : 0,
	    .tries = tries,
	    .payload = SPAN("{\"to\":\"+15551234567\"}"),
	    .errors = tries > 0 ? SPAN(ERRORS) : (struct span){0}};
}

/* What a view writes; the caller's. */
static char *written(
    void (*view)(FILE *, const struct store_job *, const struct job_look *),
    const struct store_job *job, const struct job_look *look)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	view(out, job, look);
	assert_int_equal(fclose(out), 0);
	return text;
}

TEST(a_line_says_when_and_why)
{

	static const struct {
		enum job_state state;
		int64_t due_in_ms;
		int tries;
		const char *want;
	} rows[] = {
	    {JOB_WAITING, -5000, 0, "    42  remind  waiting       0  5s ago\n"},
	    {JOB_WAITING, 0, 2,
		"    42  remind  waiting       2  now               timed out\n"},
	    {JOB_WAITING, 14000, 0, "    42  remind  scheduled     0  in 14s\n"},
	    {JOB_WAITING, 14000, 2,
		"    42  remind  retrying      2  in 14s            timed out\n"},
	    {JOB_RUNNING, 0, 0, "    42  remind  running       0  -\n"},
	    {JOB_DONE, 0, 2, "    42  remind  done          2  2s ago\n"},
	    {JOB_DEAD, 0, 2,
		"    42  remind  dead          2  2s ago            timed out\n"},
	    {JOB_CANCELLED, 0, 0, "    42  remind  cancelled     0  2s ago\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct job_look look = {.now_ms = now, .queue_width = 6};
		struct store_job job =
		    job_of(rows[i].state, rows[i].due_in_ms, rows[i].tries);
		char *got = written(job_view_line, &job, &look);
		assert_string_equal(got, rows[i].want);
		free(got);
	}
}

TEST(a_line_fits_the_terminal)
{
	struct job_look look = {.now_ms = now, .queue_width = 6, .width = 58};
	struct store_job job = job_of(JOB_DEAD, 0, 2);
	char *got = written(job_view_line, &job, &look);
	assert_string_equal(
	    got, "    42  remind  dead          2  2s ago            timed …\n");
	free(got);
	look.width = 10;
	got = written(job_view_line, &job, &look);
	assert_string_equal(
	    got, "    42  remind  dead          2  2s ago            \n");
	free(got);
}

TEST(what_is_no_error_says_more)
{
	const struct job_look look = {.now_ms = now};
	struct store_job job = job_of(JOB_RUNNING, 0, 2);
	job.progress = SPAN("3 of 7 \x1b[2J");
	char *got = written(job_view_line, &job, &look);
	assert_non_null(strstr(got, "3 of 7 \\x1b[2J"));
	free(got);
	job = job_of(JOB_WAITING, 14000, 0);
	job.unique = SPAN(CRON_KEY "0123456789abcdef 2026-01-01T12:00:14.000Z");
	got = written(job_view_line, &job, &look);
	assert_non_null(strstr(got, "cron"));
	free(got);
	job = job_of(JOB_BLOCKED, 0, 0);
	job.group = SPAN("+15551234567");
	got = written(job_view_line, &job, &look);
	assert_non_null(strstr(got, "behind others of +15551234567"));
	free(got);
}

TEST(colour_marks_what_went_wrong)
{
	const struct job_look look = {.now_ms = now, .colour = true};
	struct store_job job = job_of(JOB_DEAD, 0, 2);
	char *got = written(job_view_line, &job, &look);
	assert_non_null(strstr(got, "\033[31mdead     \033[0m"));
	free(got);
	job = job_of(JOB_DONE, 0, 0);
	got = written(job_view_line, &job, &look);
	assert_null(strchr(got, '\033'));
	free(got);
}

TEST(the_whole_has_payload_and_every_error)
{
	const struct job_look look = {.now_ms = now};
	struct store_job job = job_of(JOB_WAITING, 14000, 2);
	job.group = SPAN("g");
	job.unique = SPAN("u");
	job.unique_ms = 3600000;
	char *got = written(job_view_full, &job, &look);
	assert_string_equal(got, "Job         42\n"
				 "Queue       remind\n"
				 "State       retrying\n"
				 "Tries       2\n"
				 "Enqueued    2026-01-01T11:59:00.000Z  (1m ago)\n"
				 "Due         2026-01-01T12:00:14.000Z  (in 14s)\n"
				 "Group       g\n"
				 "Unique      u\n"
				 "  for       1h\n"
				 "\nPayload\n"
				 "{\n  \"to\": \"+15551234567\"\n}\n"
				 "\nErrors\n"
				 "  try 1   2026-01-01T11:59:00.000Z  no route\n"
				 "  try 2   2026-01-01T11:59:30.000Z  timed out\n"
				 "                                    after 60 s\n");
	free(got);
}

TEST(programs_get_the_stores_state_and_every_field)
{

	static const struct {
		enum job_state state;
		int64_t due_in_ms;
		int tries;
		const char *want;
	} rows[] = {
	    {JOB_WAITING, 14000, 0,
		"{\"id\":42,\"queue\":\"remind\",\"state\":\"waiting\",\"due\":false,"
		"\"priority\":0,\"runAt\":\"2026-01-01T12:00:14.000Z\","
		"\"createdAt\":\"2026-01-01T11:59:00.000Z\",\"endedAt\":null,"
		"\"tries\":0,\"group\":null,\"unique\":null,\"event\":null,"
		"\"payload\":{\"to\":\"+15551234567\"},\"errors\":[],"
		"\"progress\":null}"},
	    {JOB_DEAD, 0, 2,
		"{\"id\":42,\"queue\":\"remind\",\"state\":\"dead\",\"due\":false,"
		"\"priority\":0,\"runAt\":\"2026-01-01T12:00:00.000Z\","
		"\"createdAt\":\"2026-01-01T11:59:00.000Z\","
		"\"endedAt\":\"2026-01-01T11:59:58.000Z\","
		"\"tries\":2,\"group\":null,\"unique\":null,\"event\":null,"
		"\"payload\":{\"to\":\"+15551234567\"},\"errors\":" ERRORS ","
		"\"progress\":null}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_job job =
		    job_of(rows[i].state, rows[i].due_in_ms, rows[i].tries);
		json_t *view = job_view_json(&job, now);
		char *got = json_dumps(view, JSON_COMPACT);
		assert_string_equal(got, rows[i].want);
		free(got);
		json_decref(view);
	}
}

TEST(a_due_job_is_due)
{
	struct store_job job = job_of(JOB_WAITING, 0, 0);
	job.event_id = 7;
	json_t *view = job_view_json(&job, now);
	assert_true(json_is_true(json_object_get(view, "due")));
	assert_int_equal(json_integer_value(json_object_get(view, "event")), 7);
	json_decref(view);
}
