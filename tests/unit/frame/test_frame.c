#include "test.h"

#include "frame/frame.h"
#include "frame/slots.h"
#include "offhook.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

static void assert_span(struct span got, struct span want)
{
	assert_int_equal(got.ptr == NULL, want.ptr == NULL);
	assert_int_equal(got.len, want.len);
	if (want.len > 0)
		assert_memory_equal(got.ptr, want.ptr, want.len);
	if (want.ptr != NULL)
		assert_int_equal(got.ptr[got.len], '\0');
}

static const struct pair pairs[] = {
    {{"Body", 4}, {"a\0b", 3}}, {{"", 0}, {"", 0}}, {{"From", 4}, {NULL, 0}}};

static void assert_pairs(const struct pair *got, uint32_t count)
{
	assert_int_equal(count, 3);
	for (uint32_t i = 0; i < count; i++) {
		assert_span(got[i].name, pairs[i].name);
		assert_span(got[i].value, pairs[i].value);
	}
}

TEST(an_event_arrives_as_it_was_sent)
{
	struct arena *arena = arena_new();
	struct buf bytes = {0};
	struct frame_event got;
	enum frame_type type;
	const struct frame_event sent = {
	    .run = {UINT64_MAX, 255, INT64_MAX, FRAME_ROWS},
	    .route = 7,
	    .received_at_ms = -1,
	    .kind = SPAN("sms.received"),
	    .sid = SPAN(""),
	    .method = SPAN("POST"),
	    .target = SPAN("/sms?x=1"),
	    .body = {"\0\xff", 2},
	    .base_url = SPAN("https://sms.example.com/phone"),
	    .params = pairs,
	    .param_count = 3,
	    .headers = pairs,
	    .header_count = 3};
	frame_put_event(&bytes, &sent);
	assert_int_equal(frame_whole(buf_span(&bytes), &type), bytes.len);
	assert_int_equal(type, FRAME_EVENT);
	assert_int_equal(frame_get_event(&got, buf_span(&bytes), arena), 0);
	assert_true(got.run.id == UINT64_MAX && got.run.slot == 255);
	assert_true(got.run.first_row == INT64_MAX && got.run.row_count == FRAME_ROWS);
	assert_true(got.route == 7 && got.received_at_ms == -1);
	assert_span(got.kind, sent.kind);
	assert_span(got.sid, sent.sid);
	assert_span(got.account_sid, (struct span){0});
	assert_span(got.target, sent.target);
	assert_span(got.body, sent.body);
	assert_span(got.base_url, sent.base_url);
	assert_pairs(got.params, got.param_count);
	assert_pairs(got.headers, got.header_count);
	assert_int_equal(got.path_param_count, 0);
	buf_free(&bytes);
	arena_free(arena);
}

TEST(a_job_arrives_as_it_was_sent)
{
	struct arena *arena = arena_new();
	struct buf bytes = {0};
	struct frame_job_run got;
	struct frame_event event;
	const struct frame_job_run sent = {.run = {1, 2, INT64_MIN, 3},
	    .worker = UINT32_MAX,
	    .nth = 2,
	    .max = 20,
	    .job_id = INT64_MAX,
	    .began_at_ms = 1769860800000,
	    .queue = SPAN("remind"),
	    .payload = {"{\0}", 3},
	    .base_url = SPAN("https://sms.example.com/phone")};
	frame_put_job(&bytes, &sent);
	assert_int_equal(frame_get_event(&event, buf_span(&bytes), arena), -1);
	assert_int_equal(frame_get_job(&got, buf_span(&bytes), arena), 0);
	assert_true(got.run.id == 1 && got.run.slot == 2);
	assert_true(got.run.first_row == INT64_MIN && got.run.row_count == 3);
	assert_true(got.worker == UINT32_MAX && got.nth == 2 && got.max == 20);
	assert_true(got.job_id == INT64_MAX && got.began_at_ms == sent.began_at_ms);
	assert_span(got.base_url, sent.base_url);
	assert_span(got.queue, sent.queue);
	assert_span(got.payload, sent.payload);
	buf_free(&bytes);
	arena_free(arena);
}

