#include "http/server.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "http/listener.h"
#include "http/loop_internal.h"
#include "http/tls.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/mem.h"
#include "util/thread.h"

const struct server_limits server_default_limits = {
    .body_bytes = 1 << 20,
    .header_bytes = 32 << 10,
    .header_count = 100,
    .connections = 20000,
    .memory_bytes = 64 << 20,
    .request_ms = 10000,
    .idle_ms = 75000,
};

const int server_refusals[SERVER_REFUSALS] = {400, 404, 405, 408, 413, 417, 431, 503};

int server_refusal(int status)
{
	int index = SERVER_REFUSALS - 1;
	while (index > 0 && server_refusals[index] != status)
		index--;
	return index;
}

/* One I/O thread. */
struct io {
	struct server *server;
	struct loop *loop;
	struct listener listener;
	struct connections connections;
	struct loop_task drain;
	struct loop_task beat;
	atomic_bool beating; /* the beat was posted and has not run */
};

struct server {
	struct server_shared shared;
	char address[LISTENER_TEXT_SIZE];
	struct io *ios;
	int count;
	pthread_mutex_t lock; /* guards busy */
	pthread_cond_t drained;
	int busy; /* threads that have connections, while draining */
	bool draining;
};

/* Each connection needs a descriptor. */
static void server_raise_file_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void server_on_drained(struct connections *set)
{
	struct server *server = container_of(set, struct io, connections)->server;
	mutex_lock(&server->lock);
	server->busy--;
	if (server->busy == 0)
		cond_signal(&server->drained);
	mutex_unlock(&server->lock);
}

static void server_run_drain(struct loop_task *task)
{
	struct io *io = container_of(task, struct io, drain);
	listener_drain(&io->listener);
	connections_drain(&io->connections);
}

static void server_run_beat(struct loop_task *task)
{
	atomic_store(&container_of(task, struct io, beat)->beating, false);
}

bool server_answers(struct server *server)
{
	bool all = true;
	for (int i = 0; i < server->count; i++) {
		struct io *io = &server->ios[i];
		if (atomic_exchange(&io->beating, true))
			all = false;
		else
			loop_post(io->loop, &io->beat);
	}
	return all;
}

static int server_open_ios(
    struct server *server, struct address *address, struct error *err)
{
	for (int i = 0; i < server->count; i++) {
		struct io *io = &server->ios[i];
		io->server = server;
		io->drain.run = server_run_drain;
		io->beat.run = server_run_beat;
		if (listener_open(&io->listener, address, i == 0, err) < 0 ||
		    loop_new(&io->loop, i, err) < 0)
			return -1;
		connections_init(&io->connections, io->loop, &server->shared);
		io->connections.drained = server_on_drained;
		if (listener_start(&io->listener, &io->connections, err) < 0)
			return -1;
	}
	for (int i = 0; i < server->count; i++)
		if (loop_start(server->ios[i].loop, server->shared.config.name, err) <
		    0)
			return -1;
	return 0;
}

int server_check(const char *listen, const char *other, struct error *err)
{
	struct address address, second;
	if (address_parse(&address, listen, err) < 0 ||
	    address_check(&address, err) < 0)
		return -1;
	if (other != NULL && address_parse(&second, other, NULL) == 0 &&
	    address_overlaps(&address, &second))
		return error_set(err, "%s and %s are the same address", listen, other);
	return 0;
}

int server_open(
    struct server **out, const struct server_config *config, struct error *err)
{
	struct address address;
	assert(config->threads > 0);
	*out = NULL;
	if (address_parse(&address, config->listen, err) < 0)
		return -1;
	server_raise_file_limit();

	struct server *server = mem_new(1, sizeof(*server));
	cond_init(&server->drained);
	mutex_init(&server->lock);
	server->shared.config = *config;
	server->count = config->threads;
	server->busy = server->count;
	server->ios = mem_new((size_t)server->count, sizeof(*server->ios));
	for (int i = 0; i < server->count; i++)
		server->ios[i].listener.fd = -1;
	if (server_open_ios(server, &address, err) < 0) {
		server_close(server);
		return -1;
	}
	address_text(&address, server->address);
	*out = server;
	return 0;
}

const char *server_address(const struct server *server)
{
	return server->address;
}

void server_drain(struct server *server, int64_t timeout_ms)
{
	int64_t until_us = clock_mono_us() + timeout_ms * 1000;
	for (int i = 0; i < server->count && !server->draining; i++)
		loop_post(server->ios[i].loop, &server->ios[i].drain);
	server->draining = true;
	mutex_lock(&server->lock);
	while (server->busy > 0 &&
	       cond_wait_until(&server->drained, &server->lock, until_us))
		continue;
	mutex_unlock(&server->lock);
}

void server_close(struct server *server)
{
	if (server == NULL)
		return;
	for (int i = 0; i < server->count; i++)
		loop_stop(server->ios[i].loop);
	for (int i = 0; i < server->count; i++) {
		struct io *io = &server->ios[i];
		listener_close(&io->listener);
		if (io->loop != NULL)
			connections_clear(&io->connections);
		loop_free(io->loop);
	}
	cond_clear(&server->drained);
	mutex_clear(&server->lock);
	free(server->ios);
	free(server);
}

void server_stats(const struct server *server, struct server_stats *out)
{
	const struct server_shared *shared = &server->shared;
	*out = (struct server_stats){
	    .connections_open = atomic_load(&shared->open),
	    .connections_total = atomic_load(&shared->connections),
	    .requests_total = atomic_load(&shared->requests),
	    .malformed_total = atomic_load(&shared->malformed),
	    .timed_out_total = atomic_load(&shared->timed_out),
	    .shed_total = atomic_load(&shared->shed),
	    .handshakes_total = atomic_load(&shared->handshakes),
	    .handshake_failures_total = atomic_load(&shared->handshakes_failed),
	    .memory_bytes = atomic_load(&shared->memory),
	    .tls = shared->config.tls != NULL,
	};
	if (out->tls)
		out->certificate_end_ms = tls_not_after_ms(shared->config.tls);
	for (int i = 0; i < SERVER_REFUSALS; i++)
		out->refused_total[i] = atomic_load(&shared->refused[i]);
}
