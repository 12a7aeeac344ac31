/* Servers as a whole: parked requests, drain, several threads, addresses. */
#include "http/server.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

#include "client.h"
#include "util/clock.h"
#include "util/mem.h"

#define HOST "Host: h\r\n"

/* Requests that wait to be answered by another thread. */
struct parked {
	struct loop_task task;
	struct request *request;
	struct parked *next;
};

struct lot {
	pthread_mutex_t lock;
	struct parked *first;
	atomic_int count;
};

static struct lot lot = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void park(void *ctx, struct request *request)
{
	struct parked *parked = mem_new(1, sizeof(*parked));
	(void)ctx;
	parked->request = request;
	pthread_mutex_lock(&lot.lock);
	parked->next = lot.first;
	lot.first = parked;
	pthread_mutex_unlock(&lot.lock);
	lot.count++;
}

static void answer(struct loop_task *task)
{
	struct parked *parked = (struct parked *)(void *)task;
	echo(NULL, parked->request);
	free(parked);
}

/* From the test's thread: every reply goes to the loop of its request. */
static void release_all(void)
{
	pthread_mutex_lock(&lot.lock);
	struct parked *parked = lot.first;
	lot.first = NULL;
	pthread_mutex_unlock(&lot.lock);
	while (parked != NULL) {
		struct parked *next = parked->next;
		parked->task.run = answer;
		lot.count--;
		loop_post(parked->request->loop, &parked->task);
		parked = next;
	}
}

static struct server_config park_config(void)
{
	struct server_config config = echo_config();
	config.serve = park;
	config.threads = 2;
	return config;
}

static size_t open_connections(const struct server *server)
{
	struct server_stats stats;
	server_stats(server, &stats);
	return stats.connections_open;
}

static bool has_thread(const char *name)
{
	bool found = false;
	DIR *dir = opendir("/proc/self/task");
	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		char path[300];
		char text[32] = "";
		(void)snprintf(
		    path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		FILE *file = fopen(path, "r");
		if (file == NULL)
			continue; /* "..", or a thread that has ended */
		if (fgets(text, sizeof(text), file) != NULL)
			text[strcspn(text, "\n")] = '\0';
		(void)fclose(file);
		found |= strcmp(text, name) == 0;
	}
	(void)closedir(dir);
	return found;
}

TEST(replies_may_come_from_another_thread)
{
	struct server_config config = park_config();
	struct server *server = start(&config);
	struct buf in = {0};
	int fds[20];
	assert_true(has_thread("oh-echo-0") && has_thread("oh-echo-1"));
	assert_false(has_thread("oh-echo-2"));
	for (int i = 0; i < 20; i++) {
		char text[64];
		fds[i] = dial(server);
		(void)snprintf(
		    text, sizeof(text), "GET /%d HTTP/1.1\r\n" HOST "\r\n", i);
		put(fds[i], text);
	}
	WAIT_FOR(lot.count == 20);
	release_all();
	for (int i = 0; i < 20; i++) {
		char text[64];
		(void)snprintf(text, sizeof(text), "GET /%d []", i);
		buf_clear(&in);
		get_until(fds[i], &in, text, 1);
		(void)close(fds[i]);
	}
	buf_free(&in);
	server_close(server);
}

static atomic_bool held;

static void hold(void *ctx, struct request *request)
{
	held = true;
	while (held)
		(void)usleep(1000);
	echo(ctx, request);
}

TEST(a_loop_that_is_stuck_does_not_answer)
{
	struct server_config config = echo_config();
	struct buf in = {0};
	config.serve = hold;
	config.threads = 2;
	struct server *server = start(&config);
	assert_true(server_answers(server));
	WAIT_FOR(server_answers(server));
	int fd = dial(server);
	put(fd, "GET /1 HTTP/1.1\r\n" HOST "\r\n");
	WAIT_FOR(held);
	(void)server_answers(server); /* those before may have come round */
	for (int i = 0; i < 20; i++)
		assert_false(server_answers(server));
	held = false;
	WAIT_FOR(server_answers(server));
	get_until(fd, &in, "GET /1 []", 1);
	buf_free(&in);
	(void)close(fd);
	server_close(server);
}

TEST(the_next_request_waits_for_the_reply_to_the_first)
{
	struct server_config config = park_config();
	struct server *server = start(&config);
	struct buf in = {0};
	int fd = dial(server);
	put(fd, "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n");
	WAIT_FOR(lot.count == 1);
	put(fd, "GET /3 HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 1; i <= 3; i++) {
		char text[16];
		WAIT_FOR(lot.count == 1);
		release_all();
		(void)snprintf(text, sizeof(text), "GET /%d []", i);
		get_until(fd, &in, text, 1);
	}
	buf_free(&in);
	(void)close(fd);
	server_close(server);
}