TEST(settings_arrive_as_they_were_sent)
{
	struct arena *arena = arena_new();
	struct buf bytes = {0};
	struct frame_settings got;
	frame_put_settings(&bytes, &(struct frame_settings){pairs, 3});
	assert_int_equal(frame_get_settings(&got, buf_span(&bytes), arena), 0);
	assert_pairs(got.pairs, got.count);
	assert_span(frame_setting(&got, "Body"), pairs[0].value);
	assert_span(frame_setting(&got, "From"), (struct span){0});
	assert_span(frame_setting(&got, "Nobody"), (struct span){0});
	buf_free(&bytes);
	arena_free(arena);
}

static void put_result(struct buf *bytes)
{
	static const int64_t ids[] = {1, INT64_MIN};
	static const struct frame_write writes[] = {
	    {.op = 1,
		.collection = {"calls", 5},
		.key = {"CA1", 3},
		.update = {"{}", 2},
		.ids = ids,
		.id_count = 2,
		.expect = -1},
	    {.op = 2, .collection = {"x", 1}, .filter = {"{}", 2}},
	};
	static const struct frame_job jobs[] = {
	    {.queue = {"remind", 6},
		.payload = {"{}", 2},
		.group = {"+1", 2},
		.priority = INT32_MIN,
		.run_at_ms = INT64_MAX,
		.unique_ms = -1},
	    {.op = 2, .queue = {"remind", 6}, .unique = {"", 0}},
	};
	const struct frame_result result = {.id = 3,
	    .ok = true,
	    .end = FRAME_SNOOZED,
	    .snooze_ms = 1500,
	    .jobs = jobs,
	    .job_count = 2,
	    .status = 200,
	    .content_type = SPAN("text/xml"),
	    .body = SPAN("<Response/>"),
	    .writes = writes,
	    .write_count = 2};
	frame_put_result(bytes, &result);
}

TEST(a_result_arrives_as_it_was_sent)
{
	struct arena *arena = arena_new();
	struct buf bytes = {0};
	struct frame_result got;
	put_result(&bytes);
	assert_int_equal(frame_get_result(&got, buf_span(&bytes), arena), 0);
	assert_true(got.id == 3 && got.ok && got.status == 200);
	assert_span(got.failure, (struct span){0});
	assert_span(got.body, SPAN("<Response/>"));
	assert_int_equal(got.write_count, 2);
	assert_int_equal(got.writes[0].id_count, 2);
	assert_true(got.writes[0].ids[1] == INT64_MIN && got.writes[0].expect == -1);
	assert_null(got.writes[1].ids);
	assert_span(got.writes[1].filter, SPAN("{}"));
	assert_span(got.writes[1].doc, (struct span){0});
	assert_true(got.end == FRAME_SNOOZED && got.snooze_ms == 1500);
	assert_int_equal(got.job_count, 2);
	assert_span(got.jobs[0].queue, SPAN("remind"));
	assert_span(got.jobs[0].payload, SPAN("{}"));
	assert_span(got.jobs[0].group, SPAN("+1"));
	assert_span(got.jobs[0].unique, (struct span){0});
	assert_true(got.jobs[0].priority == INT32_MIN && got.jobs[0].op == 0);
	assert_true(got.jobs[0].run_at_ms == INT64_MAX && got.jobs[0].unique_ms == -1);
	assert_true(got.jobs[1].op == 2);
	assert_span(got.jobs[1].unique, SPAN(""));
	assert_span(got.jobs[1].payload, (struct span){0});
	buf_free(&bytes);
	arena_free(arena);
}

