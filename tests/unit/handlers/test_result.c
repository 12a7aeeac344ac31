/* result: what a process sends back, believed only as far as it is checked. */
#include "test.h"

#include "handlers/result.h"

#include <stdio.h>
#include <string.h>

#include "json_rows.h"
#include "util/buf.h"
#include "util/clock.h"

enum { FIRST = 1000, COUNT = 10 };

struct made {
	struct arena *arena;
	struct result result;
	struct error err;
};

static int setup(void **state)
{
	static struct made made;
	made = (struct made){.arena = arena_new()};
	*state = &made;
	return 0;
}

static int teardown(void **state)
{
	struct made *made = *state;
	result_clear(&made->result);
	arena_free(made->arena);
	return 0;
}

#define RESULT_TEST(name) TEST_WITH(name, setup, teardown)

static int take(struct made *made, const struct frame_result *told)
{
	result_clear(&made->result);
	return result_take(&made->result, told, FIRST, COUNT, made->arena, &made->err);
}

static struct span json_with_id(struct made *made, int64_t row, const char *rest)
{
	char id[STORE_ID_SIZE];
	store_id(id, row);
	return span_of(arena_printf(made->arena, "{\"_id\":\"%s\"%s", id, rest));
}

static void refused(
    struct made *made, const struct frame_result *told, const char *why, size_t row)
{
	if (take(made, told) == 0)
		fail_msg("row %zu was taken", row);
	if (strstr(made->err.text, why) == NULL)
		fail_msg("row %zu: \"%s\" has no \"%s\"", row, made->err.text, why);
}

/* ---- writes ---- */

RESULT_TEST(writes_are_taken_in_order)
{
	struct made *made = *state;
	static const int64_t ids[] = {FIRST + COUNT - 1};
	static const int64_t others[] = {5, 6};
	const struct frame_write writes[] = {
	    {.op = STORE_INSERT,
		.collection = SPAN("orders"),
		.doc = json_with_id(made, ids[0], ",\"n\":1}"),
		.ids = ids,
		.id_count = 1,
		.expect = -1},
	    {.op = STORE_UPDATE,
		.collection = SPAN("orders"),
		.filter = SPAN("{\"n\":1}"),
		.update = SPAN("{\"$set\":{\"n\":2}}"),
		.ids = others,
		.id_count = 2,
		.expect = 1},
	    {.op = STORE_REMOVE,
		.collection = SPAN("orders"),
		.key = SPAN("k"),
		.expect = -1},
	};
	const struct frame_result told = {
	    .ok = true, .writes = writes, .write_count = 3};
	if (take(made, &told) < 0)
		fail_msg("%s", made->err.text);
	const struct store_write *write = made->result.writes;
	assert_int_equal(write->op, STORE_INSERT);
	assert_true(write->ids[0] == ids[0] && write->doc.len == writes[0].doc.len);
	write = write->next;
	assert_true(write->filter != NULL && write->update != NULL);
	assert_true(write->id_count == 2 && write->expect == 1);
	write = write->next;
	assert_true(write->op == STORE_REMOVE && span_is(write->key, "k"));
	assert_null(write->next);
	assert_null(made->result.jobs);
}

RESULT_TEST(a_document_takes_no_others_place)
{
	struct made *made = *state;
	static const int64_t ids[] = {FIRST, FIRST - 1, FIRST + COUNT};
	const struct span docs[] = {
	    json_with_id(made, FIRST + 1, "}"),
	    json_with_id(made, FIRST - 1, "}"),
	    json_with_id(made, FIRST + COUNT, "}"),
	};
	for (size_t i = 0; i < 3; i++) {
		const struct frame_write write = {.op = STORE_INSERT,
		    .collection = SPAN("orders"),
		    .doc = docs[i],
		    .ids = &ids[i],
		    .id_count = 1,
		    .expect = -1};
		const struct frame_result told = {
		    .ok = true, .writes = &write, .write_count = 1};
		refused(made, &told, "wrong _id", i);
	}
}

