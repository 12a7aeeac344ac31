#include "http/server.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "http/listener.h"
#include "http/loop_internal.h"
#include "util/mem.h"

const struct server_limits server_default_limits = {
    .body_bytes = 1 << 20,
    .header_bytes = 32 << 10,
    .header_count = 100,
    .connections = 20000,
    .memory_bytes = 64 << 20,
    .request_ms = 10000,
    .idle_ms = 75000,
};

/* One I/O thread. */
struct io {
	struct server *server;
	struct loop *loop;
	struct listener listener;
	struct connections connections;
	struct loop_task drain;
};

struct server {
	struct service service;
	char address[LISTENER_TEXT_SIZE];
	struct io *ios;
	int count;
	/* Draining: how many threads still have connections. */
	pthread_mutex_t lock;
	pthread_cond_t drained;
	int busy;
	bool draining;
};

/* Each connection is a descriptor. */
static void raise_file_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int core_count(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores < 1 ? 1 : cores > 256 ? 256 : (int)cores;
}

static void on_drained(struct connections *set)
{
	struct io *io =
	    (struct io *)(void *)((char *)set - offsetof(struct io, connections));
	struct server *server = io->server;
	pthread_mutex_lock(&server->lock);
	server->busy--;
	if (server->busy == 0)
		pthread_cond_signal(&server->drained);
	pthread_mutex_unlock(&server->lock);
}

static void run_drain(struct loop_task *task)
{
	struct io *io =
	    (struct io *)(void *)((char *)task - offsetof(struct io, drain));
	listener_drain(&io->listener);
	connections_drain(&io->connections);
}

static int open_ios(struct server *server, struct address *address, struct error *err)
{
	for (int i = 0; i < server->count; i++) {
		struct io *io = &server->ios[i];
		io->server = server;
		io->drain.run = run_drain;
		if (listener_open(&io->listener, address, i == 0, err) < 0 ||
		    loop_new(&io->loop, i, err) < 0)
			return -1;
		connections_init(&io->connections, io->loop, &server->service);
		io->connections.drained = on_drained;
		if (listener_start(&io->listener, &io->connections, err) < 0)
			return -1;
	}
	for (int i = 0; i < server->count; i++)
		if (loop_start(server->ios[i].loop, err) < 0)
			return -1;
	return 0;
}

int server_open(
    struct server **out, const struct server_config *config, struct error *err)
{
	struct address address;
	*out = NULL;
	if (address_parse(&address, config->listen, err) < 0)
		return -1;
	raise_file_limit();
	/* libevent writes to sockets whose peer may be gone. */
	(void)signal(SIGPIPE, SIG_IGN);

	struct server *server = mem_new(1, sizeof(*server));
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&server->drained, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&server->lock, NULL);

	server->service.config = *config;
	server->count = config->threads > 0 ? config->threads : core_count();
	server->busy = server->count;
	server->ios = mem_new((size_t)server->count, sizeof(*server->ios));
	for (int i = 0; i < server->count; i++)
		server->ios[i].listener.fd = -1;
	if (open_ios(server, &address, err) < 0) {
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

int server_threads(const struct server *server)
{
	return server->count;
}

void server_drain(struct server *server, int64_t timeout_ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(timeout_ms / 1000);
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	for (int i = 0; i < server->count && !server->draining; i++)
		loop_post(server->ios[i].loop, &server->ios[i].drain);
	server->draining = true;

	pthread_mutex_lock(&server->lock);
	int rc = 0;
	while (server->busy > 0 && rc == 0)
		rc = pthread_cond_timedwait(&server->drained, &server->lock, &until);
	pthread_mutex_unlock(&server->lock);
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
	pthread_cond_destroy(&server->drained);
	pthread_mutex_destroy(&server->lock);
	free(server->ios);
	free(server);
}

void server_stats(const struct server *server, struct server_stats *out)
{
	const struct service *service = &server->service;
	*out = (struct server_stats){
	    .connections_open = atomic_load(&service->open),
	    .connections_total = atomic_load(&service->connections),
	    .requests_total = atomic_load(&service->requests),
	    .malformed_total = atomic_load(&service->malformed),
	    .timed_out_total = atomic_load(&service->timed_out),
	    .shed_total = atomic_load(&service->shed),
	    .memory_bytes = atomic_load(&service->memory),
	};
}