/* No attempt ends like this. */
TEST(an_end_that_cannot_be_is_refused)
{
	static const struct frame_result results[] = {
	    {.ok = true, .end = FRAME_GIVEN_UP},
	    {.ok = false, .end = FRAME_SNOOZED},
	    {.ok = true, .end = FRAME_SNOOZED, .snooze_ms = -1},
	    {.ok = true, .end = FRAME_SNOOZED, .snooze_ms = INT64_MAX},
	    {.ok = false, .end = FRAME_INTERRUPTED},
	    {.ok = true, .end = UINT32_MAX},
	};
	static const struct frame_result fine[] = {
	    {.ok = true, .end = FRAME_END},
	    {.ok = false, .end = FRAME_GIVEN_UP},
	    {.ok = true, .end = FRAME_SNOOZED, .snooze_ms = FRAME_TIME_MAX},
	};
	struct arena *arena = arena_new();
	struct buf bytes = {0};
	struct frame_result got;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		buf_clear(&bytes);
		frame_put_result(&bytes, &results[i]);
		if (frame_get_result(&got, buf_span(&bytes), arena) == 0)
			fail_msg("result %zu was taken", i);
	}
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		buf_clear(&bytes);
		frame_put_result(&bytes, &fine[i]);
		if (frame_get_result(&got, buf_span(&bytes), arena) < 0)
			fail_msg("result %zu was refused", i);
	}
	buf_free(&bytes);
	arena_free(arena);
}

TEST(logs_and_progress_arrive_as_they_were_sent)
{
	struct arena *arena = arena_new();
	struct buf bytes = {0};
	struct frame_log log;
	struct frame_progress progress;
	frame_put_log(&bytes, &(struct frame_log){2, SPAN("hello"), pairs, 3});
	assert_int_equal(frame_get_log(&log, buf_span(&bytes), arena), 0);
	assert_span(log.message, SPAN("hello"));
	assert_pairs(log.pairs, log.pair_count);
	assert_int_equal(frame_get_progress(&progress, buf_span(&bytes)), -1);
	buf_clear(&bytes);
	frame_put_progress(&bytes, &(struct frame_progress){9, SPAN("1 of 2")});
	assert_int_equal(frame_get_progress(&progress, buf_span(&bytes)), 0);
	assert_true(progress.id == 9);
	assert_span(progress.text, SPAN("1 of 2"));
	buf_clear(&bytes);
	frame_put_progress(&bytes, &(struct frame_progress){.id = 9});
	assert_int_equal(frame_get_progress(&progress, buf_span(&bytes)), -1);
	buf_free(&bytes);
	arena_free(arena);
}

TEST(a_manifest_arrives_as_it_was_sent)
{
	static const struct frame_route route = {.kind = 8,
	    .path = {"/a", 2},
	    .methods = {"GET", 3},
	    .deadline_ms = 5000,
	    .builtin = 1};
	static const struct frame_worker worker = {.queue = {"remind", 6},
	    .cron = {"@daily", 6},
	    .max_tries = 20,
	    .concurrency = UINT32_MAX,
	    .timeout_ms = 60000,
	    .floor_ms = 1,
	    .base_ms = INT64_MIN,
	    .cap_ms = INT64_MAX};
	struct arena *arena = arena_new();
	struct buf bytes = {0};
	struct frame_manifest manifest;
	frame_put_ready(&bytes, &(struct frame_manifest){FRAME_VERSION, &route, 1,
				    &worker, 1, pairs, 3, pairs, 2});
	assert_int_equal(frame_version(buf_span(&bytes)), FRAME_VERSION);
	assert_int_equal(frame_get_ready(&manifest, buf_span(&bytes), arena), 0);
	assert_int_equal(manifest.route_count, 1);
	assert_int_equal(manifest.secret_count, 2);
	assert_span(manifest.secrets[1].name, pairs[1].name);
	assert_span(manifest.routes[0].path, route.path);
	assert_span(manifest.routes[0].fallback, route.fallback);
	assert_true(
	    manifest.routes[0].deadline_ms == 5000 && manifest.routes[0].builtin == 1);
	assert_int_equal(manifest.worker_count, 1);
	const struct frame_worker *got = &manifest.workers[0];
	assert_span(got->queue, worker.queue);
	assert_span(got->cron, worker.cron);
	assert_span(got->zone, worker.zone);
	assert_true(got->max_tries == 20 && got->concurrency == UINT32_MAX);
	assert_true(got->timeout_ms == 60000 && got->floor_ms == 1);
	assert_true(got->base_ms == INT64_MIN && got->cap_ms == INT64_MAX);
	assert_pairs(manifest.collections, manifest.collection_count);
	/* Another version's fields may be any: only the version can be read. */
	bytes.ptr[FRAME_HEAD] = FRAME_VERSION + 1;
	assert_int_equal(frame_version(buf_span(&bytes)), FRAME_VERSION + 1);
	assert_int_equal(frame_get_ready(&manifest, buf_span(&bytes), arena), -1);
	buf_clear(&bytes);
	frame_put_bell(&bytes);
	assert_int_equal(frame_version(buf_span(&bytes)), 0);
	buf_free(&bytes);
	arena_free(arena);
}