RESULT_TEST(wrong_writes_are_refused)
{
	static const int64_t ids[] = {FIRST};
	struct made *made = *state;

	const struct {
		struct frame_write write;
		const char *why;
	} rows[] = {
	    {{.op = 3, .collection = SPAN("a")}, "makes no sense"},
	    {{.op = STORE_REMOVE, .collection = SPAN("9")}, "makes no sense"},
	    {{.op = STORE_REMOVE}, "makes no sense"},
	    {{.op = STORE_REMOVE, .collection = SPAN("a"), .expect = -2},
		"makes no sense"},
	    {{.op = STORE_INSERT, .collection = SPAN("a")},
		"an insert without a document"},
	    {{.op = STORE_UPDATE, .collection = SPAN("a")},
		"an update that says nothing"},
	    {{.op = STORE_UPDATE, .collection = SPAN("a"), .doc = SPAN("[]")},
		"the document: not a JSON object"},
	    {{.op = STORE_UPDATE, .collection = SPAN("a"), .update = SPAN("{")},
		"the update is not JSON"},
	    {{.op = STORE_REMOVE, .collection = SPAN("a"), .filter = SPAN("[]")},
		"the filter is not an object"},
	    {{.op = STORE_INSERT,
		 .collection = SPAN("a"),
		 .ids = ids,
		 .id_count = 1,
		 .doc = json_with_id(made, FIRST, ",}")},
		"the document: not a JSON object"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct frame_result told = {
		    .ok = true, .writes = &rows[i].write, .write_count = 1};
		refused(made, &told, rows[i].why, i);
	}
}

/* ---- jobs ---- */

RESULT_TEST(jobs_are_taken_in_order_and_enqueued_now)
{
	struct made *made = *state;
	int64_t before_ms = clock_wall_ms();
	const struct frame_job jobs[] = {
	    {.op = JOB_ENQUEUE, .queue = SPAN("remind"), .payload = SPAN("{}")},
	    {.op = JOB_ENQUEUE,
		.queue = SPAN("remind"),
		.payload = SPAN("{\"a\":1}"),
		.group = SPAN("+1"),
		.unique = SPAN("u"),
		.unique_ms = 5,
		.priority = -100,
		.run_at_ms = before_ms + 3600000},
	    {.op = JOB_CANCEL, .queue = SPAN("remind"), .unique = SPAN("u")},
	    {.op = JOB_ENQUEUE,
		.queue = SPAN("remind"),
		.payload = SPAN("{}"),
		.run_at_ms = 1},
	};
	const struct frame_result told = {.ok = true, .jobs = jobs, .job_count = 4};
	if (take(made, &told) < 0)
		fail_msg("%s", made->err.text);
	const struct store_job_write *write = made->result.jobs;
	assert_int_equal(write->op, JOB_ENQUEUE);
	assert_true(span_is(write->job.queue, "remind"));
	assert_true(span_is(write->job.payload, "{}"));
	assert_true(write->job.created_at_ms >= before_ms);
	assert_true(write->job.run_at_ms == write->job.created_at_ms);
	assert_null(write->job.group.ptr);
	write = write->next;
	assert_true(span_is(write->job.group, "+1") && span_is(write->job.unique, "u"));
	assert_true(write->job.priority == -100 && write->job.unique_ms == 5);
	assert_true(write->job.run_at_ms == before_ms + 3600000);
	write = write->next;
	assert_int_equal(write->op, JOB_CANCEL);
	assert_true(write->job.id == 0 && span_is(write->job.unique, "u"));
	assert_true(write->now_ms >= before_ms);
	write = write->next;
	assert_true(write->job.run_at_ms == write->job.created_at_ms);
	assert_null(write->next);
}

RESULT_TEST(wrong_jobs_are_refused)
{
	static char long_text[FRAME_JOB_TEXT + 1];
	memset(long_text, 'x', sizeof(long_text));
	const struct span much = {long_text, sizeof(long_text)};
	const struct span q = SPAN("q");
	const struct span p = SPAN("{}");
	const struct span own = SPAN("offhook.cron 1");

	const struct {
		struct frame_job job;
		const char *why;
	} rows[] = {
	    {{.op = JOB_SETTLE, .queue = q, .payload = p}, "change of jobs"},
	    {{.op = JOB_PAUSE, .queue = q}, "change of jobs"},
	    {{.op = UINT32_MAX, .queue = q}, "change of jobs"},
	    {{.payload = p}, "change of jobs"},
	    {{.queue = SPAN("9"), .payload = p}, "change of jobs"},
	    {{.queue = SPAN("offhook.events"), .payload = p}, "change of jobs"},
	    {{.queue = q}, "the payload: not a"},
	    {{.queue = q, .payload = SPAN("[]")}, "the payload: not a"},
	    {{.queue = q, .payload = SPAN("{\"a\"}")}, "the payload: not a"},
	    {{.queue = q, .payload = SPAN(" {}")}, "the payload: not a"},
	    {{.queue = q, .payload = p, .priority = 101}, "makes no sense"},
	    {{.queue = q, .payload = p, .priority = INT32_MIN}, "makes no sense"},
	    {{.queue = q, .payload = p, .run_at_ms = -1}, "makes no sense"},
	    {{.queue = q, .payload = p, .run_at_ms = INT64_MAX}, "makes no sense"},
	    {{.queue = q, .payload = p, .unique_ms = -1}, "makes no sense"},
	    {{.queue = q, .payload = p, .unique_ms = INT64_MAX}, "makes no sense"},
	    {{.queue = q, .payload = p, .group = much}, "makes no sense"},
	    {{.queue = q, .payload = p, .unique = much}, "makes no sense"},
	    {{.queue = q, .payload = p, .group = SPAN("")}, "makes no sense"},
	    {{.queue = q, .payload = p, .group = SPAN("\xff")}, "makes no sense"},
	    {{.queue = q, .payload = p, .group = SPAN("a\0b")}, "makes no sense"},
	    {{.queue = q, .payload = p, .unique = own}, "makes no sense"},
	    {{.op = JOB_CANCEL, .queue = q}, "its unique key"},
	    {{.op = JOB_CANCEL, .queue = q, .unique = own}, "its unique key"},
	    {{.op = JOB_CANCEL, .queue = q, .unique = much}, "its unique key"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct frame_result told = {
		    .ok = true, .jobs = &rows[i].job, .job_count = 1};
		refused(*state, &told, rows[i].why, i);
	}
	const struct frame_result many = {.ok = true, .job_count = FRAME_JOBS + 1};
	refused(*state, &many, "10000 jobs, no more", 0);
}

/* ---- their JSON: json_rows.h, and what is of payloads alone ---- */

static const struct json_row objects[] = {
    {"{\t}", true},
    {" {}", false},
    {"{}\n", false},
    {"{\"a\":1,\"a\":2}", true}, /* the last one counts */
    {"{\"a\":1e999}", false},
    {"{\"a\":9223372036854775807}", true},
    {"{\"a\":9223372036854775808}", false},
};

static bool payload_fits(struct made *made, struct span text)
{
	const struct frame_job job = {.queue = SPAN("q"), .payload = text};
	const struct frame_result told = {.ok = true, .jobs = &job, .job_count = 1};
	return take(made, &told) == 0;
}

RESULT_TEST(a_payload_is_one_json_object_in_utf_8)
{
	struct made *made = *state;
	for (size_t i = 0; i < JSON_ROWS; i++)
		if (payload_fits(made, span_of(json_rows[i].text)) != json_rows[i].want)
			fail_msg("%s: wants %d", json_rows[i].text, json_rows[i].want);
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (payload_fits(made, span_of(objects[i].text)) != objects[i].want)
			fail_msg("%s: wants %d", objects[i].text, objects[i].want);
	assert_false(payload_fits(made, SPAN("{\"a\":\"\0\"}")));
	assert_false(payload_fits(made, SPAN("{}\0}")));
}

RESULT_TEST(an_object_is_nested_at_most_512_deep)
{
	struct made *made = *state;
	for (int lists = 0; lists < 2; lists++)
		for (int depth = 511; depth <= 513; depth++) {
			struct buf text = {0};
			for (int i = 1; i < depth; i++)
				buf_puts(&text, lists && i > 1 ? "[" : "{\"a\":");
			buf_puts(&text, lists ? "[]" : "{}");
			for (int i = depth - 1; i >= 1; i--)
				buf_putc(&text, lists && i > 1 ? ']' : '}');
			assert_int_equal(
			    payload_fits(made, buf_span(&text)), depth <= 512);
			buf_free(&text);
		}
}
