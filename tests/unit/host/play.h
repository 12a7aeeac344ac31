/* play -- runs a handler in the test's own process on a made-up webhook, or a worker on a
 * made-up job, and keeps the outcome. It may have a store of its own, to which the writes
 * can be committed as the server would. */
#ifndef OFFHOOK_TESTS_PLAY_H
#define OFFHOOK_TESTS_PLAY_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/app_collections.h"
#include "engines/engines.h"
#include "host/run_event.h"
#include "host/run_job.h"
#include "store/store.h"
#include "util/buf.h"

enum { PLAY_PAIRS = 16 };

struct play {
	char parent[48], dir[64];
	struct store *store; /* NULL: without one */
	struct store_reader *reader;
	struct arena *arena;
	oh_route routes[2];
	oh_worker workers[3];
	oh_app app;
	struct context_world world;
	struct pair params[PLAY_PAIRS], headers[PLAY_PAIRS], path[PLAY_PAIRS];
	struct frame_event event;
	struct frame_job_run job;
	struct frame_result result;
	struct buf log;      /* "message name=value …\n" */
	struct buf progress; /* "text\n" */
};

static inline void play_log(void *ctx, const struct frame_log *line)
{
	struct play *play = ctx;
	buf_put(&play->log, line->message);
	for (uint32_t i = 0; i < line->pair_count; i++)
		buf_printf(&play->log, " %.*s=%.*s", SPAN_ARG(line->pairs[i].name),
		    SPAN_ARG(line->pairs[i].value));
	buf_putc(&play->log, '\n');
}

static inline void play_progress(void *ctx, const struct frame_progress *progress)
{
	struct play *play = ctx;
	assert_true(progress->id == play->job.run.id);
	buf_put(&play->progress, progress->text);
	buf_putc(&play->progress, '\n');
}

static inline int play_setup(void **state)
{
	struct play *play = calloc(1, sizeof(*play));
	play->arena = arena_new();
	play->app.routes = play->routes;
	play->app.workers = play->workers;
	play->world = (struct context_world){
	    .app = &play->app, .log = play_log, .progress = play_progress, .ctx = play};
	play->event = (struct frame_event){
	    .run.id = 7,
	    .received_at_ms = 1769860800000,
	    .kind = SPAN("sms.received"),
	    .sid = SPAN("SM00000000000000000000000000000001"),
	    .account_sid = SPAN("AC00000000000000000000000000000001"),
	    .method = SPAN("POST"),
	    .target = SPAN("/twilio/sms?a=1"),
	    .body = SPAN("Body=Hello"),
	    .params = play->params,
	    .headers = play->headers,
	    .path_params = play->path,
	};
	play->job = (struct frame_job_run){.run.id = 7,
	    .nth = 1,
	    .max = 2,
	    .job_id = 42,
	    .began_at_ms = 1769860800000,
	    .queue = SPAN("work")};
	*state = play;
	return 0;
}

/* With a store that has the usual collections and those of collections. */
static inline int play_setup_store(void **state)
{
	static const oh_collection collections[] = {
	    {"orders", "number"}, {"deep", "of.key"}, {0}};
	struct error err;
	uint32_t count;
	(void)play_setup(state);
	struct play *play = *state;
	play->app.collections = collections;
	(void)snprintf(play->parent, sizeof(play->parent), "/tmp/offhook-play-XXXXXX");
	assert_non_null(mkdtemp(play->parent));
	(void)snprintf(play->dir, sizeof(play->dir), "%s/data", play->parent);
	struct store_config config = {.dir = play->dir};
	if (store_open(&play->store, engines_for(config.dir), &config, &err) < 0)
		fail_msg("%s", err.text);
	const struct pair *all = collections_all(&play->app, &count, play->arena);
	for (uint32_t i = 0; i < count; i++)
		if (store_declare(
			play->store, all[i].name.ptr, all[i].value.ptr, &err) < 0)
			fail_msg("%s", err.text);
	/* As a handler process opens it: from outside. */
	if (store_reader_open(&play->reader, engines_for(play->dir), play->dir, &err) <
	    0)
		fail_msg("%s", err.text);
	play->world.reader = play->reader;
	return 0;
}

