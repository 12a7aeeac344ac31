#include "test.h"

#include <string.h>

#include "cli/job_filter.h"
#include "cmd/commands.h"

static const int64_t now = 1767268800000;

static int read_line(struct store_job_query *query, const char *const *words,
    struct error *err, struct options *options)
{
	const char *argv[8];
	int argc = 0;
	while (words[argc] != NULL && argc < 7) {
		argv[argc] = words[argc];
		argc++;
	}
	argv[argc] = NULL;
	assert_int_equal(
	    options_parse(options, &cmd_jobs, argc, (char **)(uintptr_t)argv, err), 0);
	return job_filter_read(query, options, now, err);
}

TEST(states_come_one_or_several)
{

	static const struct {
		const char *words[4];
		unsigned want;
	} rows[] = {
	    {{NULL}, 0},
	    {{"--state", "dead"}, 1 << JOB_DEAD},
	    {{"--state=waiting,dead"}, 1 << JOB_WAITING | 1 << JOB_DEAD},
	    {{"-s", "blocked, running"}, 1 << JOB_BLOCKED | 1 << JOB_RUNNING},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_job_query query;
		struct options options;
		struct error err;
		assert_int_equal(read_line(&query, rows[i].words, &err, &options), 0);
		assert_int_equal(query.states, rows[i].want);
		assert_int_equal(job_filter_given(&options), rows[i].words[0] != NULL);
		options_clear(&options);
	}
}

TEST(ages_become_times)
{
	static const char *const words[] = {
	    "--older", "2h", "--newer", "7d", "--error", "timeout", NULL};
	struct store_job_query query;
	struct options options;
	struct error err;
	assert_int_equal(read_line(&query, words, &err, &options), 0);
	assert_int_equal(query.created_before_ms, now - 7200000);
	assert_int_equal(query.created_after_ms, now - 604800000);
	assert_true(span_is(query.error, "timeout"));
	assert_null(query.queue.ptr);
	options_clear(&options);
}

TEST(mistakes_are_explained)
{

	static const struct {
		const char *words[4];
		const char *want;
	} rows[] = {
	    {{"--state", "daed"}, "did you mean \"dead\""},
	    {{"--state", "retrying"}, "use --state waiting"},
	    {{"--state", "dead,"}, "none of waiting"},
	    {{"--state", ""}, "none of waiting"},
	    {{"--older", "soon"}, "write 90s, 15m, 2h or 7d"},
	    {{"--older", "99999d"}, "is no age"},
	    {{"--newer", "-3h"}, "is no age"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_job_query query;
		struct options options;
		struct error err;
		assert_int_equal(read_line(&query, rows[i].words, &err, &options), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].words[1], err.text);
		options_clear(&options);
	}
}

TEST(states_are_named_in_a_sentence)
{

	static const struct {
		unsigned states;
		const char *want;
	} rows[] = {
	    {0, ""},
	    {1 << JOB_DEAD, "dead"},
	    {1 << JOB_DEAD | 1 << JOB_CANCELLED, "dead and cancelled"},
	    {1 << JOB_WAITING | 1 << JOB_DEAD | 1 << JOB_CANCELLED,
		"waiting, dead and cancelled"},
	    {(1 << JOB_STATES) - 1,
		"waiting, blocked, running, done, dead and cancelled"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[JOB_STATES_SIZE];
		assert_string_equal(
		    job_filter_states(got, rows[i].states, "and"), rows[i].want);
	}
}
