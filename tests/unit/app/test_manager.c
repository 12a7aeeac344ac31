/* What the service manager is told while the server gets on, and while it does not. */
#include "test.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/manager.h"
#include "engines/engines.h"
#include "util/clock.h"
#include "util/thread.h"

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool open, reached;
};

struct fixture {
	char parent[48], dir[64];
	int fd; /* the service manager's */
	struct store *store;
	struct server *server;
	struct manager manager;
	struct gate gate;
	int64_t now_us;
};

static void gate_pass(struct gate *gate)
{
	mutex_lock(&gate->lock);
	gate->reached = true;
	while (!gate->open)
		cond_wait(&gate->opened, &gate->lock);
	mutex_unlock(&gate->lock);
}

static bool gate_reached(struct gate *gate)
{
	mutex_lock(&gate->lock);
	bool reached = gate->reached;
	mutex_unlock(&gate->lock);
	return reached;
}

static void gate_open(struct gate *gate)
{
	mutex_lock(&gate->lock);
	gate->open = true;
	cond_signal(&gate->opened);
	mutex_unlock(&gate->lock);
}

static void no_request(void *ctx, struct request *request)
{
	(void)ctx;
	request_reply(request, &(struct reply){.status = 204});
}

static void begin(struct fixture *f)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct error err;
	char name[64], pid[32];
	*f = (struct fixture){.now_us = 1000000};
	mutex_init(&f->gate.lock);
	cond_init(&f->gate.opened);
	int len = snprintf(name, sizeof(name), "@offhook-manager-%d", (int)getpid());
	memcpy(at.sun_path, name, (size_t)len);
	at.sun_path[0] = '\0';
	f->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(f->fd, (struct sockaddr *)&at,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
	    0);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("NOTIFY_SOCKET", name, 1);
	(void)setenv("WATCHDOG_USEC", "2000000", 1);
	(void)setenv("WATCHDOG_PID", pid, 1);
	(void)snprintf(f->parent, sizeof(f->parent), "/tmp/offhook-test-XXXXXX");
	assert_non_null(mkdtemp(f->parent));
	(void)snprintf(f->dir, sizeof(f->dir), "%s/data", f->parent);
	assert_int_equal(store_open(&f->store, engines_for(f->dir),
			     &(struct store_config){.dir = f->dir}, &err),
	    0);
	assert_int_equal(server_open(&f->server,
			     &(struct server_config){.listen = "127.0.0.1:0",
				 .threads = 2,
				 .name = "oh-loop",
				 .limits = server_default_limits,
				 .serve = no_request},
			     &err),
	    0);
	manager_open(&f->manager, "https", server_address(f->server));
}

static void end(struct fixture *f)
{
	char command[128];
	manager_close(&f->manager);
	server_close(f->server);
	store_close(f->store);
	(void)close(f->fd);
	mutex_clear(&f->gate.lock);
	cond_clear(&f->gate.opened);
	(void)snprintf(command, sizeof(command), "rm -rf %s", f->parent);
	assert_int_equal(system(command), 0);
}

/* A second later; whether a sign of life came. */
static bool look(struct fixture *f)
{
	char got[200] = "";
	f->now_us += 1000000;
	manager_look(&f->manager, f->server, f->store, f->now_us);
	return recv(f->fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0 &&
	       strcmp(got, "WATCHDOG=1") == 0;
}

/* Looks until a sign of life comes. */
static void expect_alive(struct fixture *f)
{
	for (int i = 0; i < 2000; i++) {
		if (look(f))
			return;
		(void)usleep(10000);
	}
	fail_msg("no sign of life");
}

TEST(signs_of_life_come_as_often_as_is_asked_for_and_no_oftener)
{
	struct fixture f;
	char got[200];
	begin(&f);
	expect_alive(&f);
	/* One is due at half of the two seconds. */
	manager_look(&f.manager, f.server, f.store, f.now_us + 900000);
	assert_true(recv(f.fd, got, sizeof(got), MSG_DONTWAIT) < 0);
	expect_alive(&f);
	end(&f);
}

TEST(a_watchdog_for_another_process_is_none_of_ours)
{
	struct fixture f;
	begin(&f);
	(void)setenv("WATCHDOG_PID", "1", 1);
	manager_close(&f.manager);
	manager_open(&f.manager, "https", server_address(f.server));
	for (int i = 0; i < 10; i++)
		assert_false(look(&f));
	end(&f);
}

/* On the writer's thread, which goes on when the gate opens. */
static void hold_writer(struct store_txn *txn)
{
	struct fixture *f = (struct fixture *)(uintptr_t)txn->event.received_at_ms;
	gate_pass(&f->gate);
}

static void pass_on(struct store_txn *txn)
{
	(void)txn;
}

TEST(a_writer_that_is_stuck_is_no_sign_of_life)
{
	struct fixture f;
	struct store_stats stats;
	begin(&f);
	expect_alive(&f);
	struct store_txn first = {.done = hold_writer};
	struct store_txn second = {.done = pass_on};
	first.event.received_at_ms = (int64_t)(uintptr_t)&f;
	assert_true(store_submit(f.store, &first));
	store_flush(f.store);
	while (!gate_reached(&f.gate))
		(void)usleep(1000);
	expect_alive(&f); /* nothing waits */
	assert_true(store_submit(f.store, &second));
	store_flush(f.store);
	(void)look(&f); /* it sees what was committed since */
	for (int i = 0; i < 10; i++)
		assert_false(look(&f));
	gate_open(&f.gate);
	expect_alive(&f);
	store_stats(f.store, &stats);
	assert_int_equal(stats.waiting, 0);
	end(&f);
}

TEST(a_disk_that_takes_nothing_is_told_in_words_and_is_no_reason_to_be_ended)
{
	struct fixture f;
	char command[160], got[400] = "";
	begin(&f);
	manager_ready(&f.manager);
	assert_true(recv(f.fd, got, sizeof(got) - 1, 0) > 0);
	assert_non_null(strstr(got, "READY=1\nSTATUS=listening on https://127.0.0.1:"));
	(void)snprintf(command, sizeof(command), "mv %s %s.away", f.dir, f.dir);
	assert_int_equal(system(command), 0);
	bool told = false, alive = false;
	for (int i = 0; i < 3000 && !(told && alive); i++) {
		f.now_us += 1000000;
		manager_look(&f.manager, f.server, f.store, f.now_us);
		memset(got, 0, sizeof(got));
		while (recv(f.fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0) {
			alive |= told && strcmp(got, "WATCHDOG=1") == 0;
			told |= strstr(got, "STATUS=nothing can be stored: ") != NULL;
			memset(got, 0, sizeof(got));
		}
		(void)usleep(10000);
	}
	assert_true(told && alive);
	(void)snprintf(command, sizeof(command), "mv %s.away %s", f.dir, f.dir);
	assert_int_equal(system(command), 0);
	end(&f);
}