/* ---- the protocol, for other implementations ---- */

static void u32(struct buf *out, uint32_t value)
{
	buf_add(out, &value, sizeof(value));
}

static void i64(struct buf *out, int64_t value)
{
	buf_add(out, &value, sizeof(value));
}

static void text(struct buf *out, const char *value)
{
	u32(out, (uint32_t)strlen(value));
	buf_add(out, value, strlen(value) + 1);
}

static void head(struct buf *out, uint32_t after, enum frame_type type)
{
	u32(out, after);
	u32(out, type);
	i64(out, 1); /* id */
	u32(out, 2); /* slot */
	i64(out, 3); /* first_row */
	u32(out, 4); /* row_count */
}

/* A round trip would not see that two fields have changed places. */
TEST(fields_stand_in_the_order_of_the_protocol)
{
	const struct frame_run run = {
	    .id = 1, .slot = 2, .first_row = 3, .row_count = 4};
	const struct pair param = {SPAN("p"), SPAN("q")};
	struct buf want = {0};
	struct buf got = {0};
	head(&want, 87, FRAME_JOB);
	u32(&want, 5);
	u32(&want, 6);
	u32(&want, 7);
	i64(&want, 8);
	i64(&want, 9);
	text(&want, "queue");
	text(&want, "{}");
	text(&want, "https://a");
	frame_put_job(&got, &(struct frame_job_run){.run = run,
				.worker = 5,
				.nth = 6,
				.max = 7,
				.job_id = 8,
				.began_at_ms = 9,
				.queue = SPAN("queue"),
				.payload = SPAN("{}"),
				.base_url = SPAN("https://a")});
	assert_true(span_eq(buf_span(&got), buf_span(&want)));
	buf_clear(&want);
	buf_clear(&got);
	head(&want, 124, FRAME_EVENT);
	u32(&want, 5);
	i64(&want, 6);
	text(&want, "kind");
	text(&want, "sid");
	u32(&want, FRAME_ABSENT);
	text(&want, "POST");
	text(&want, "/t");
	text(&want, "body");
	text(&want, "https://a");
	u32(&want, 1);
	text(&want, "p");
	text(&want, "q");
	u32(&want, 0);
	u32(&want, 0);
	frame_put_event(&got, &(struct frame_event){.run = run,
				  .route = 5,
				  .received_at_ms = 6,
				  .kind = SPAN("kind"),
				  .sid = SPAN("sid"),
				  .method = SPAN("POST"),
				  .target = SPAN("/t"),
				  .body = SPAN("body"),
				  .base_url = SPAN("https://a"),
				  .params = &param,
				  .param_count = 1});
	assert_true(span_eq(buf_span(&got), buf_span(&want)));
	buf_free(&want);
	buf_free(&got);
}

