/* alert_worker: the worker of QUEUE_ALERTS, on documents as failures leave them. */
#include "play.h"

#include "alert/alert_settings.h"
#include "alert/failure.h"
#include "host/alert_worker.h"
#include "store/reserved.h"
#include "util/clock.h"
#include "util/text.h"

#define GROUP   "job.dead q"
#define PAYLOAD "{\"group\":\"" GROUP "\"}"

static const int64_t minute_ms = 60000;

/* The command of these tests writes what it gets into this file, in the play's folder. */
static char told[96];

/* As a worker process is told the settings. */
static void tell(struct play *play, const struct config *config)
{
	struct frame_settings *settings = &play->world.settings;
	settings->pairs = alert_settings_pairs(config, &settings->count, play->arena);
}

static int setup(void **state)
{
	static char command[160];
	(void)play_setup_store(state);
	struct play *play = *state;
	(void)snprintf(told, sizeof(told), "%s/told", play->parent);
	(void)snprintf(command, sizeof(command), "cat >>%s", told);
	const struct config config = {
	    .alert_command = command, .alert_interval_ms = 5 * minute_ms};
	tell(play, &config);
	return 0;
}

#define ALERT_TEST(name) TEST_WITH(name, setup, play_teardown)

/* Failures of long ago. */
static void fail_times(struct play *play, int times)
{
	for (int i = 0; i < times; i++) {
		struct store_txn txn = {0};
		struct store_job_write *jobs = NULL;
		const struct failure_listeners listeners = {.alert = true};
		const struct failure failure = {.what = FAILURE_JOB_DEAD,
		    .at_ms = 1769860800000,
		    .id = 100 + i,
		    .queue = SPAN("q"),
		    .error = SPAN("no stock")};
		failure_stage(&listeners, &failure, &txn.writes, &jobs, play->arena);
		assert_int_equal(store_commit(play->store, &txn), STORE_OK);
	}
}

static json_t *document(struct play *play)
{
	json_t *doc = NULL;
	assert_int_equal(
	    store_get(play->reader, COLLECTION_ALERTS, SPAN(GROUP), false, &doc, NULL),
	    1);
	return doc;
}

static int64_t count_of(struct play *play, const char *name)
{
	json_t *doc = document(play);
	int64_t count = json_integer_value(json_object_get(doc, name));
	json_decref(doc);
	return count;
}

/* Says that an alert was sent so long ago. */
static void sent_before(struct play *play, int64_t ms)
{
	static const struct filter *all = NULL;
	char at[CLOCK_ISO_SIZE], text[64];
	clock_iso(at, clock_wall_ms() - ms);
	(void)snprintf(text, sizeof(text), "{\"$set\":{\"sentAt\":\"%s\"}}", at);
	struct update *update = play_compile(span_of(text), false);
	struct store_write write = {.op = STORE_UPDATE,
	    .collection = COLLECTION_ALERTS,
	    .key = SPAN(GROUP),
	    .filter = all,
	    .update = update,
	    .expect = 1};
	struct store_txn txn = {.writes = &write};
	assert_int_equal(store_commit(play->store, &txn), STORE_OK);
	update_free(update);
}

static json_t *last_told(void)
{
	size_t len = 0;
	char *text = text_read_file(told, 100000, &len);
	json_t *json = text == NULL ? NULL : json_loadb(text, len, 0, NULL);
	free(text);
	return json;
}

ALERT_TEST(one_alert_tells_of_all_since_the_last)
{
	struct play *play = *state;
	fail_times(play, 3);
	const struct frame_result *result = play_job(play, PAYLOAD, alert_work);
	assert_true(result->ok);
	json_t *alert = last_told();
	assert_int_equal(json_integer_value(json_object_get(alert, "count")), 3);
	assert_int_equal(json_integer_value(json_object_get(alert, "id")), 102);
	assert_string_equal(json_string_value(json_object_get(alert, "group")), GROUP);
	json_decref(alert);
	assert_int_equal(play_commit(play), STORE_OK);
	assert_int_equal(count_of(play, "count"), 0);
	assert_int_equal(count_of(play, "total"), 3);
	json_t *doc = document(play);
	assert_true(json_is_string(json_object_get(doc, "sentAt")));
	json_decref(doc);
	/* It looks again for what came meanwhile. */
	assert_int_equal(result->end, FRAME_SNOOZED);
	assert_int_equal(result->snooze_ms, 0);
}

ALERT_TEST(what_comes_while_it_is_sent_is_told_by_the_next)
{
	struct play *play = *state;
	fail_times(play, 2);
	assert_true(play_job(play, PAYLOAD, alert_work)->ok);
	fail_times(play, 1);
	assert_int_equal(play_commit(play), STORE_OK);
	assert_int_equal(count_of(play, "count"), 1);
	assert_int_equal(count_of(play, "total"), 3);
	const struct frame_result *result = play_job(play, PAYLOAD, alert_work);
	assert_int_equal(result->end, FRAME_SNOOZED);
	assert_in_range(result->snooze_ms, 4 * minute_ms, 5 * minute_ms);
}