static inline int play_teardown(void **state)
{
	struct play *play = *state;
	char command[96];
	store_reader_close(play->reader);
	store_close(play->store);
	if (play->parent[0] != '\0') {
		(void)snprintf(command, sizeof(command), "rm -r %s", play->parent);
		/* NOLINTNEXTLINE(cert-env33-c): a directory of our own making */
		assert_int_equal(system(command), 0);
	}
	arena_free(play->arena);
	buf_free(&play->log);
	buf_free(&play->progress);
	free(play);
	return 0;
}

static inline void play_param(struct play *play, const char *name, struct span value)
{
	assert_true(play->event.param_count < PLAY_PAIRS);
	play->params[play->event.param_count++] = (struct pair){span_of(name), value};
}

static inline void play_reserve(struct play *play, struct frame_run *run)
{
	run->row_count = FRAME_ROWS;
	run->first_row =
	    play->store != NULL ? store_reserve(play->store, FRAME_ROWS) : 1;
}

/* Runs a job of queue "work", by default the first of two attempts; the result is in
 * play->result. */
static inline const struct frame_result *play_job(
    struct play *play, const char *payload, oh_job_handler work)
{
	play->workers[0] = (oh_worker){.queue = "work", .work = work};
	play->job.payload = span_of(payload);
	play_reserve(play, &play->job.run);
	run_job(&play->result, &play->world, &play->job, play->arena);
	return &play->result;
}

/* Runs it; the result is in play->result. */
static inline const struct frame_result *play_run(
    struct play *play, enum oh_route_kind kind, oh_handler handler)
{
	play->routes[0].kind = kind;
	play->routes[0].path = "/twilio/sms";
	play->routes[0].handler = handler;
	play_reserve(play, &play->event.run);
	run_event(&play->result, &play->world, &play->event, play->arena);
	return &play->result;
}

static inline void *play_compile(struct span text, bool filter)
{
	struct error err;
	void *out = NULL;
	if (text.ptr == NULL)
		return NULL;
	json_t *json = json_loadb(text.ptr, text.len, 0, NULL);
	int rc = filter ? filter_compile((struct filter **)&out, json, &err)
			: update_compile((struct update **)&out, json, &err);
	json_decref(json);
	if (rc < 0)
		fail_msg("%s", err.text);
	return out;
}

/* Commits the result's writes; gives the store's outcome. */
static inline enum store_result play_commit(struct play *play)
{
	const struct frame_result *result = &play->result;
	struct store_write writes[PLAY_PAIRS];
	struct store_txn txn = {0};
	assert_true(result->ok);
	assert_true(result->write_count <= PLAY_PAIRS);
	for (uint32_t i = 0; i < result->write_count; i++) {
		const struct frame_write *from = &result->writes[i];
		writes[i] = (struct store_write){
		    .next = i + 1 < result->write_count ? &writes[i + 1] : NULL,
		    .op = (enum store_op)from->op,
		    .collection = from->collection.ptr,
		    .doc = from->doc,
		    .key = from->key,
		    .ids = from->ids,
		    .id_count = from->id_count,
		    .filter = play_compile(from->filter, true),
		    .update = play_compile(from->update, false),
		    .expect = from->expect,
		};
	}
	txn.writes = result->write_count > 0 ? writes : NULL;
	enum store_result rc = store_commit(play->store, &txn);
	for (uint32_t i = 0; i < result->write_count; i++) {
		filter_free((struct filter *)(uintptr_t)writes[i].filter);
		update_free((struct update *)(uintptr_t)writes[i].update);
	}
	return rc;
}

/* Runs and commits; both must go well. */
static inline void play_well(struct play *play, oh_handler handler)
{
	const struct frame_result *result = play_run(play, OH_MESSAGE, handler);
	if (!result->ok)
		fail_msg("%.*s", SPAN_ARG(result->failure));
	assert_int_equal(play_commit(play), STORE_OK);
}

/* Runs, and it must fail with a message that has that text in it. */
static inline void play_badly(struct play *play, oh_handler handler, const char *text)
{
	const struct frame_result *result = play_run(play, OH_MESSAGE, handler);
	assert_false(result->ok);
	assert_int_equal(result->write_count, 0);
	assert_int_equal(result->job_count, 0);
	if (strstr(result->failure.ptr, text) == NULL)
		fail_msg("\"%s\" has no \"%s\"", result->failure.ptr, text);
}

#define PLAY_TEST(name)       TEST_WITH(name, play_setup, play_teardown)
#define PLAY_STORE_TEST(name) TEST_WITH(name, play_setup_store, play_teardown)

#endif