/* More than the sockets' buffers hold comes while the first waits. */
TEST(a_flood_behind_a_parked_request_stays_outside)
{
	struct server_config config = park_config();
	struct server *server = start(&config);
	struct buf in = {0};
	char flood[4096];
	ssize_t sent;
	int fd = dial(server);
	int wish = 4096;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wish, sizeof(wish));
	memset(flood, '\n', sizeof(flood));
	put(fd, "GET /1 HTTP/1.1\r\n" HOST "\r\n");
	WAIT_FOR(lot.count == 1);
	size_t total = 0;
	do {
		sent = send(fd, flood, sizeof(flood), MSG_DONTWAIT | MSG_NOSIGNAL);
		total += sent > 0 ? (size_t)sent : 0;
	} while (sent > 0);
	assert_true(total < (size_t)64 << 20);
	release_all();
	get_all(fd, &in);
	assert_has(&in, "GET /1 []");
	assert_has(&in, "400 Bad Request");
	buf_free(&in);
	(void)close(fd);
	server_close(server);
}

TEST(half_closed_and_parked_is_answered)
{
	struct server_config config = park_config();
	struct server *server = start(&config);
	struct buf in = {0};
	int fd = dial(server);
	put(fd, "GET /1 HTTP/1.1\r\n" HOST "\r\n");
	(void)shutdown(fd, SHUT_WR);
	WAIT_FOR(lot.count == 1);
	release_all();
	get_all(fd, &in);
	assert_has(&in, "GET /1 []");
	buf_free(&in);
	(void)close(fd);
	server_close(server);
}

TEST(a_client_that_vanishes_harms_nobody)
{
	struct server_config config = park_config();
	struct server *server = start(&config);
	struct server_stats stats;
	struct buf in = {0};
	int survivor = dial(server);
	put(survivor, "GET /s HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < 30; i++) {
		/* Every third resets instead of closing. */
		struct linger reset = {.l_onoff = i % 3 == 0, .l_linger = 0};
		int fd = dial(server);
		put(fd, "GET /v HTTP/1.1\r\n" HOST "\r\n");
		WAIT_FOR(lot.count == i + 2);
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		(void)close(fd);
	}
	release_all();
	get_until(survivor, &in, "GET /s []", 1);
	WAIT_FOR(open_connections(server) == 1);
	do
		server_stats(server, &stats);
	while (stats.memory_bytes > 0);
	assert_int_equal(stats.requests_total, 31);
	buf_free(&in);
	(void)close(survivor);
	server_close(server);
}

struct drainer {
	pthread_t thread;
	struct server *server;
	atomic_bool done;
};

static void *drain(void *ctx)
{
	struct drainer *drainer = ctx;
	server_drain(drainer->server, WAIT_MS);
	drainer->done = true;
	return NULL;
}

TEST(a_drain_answers_what_has_begun_and_closes_the_rest)
{
	struct server_config config = park_config();
	struct server *server = start(&config);
	struct drainer drainer = {.server = server};
	struct buf in = {0};
	int idle = dial(server);
	int parked = dial(server);
	int begun = dial(server);
	put(parked, "GET /parked HTTP/1.1\r\n" HOST "\r\n");
	put(begun, "GET /begun HTTP/1.1\r\n");
	WAIT_FOR(lot.count == 1 && open_connections(server) == 3);
	assert_int_equal(pthread_create(&drainer.thread, NULL, drain, &drainer), 0);

	get_all(idle, &in);
	assert_int_equal(in.len, 0);
	put(begun, HOST "\r\n");
	WAIT_FOR(lot.count == 2);
	assert_false(drainer.done);
	release_all();
	get_all(parked, &in);
	get_all(begun, &in);
	assert_has(&in, "GET /parked []");
	assert_has(&in, "GET /begun []");
	assert_has(&in, "Connection: close\r\n");
	(void)close(idle);
	(void)close(parked);
	(void)close(begun);
	pthread_join(drainer.thread, NULL);
	assert_int_equal(open_connections(server), 0);
	buf_free(&in);
	server_close(server);
}

TEST(a_drain_does_not_wait_for_ever)
{
	struct server_config config = park_config();
	struct server *server = start(&config);
	int fd = dial(server);
	put(fd, "GET /1 HTTP/1.1\r\n" HOST "\r\n");
	WAIT_FOR(lot.count == 1);
	server_drain(server, 50);
	assert_int_equal(open_connections(server), 1);
	release_all();
	server_drain(server, WAIT_MS);
	(void)close(fd);
	server_close(server);
}

/* A client in a loop: each request, until one is answered with "close". */
struct worker {
	pthread_t thread;
	struct server *server;
	atomic_int answered, failed;
};

static void *hammer(void *ctx)
{
	struct worker *worker = ctx;
	struct buf in = {0};
	int fd = dial(worker->server);
	bool last = false;
	while (!last) {
		buf_clear(&in);
		put(fd, "POST /h HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nok");
		while (strstr(buf_text(&in), "[ok]") == NULL && get_some(fd, &in))
			continue;
		if (strstr(buf_text(&in), "[ok]") == NULL) {
			worker->failed++;
			break;
		}
		worker->answered++;
		last = strstr(buf_text(&in), "Connection: close") != NULL;
	}
	(void)close(fd);
	buf_free(&in);
	return NULL;
}