ALERT_TEST(within_the_interval_it_is_put_off)
{
	struct play *play = *state;
	fail_times(play, 1);
	sent_before(play, 2 * minute_ms);
	const struct frame_result *result = play_job(play, PAYLOAD, alert_work);
	assert_true(result->ok);
	assert_int_equal(result->end, FRAME_SNOOZED);
	assert_in_range(result->snooze_ms, 2 * minute_ms, 3 * minute_ms);
	assert_int_equal(result->write_count, 0);
	assert_null(last_told());
}

ALERT_TEST(a_clock_that_was_set_back_puts_it_off_once)
{
	struct play *play = *state;
	fail_times(play, 1);
	sent_before(play, -1000 * minute_ms);
	assert_int_equal(play_job(play, PAYLOAD, alert_work)->snooze_ms, 5 * minute_ms);
}

ALERT_TEST(after_the_interval_it_is_sent_again)
{
	struct play *play = *state;
	fail_times(play, 1);
	sent_before(play, 6 * minute_ms);
	assert_true(play_job(play, PAYLOAD, alert_work)->ok);
	json_t *alert = last_told();
	assert_non_null(alert);
	json_decref(alert);
}

ALERT_TEST(with_nothing_to_tell_the_job_ends)
{
	struct play *play = *state;
	fail_times(play, 1);
	assert_true(play_job(play, PAYLOAD, alert_work)->ok);
	assert_int_equal(play_commit(play), STORE_OK);
	const struct frame_result *result = play_job(play, PAYLOAD, alert_work);
	assert_true(result->ok);
	assert_int_equal(result->end, FRAME_END);
	assert_int_equal(play_commit(play), STORE_OK);
}

/* The failure found the job open and enqueued none: this end must not stand. */
ALERT_TEST(a_failure_just_before_the_end_keeps_it_from_ending)
{
	struct play *play = *state;
	fail_times(play, 1);
	assert_true(play_job(play, PAYLOAD, alert_work)->ok);
	assert_int_equal(play_commit(play), STORE_OK);
	assert_int_equal(play_job(play, PAYLOAD, alert_work)->end, FRAME_END);
	fail_times(play, 1);
	assert_int_equal(play_commit(play), STORE_CONFLICT);
	assert_int_equal(play_job(play, PAYLOAD, alert_work)->end, FRAME_SNOOZED);
}

ALERT_TEST(an_alert_that_cannot_be_sent_is_a_failed_try)
{
	struct play *play = *state;
	const struct config config = {.alert_command = "exit 3"};
	tell(play, &config);
	fail_times(play, 1);
	const struct frame_result *result = play_job(play, PAYLOAD, alert_work);
	assert_false(result->ok);
	assert_int_equal(result->end, FRAME_END);
	assert_non_null(strstr(result->failure.ptr, "alert-command: exit code 3"));
	assert_int_equal(count_of(play, "count"), 1);
}

ALERT_TEST(a_group_that_is_gone_has_no_alert)
{
	struct play *play = *state;
	const struct frame_result *result = play_job(play, PAYLOAD, alert_work);
	assert_true(result->ok);
	assert_int_equal(result->end, FRAME_END);
	assert_null(last_told());
	assert_false(play_job(play, "{}", alert_work)->ok);
}

ALERT_TEST(without_settings_nothing_is_told)
{
	struct play *play = *state;
	fail_times(play, 1);
	tell(play, &(struct config){0});
	assert_true(play_job(play, PAYLOAD, alert_work)->ok);
	assert_null(last_told());
	assert_int_equal(count_of(play, "count"), 1);
	play->world.settings = (struct frame_settings){0};
	assert_true(play_job(play, PAYLOAD, alert_work)->ok);
	assert_null(last_told());
}

TEST(settings_arrive_as_they_are_set)
{
	struct arena *arena = arena_new();
	struct config config = {.alert_url = "http://a",
	    .alert_secret = (char[]){"s"},
	    .alert_interval_ms = 1500};
	uint32_t count;
	assert_true(config_alerts(&config));
	assert_int_equal(alert_settings_check(&config, NULL), 0);
	const struct pair *pairs = alert_settings_pairs(&config, &count, arena);
	struct alert_settings got = alert_settings(pairs, count);
	assert_string_equal(got.url, "http://a");
	assert_string_equal(got.secret, "s");
	assert_true(got.interval_ms == 1500);
	assert_null(got.command);
	config = (struct config){0};
	assert_false(config_alerts(&config));
	pairs = alert_settings_pairs(&config, &count, arena);
	got = alert_settings(pairs, count);
	assert_true(got.url == NULL && got.command == NULL && got.secret == NULL);
	arena_free(arena);
}
