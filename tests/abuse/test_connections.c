/* Connections that never become a request: by hundreds a second, at the limit, slowly. */
#include "abuse.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LARGE = 50,
	PART = 30000,
	MANY = 2000,
	AT_A_TIME = 100,
	BEYOND = 1500,
	SLOW = 200
};

static int fds[MANY];

static int setup(void **state)
{
	(void)state;
	for (int i = 0; i < MANY; i++)
		fds[i] = -1;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_max < MANY + 100)
		return -1;
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files);
}

static int teardown(void **state)
{
	(void)state;
	abuse_close_all(fds, MANY);
	return 0;
}

/* faults 3.2: each costs little, as long as it says little */
TEST_WITH(a_byte_on_each_of_many_connections, setup, teardown)
{
	struct abuse abuse;
	int round = 0;
	abuse_open(&abuse, NULL);
	while (abuse_goes_on(&abuse, &round, MANY / AT_A_TIME)) {
		int *some = &fds[(round - 1) * AT_A_TIME % MANY];
		abuse_connect_again(&abuse, some, AT_A_TIME);
		for (int i = 0; i < AT_A_TIME; i++)
			(void)abuse_puts(some[i], "P");
	}
	abuse_close_all(fds, MANY);
	abuse_close(&abuse);
}

#define GET       "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
#define HALF_HEAD "POST /twilio/sms HTTP/1.1\r\nHost: h\r\n"
#define HALF_BODY                                                                      \
	HALF_HEAD                                                                      \
	"X-Twilio-Signature: x\r\nContent-Type: "                                      \
	"application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\nBody="

/* faults 3.2: at the limit of connections the one that has waited longest goes, whatever
 * it waits for. */
static const struct hold {
	const char *name, *text;
	bool shut; /* half of it is closed */
} holds[] = {
    {"nothing", "", false},
    {"a byte", "P", false},
    {"half a head", HALF_HEAD, false},
    {"half a body", HALF_BODY, false},
    {"what is malformed, and stays", "nonsense\r\n\r\n", false},
    {"a request that is answered, and stays", GET, false},
    {"requests whose answers it does not read", GET GET, false},
    {"half a request, half-closed", HALF_HEAD, true},
    {"a request, half-closed", GET, true},
};

static void hold_limit(const struct hold *hold)
{
	static const char *const few[] = {
	    "--max-connections", "1000", "--threads", "1", NULL};
	struct abuse abuse;
	int round = 0;
	abuse_open(&abuse, few);
	while (abuse_goes_on(&abuse, &round, BEYOND / AT_A_TIME)) {
		for (int i = 0; i < AT_A_TIME; i++) {
			int *fd = &fds[((round - 1) * AT_A_TIME + i) % BEYOND];
			if (*fd >= 0)
				(void)close(*fd);
			*fd = abuse_connect(&abuse);
			if (*fd >= 0 && abuse_puts(*fd, hold->text) && hold->shut)
				(void)shutdown(*fd, SHUT_WR);
		}
		/* Who opens more than the limit while a webhook comes in can have that
		 * one closed. */
		abuse_await_genuine(&abuse);
	}
	abuse_close_all(fds, MANY);
	abuse_close(&abuse);
}

TEST_WITH(at_the_limit_the_one_that_waits_longest_goes, setup, teardown)
{
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		print_message("at the limit: %s\n", holds[i].name);
		hold_limit(&holds[i]);
	}
}

/* Heads, bodies and chunks that come a few bytes at a time. */
static const struct drip {
	const char *name, *first, *rest;
} drips[] = {
    {"a head", "GET /x HTTP/1.1\r\n", "X: y\r\n"},
    {"a body", HALF_BODY, "x"},
    {"chunks",
	"POST /twilio/sms HTTP/1.1\r\nHost: h\r\nX-Twilio-Signature: x\r\n"
	"Transfer-Encoding: chunked\r\n\r\n",
	"1\r\nx\r\n"},
    {"a chunk's extension",
	"POST /twilio/sms HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;",
	"x"},
    {"trailers",
	"POST /twilio/sms HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
	"chunked\r\n\r\n1\r\nx\r\n0\r\n",
	"X: y\r\n"},
};

TEST_WITH(who_drips_holds_nobody_up, setup, teardown)
{
	static const char *const shortly[] = {"--request-timeout", "1s", NULL};
	struct abuse abuse;
	size_t count = sizeof(drips) / sizeof(drips[0]);
	int round = 0;
	abuse_open(&abuse, shortly);
	while (abuse_goes_on(&abuse, &round, 100)) {
		for (int i = 0; i < SLOW; i++) {
			const struct drip *drip = &drips[(size_t)i % count];
			bool open = fds[i] >= 0 && abuse_drain(fds[i]) &&
				    abuse_puts(fds[i], drip->rest);
			if (!open)
				abuse_connect_again(&abuse, &fds[i], 1);
			if (!open && fds[i] >= 0)
				(void)abuse_puts(fds[i], drip->first);
		}
	}
	abuse_close_all(fds, MANY);
	abuse_close(&abuse);
}

/* faults 3.2: large bodies whose last byte does not come, more of them than the memory
 * of all requests holds */
TEST_WITH(bodies_without_an_end_fill_no_memory, setup, teardown)
{
	static const char *const framings[] = {
	    "Content-Length: 1048576\r\n\r\n",
	    "Transfer-Encoding: chunked\r\n\r\nfffff\r\n",
	};
	struct abuse abuse;
	struct buf part = {0};
	int round = 0;
	for (int i = 0; i < PART; i++)
		buf_putc(&part, 'x');
	abuse_open(&abuse, NULL);
	while (abuse_goes_on(&abuse, &round, LARGE)) {
		for (int i = 0; i < AT_A_TIME; i++) {
			bool open = fds[i] >= 0 && abuse_drain(fds[i]) &&
				    abuse_send(fds[i], part.ptr, part.len);
			if (open)
				continue;
			abuse_connect_again(&abuse, &fds[i], 1);
			if (fds[i] < 0)
				continue;
			(void)abuse_puts(fds[i],
			    HALF_HEAD "X-Twilio-Signature: x\r\nContent-Type: "
				      "application/x-www-form-urlencoded\r\n");
			(void)abuse_puts(fds[i], framings[i % 2]);
		}
	}
	abuse_close_all(fds, MANY);
	abuse_close(&abuse);
	buf_free(&part);
}