TEST(no_request_fails_because_of_a_drain)
{
	struct server_config config = echo_config();
	struct worker workers[16] = {0};
	config.threads = 2;
	struct server *server = start(&config);
	for (int i = 0; i < 16; i++) {
		workers[i].server = server;
		assert_int_equal(
		    pthread_create(&workers[i].thread, NULL, hammer, &workers[i]), 0);
	}
	for (int i = 0; i < 16; i++)
		WAIT_FOR(workers[i].answered > 20);
	server_drain(server, WAIT_MS);
	for (int i = 0; i < 16; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].failed, 0);
	}
	assert_int_equal(open_connections(server), 0);
	server_close(server);
}

TEST(two_servers_live_side_by_side)
{
	struct server_config config = echo_config();
	struct server *one = start(&config);
	struct server *two = start(&config);
	assert_string_not_equal(server_address(one), server_address(two));
	exchange_is(one, "GET / HTTP/1.0\r\n\r\n", 200);
	server_close(one);
	exchange_is(two, "GET / HTTP/1.0\r\n\r\n", 200);
	server_close(two);
}

/* A socket as systemd hands it over; *text becomes its "fd:N". */
static int hand_over(char text[16], int type, const char *at, bool listens)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	assert_true(fd >= 3);
	assert_int_equal(inet_pton(AF_INET, at, &v4.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&v4, sizeof(v4)), 0);
	if (listens)
		assert_int_equal(listen(fd, 10), 0);
	(void)snprintf(text, 16, "fd:%d", fd);
	return fd;
}

TEST(an_inherited_socket_outlives_the_server_and_loses_nobody)
{
	struct server_config config = echo_config();
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	struct buf in = {0};
	char text[16], address[32];
	int fd = hand_over(text, SOCK_STREAM, "127.0.0.1", true);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(address, sizeof(address), "127.0.0.1:%d", ntohs(at.sin_port));
	config.listen = text;
	config.threads = 3;
	assert_int_equal(server_check(text, "127.0.0.1:0", NULL), 0);
	for (int round = 0; round < 3; round++) {
		struct server *server = start(&config);
		assert_string_equal(server_address(server), address);
		for (int i = 0; i < 30; i++)
			exchange_is(server, "GET / HTTP/1.0\r\n\r\n", 200);
		server_drain(server, WAIT_MS);
		server_close(server);
	}
	/* Nobody serves: the connection waits for the next one. */
	int waiting = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(waiting, (struct sockaddr *)&at, sizeof(at)), 0);
	put(waiting, "GET /late HTTP/1.1\r\n" HOST "\r\n");
	struct server *server = start(&config);
	get_until(waiting, &in, "GET /late []", 1);
	server_close(server);
	(void)close(waiting);
	(void)close(fd);
	buf_free(&in);
}

TEST(an_inherited_descriptor_of_another_kind_is_refused)
{
	static const struct {
		int type;
		bool listens;
	} wrong[] = {{SOCK_DGRAM, false}, {SOCK_STREAM, false}};
	struct server_config config = echo_config();
	struct server *server = NULL;
	struct error err = {{0}};
	char text[16];
	config.listen = text;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int fd = hand_over(text, wrong[i].type, "127.0.0.1", wrong[i].listens);
		assert_int_equal(server_open(&server, &config, &err), -1);
		assert_non_null(strstr(err.text, "it is no listening TCP socket"));
		assert_int_equal(server_check(text, NULL, &err), -1);
		(void)close(fd);
		assert_int_equal(server_open(&server, &config, &err), -1);
		assert_non_null(strstr(err.text, "there is none"));
	}
}

TEST(an_address_in_use_is_named)
{
	struct server_config config = echo_config();
	struct server *one = start(&config);
	struct server *two = NULL;
	struct error err = {{0}};
	config.listen = server_address(one);
	assert_int_equal(server_open(&two, &config, &err), -1);
	assert_null(two);
	assert_non_null(strstr(err.text, server_address(one)));
	assert_non_null(strstr(err.text, "in use"));
	server_close(one);
}

TEST(addresses_are_of_three_forms)
{
	static const char *const wrong[] = {
	    "",
	    "127.0.0.1",
	    "127.0.0.1:",
	    "localhost:80",
	    ":65536",
	    ":-1",
	    "::1:80",
	    "[::1:80",
	    "[]:80",
	    "[127.0.0.1]:80",
	    "300.0.0.1:80",
	    ":80x",
	};
	struct server_config config = echo_config();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct server *server = NULL;
		struct error err = {{0}};
		config.listen = wrong[i];
		assert_int_equal(server_open(&server, &config, &err), -1);
		assert_non_null(strstr(err.text, "cannot listen on"));
	}
	config.listen = ":0";
	struct server *server = start(&config);
	assert_memory_equal(server_address(server), "0.0.0.0:", 8);
	exchange_is(server, "GET / HTTP/1.0\r\n\r\n", 200);
	server_close(server);
}
