/* pool_bench -- a pool of fake handler processes (fake_host.c), and events for them. */
#ifndef OFFHOOK_TESTS_POOL_BENCH_H
#define OFFHOOK_TESTS_POOL_BENCH_H

#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool/pool.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/log.h"
#include "util/text.h"

enum { MANY = 400, PATIENCE_US = 60000000 };

/* One event and what became of it. */
struct sent {
	struct pool_run run;
	char sid[24], body[32];
	atomic_int done; /* how often */
	bool ok;
	uint32_t end;
	char reply[64], failure[512];
};

struct bench {
	struct pool *pool;
	char notes[64];
	char mode[24];
	char *words[4];
	struct pool_config config;
};

static inline void done(
    struct pool_run *run, const struct frame_result *result, struct arena *arena)
{
	struct sent *sent = container_of(run, struct sent, run);
	sent->ok = result->ok;
	sent->end = result->end;
	(void)snprintf(
	    sent->reply, sizeof(sent->reply), "%.*s", SPAN_ARG(result->body));
	(void)snprintf(
	    sent->failure, sizeof(sent->failure), "%.*s", SPAN_ARG(result->failure));
	arena_free(arena);
	atomic_fetch_add(&sent->done, 1);
}

static inline void fill(struct sent *sent, int number, const char *body)
{
	*sent = (struct sent){.run.done = done};
	(void)snprintf(sent->sid, sizeof(sent->sid), "SM%d", number);
	(void)snprintf(sent->body, sizeof(sent->body), "%s", body);
	sent->run.event.sid = span_of(sent->sid);
	sent->run.event.body = span_of(sent->body);
	sent->run.event.kind = SPAN("sms.received");
}

static inline void submit(struct bench *bench, struct sent *sent)
{
	pool_submit(bench->pool, &sent->run);
	pool_flush(bench->pool);
}

static inline void post(
    struct bench *bench, struct sent *sent, int number, const char *body)
{
	fill(sent, number, body);
	submit(bench, sent);
}

static inline void await(struct sent *sent)
{
	int64_t until_us = clock_mono_us() + PATIENCE_US;
	while (atomic_load(&sent->done) == 0) {
		if (clock_mono_us() > until_us)
			fail_msg("%s (%s) was never settled", sent->sid, sent->body);
		(void)usleep(500);
	}
}

static inline void await_all(struct sent *sent, int count)
{
	for (int i = 0; i < count; i++)
		await(&sent[i]);
}

static inline void set_up(struct bench *bench, const char *mode)
{
	static char program[] = FAKE_HOST;
	*bench = (struct bench){0};
	(void)snprintf(bench->notes, sizeof(bench->notes), "/tmp/offhook-notes-XXXXXX");
	int fd = mkstemp(bench->notes);
	assert_true(fd >= 0);
	(void)close(fd);
	(void)snprintf(bench->mode, sizeof(bench->mode), "%s", mode);
	bench->words[0] = program;
	bench->words[1] = bench->notes;
	bench->words[2] = bench->mode;
	bench->config = (struct pool_config){.program = program,
	    .argv = bench->words,
	    .processes = 2,
	    .max_processes = 6,
	    .hang_ms = 20000,
	    .ready_ms = 20000};
}

static inline void open_pool(struct bench *bench)
{
	struct error err = {0};
	if (pool_open(&bench->pool, &bench->config, &err) < 0)
		fail_msg("%s", err.text);
}

/* The usual beginning. */
static inline void start(struct bench *bench)
{
	set_up(bench, "well");
	open_pool(bench);
}

static inline void tear_down(struct bench *bench)
{
	pool_close(bench->pool);
	pool_free(bench->pool);
	(void)unlink(bench->notes);
}

/* From number first on. */
static inline void assert_ok(const struct sent *sent, int first, int end)
{
	for (int i = first; i < end; i++)
		if (atomic_load(&sent[i].done) != 1 || !sent[i].ok)
			fail_msg("%s was settled %d times: %s", sent[i].sid,
			    atomic_load(&sent[i].done), sent[i].failure);
}

/* How often an event began. */
static inline int begun(const struct bench *bench, const char *sid)
{
	size_t len;
	int count = 0;
	char want[64];
	char *text = text_read_file(bench->notes, 64U << 20, &len);
	assert_non_null(text);
	(void)snprintf(want, sizeof(want), "%s ", sid);
	char *rest = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		count += strncmp(line, want, strlen(want)) == 0;
	free(text);
	return count;
}

#endif