/* frame.h says these numbers to whoever writes another implementation. */
TEST(the_numbers_in_frames_are_those_of_the_protocol)
{
	assert_int_equal(STORE_INSERT, 0);
	assert_int_equal(STORE_UPDATE, 1);
	assert_int_equal(STORE_REMOVE, 2);
	assert_int_equal(JOB_ENQUEUE, 0);
	assert_int_equal(JOB_CANCEL, 3);
	assert_int_equal(OH_MESSAGE, 0);
	assert_int_equal(OH_UNSIGNED, 8);
	assert_int_equal(sizeof(enum frame_type), 4);
	assert_int_equal(offsetof(struct slots, ring), 1024);
	assert_int_equal(offsetof(struct ring, full), 4);
	assert_int_equal(offsetof(struct ring, got), 64);
	assert_int_equal(offsetof(struct ring, watched), 68);
	assert_int_equal(offsetof(struct ring, bytes), 128);
}

TEST(a_frame_is_whole_with_its_last_byte)
{
	struct buf bytes = {0};
	enum frame_type type;
	put_result(&bytes);
	for (size_t len = 0; len < bytes.len; len++)
		assert_int_equal(frame_whole((struct span){bytes.ptr, len}, &type), 0);
	buf_puts(&bytes, "more");
	assert_int_equal(
	    frame_whole(buf_span(&bytes), &type), bytes.len - strlen("more"));
	buf_free(&bytes);
}

TEST(what_starts_no_frame_is_told_at_once)
{
	static const unsigned char heads[][FRAME_HEAD] = {
	    {0, 0, 0, 0, 1},             /* shorter than its head */
	    {11, 0, 0, 0, 1},            /* the same */
	    {12, 0, 0, 0, 0},            /* no type */
	    {12, 0, 0, 0, FRAME_TYPES},  /* nor that */
	    {0xff, 0xff, 0xff, 0x7f, 1}, /* over FRAME_MAX */
	    {0xff, 0xff, 0xff, 0xff, 1}, /* the same */
	};
	enum frame_type type;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct span head = {(const char *)heads[i], FRAME_HEAD};
		if (frame_whole(head, &type) != -1)
			fail_msg("head %zu was taken", i);
	}
}

static void assert_within(struct span part, struct span frame)
{
	if (part.ptr != NULL)
		assert_true(part.ptr >= frame.ptr &&
			    part.ptr + part.len < frame.ptr + frame.len);
}

/* Every byte of a frame may be wrong: nothing outside of it is read (a sanitizer
 * tells), and what is taken points into it. */
TEST(damaged_frames_are_taken_or_refused_but_never_overread)
{
	struct buf bytes = {0};
	put_result(&bytes);
	for (size_t at = 0; at < bytes.len; at++) {
		for (int value = 0; value < 256; value += 5) {
			struct arena *arena = arena_new();
			struct frame_result got;
			char *copy = malloc(bytes.len);
			assert_non_null(copy);
			memcpy(copy, bytes.ptr, bytes.len);
			copy[at] = (char)value;
			struct span frame = {copy, bytes.len};
			if (frame_get_result(&got, frame, arena) == 0) {
				assert_within(got.body, frame);
				for (uint32_t i = 0; i < got.job_count; i++)
					assert_within(got.jobs[i].unique, frame);
			}
			free(copy);
			arena_free(arena);
		}
	}
	buf_free(&bytes);
}

TEST(a_frame_of_another_type_is_refused)
{
	struct arena *arena = arena_new();
	struct buf bytes = {0};
	struct frame_event event;
	struct frame_log log;
	put_result(&bytes);
	assert_int_equal(frame_get_event(&event, buf_span(&bytes), arena), -1);
	assert_int_equal(frame_get_log(&log, buf_span(&bytes), arena), -1);
	buf_free(&bytes);
	arena_free(arena);
}
