/* pace -- webhooks at a fixed rate, whether or not the server keeps up (an open loop):
 * what they wait behind one another counts, because a webhook's time begins when it is
 * due, not when it is sent.
 *
 * On a line on its standard input it prints one JSON object about the webhooks answered
 * since the last one, and begins anew; so phases of one run can be told apart. Ends
 * when its input does. */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "exchange.h"
#include "message.h"
#include "samples.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

enum { EVENTS_MAX = 256 };

static const char usage[] =
    "usage: pace --connect ADDR:PORT --url SIGNED-URL [--rate N] [--connections N]\n"
    "the Auth Token in TWILIO_AUTH_TOKEN; N a second (1000), on that many (64)\n";

struct pace {
	const char *connect, *url;
	int64_t rate, connection_count;
	struct message_maker *maker;
	struct exchange *exchanges;
	struct exchange **idle; /* a ring, so that none is idle for long */
	size_t idle_first, idle_count;
	int epoll, timer;
	int64_t begun_us, sent; /* the n-th is due at begun_us + n / rate */
	struct samples samples; /* of this phase, as the rest */
	size_t refused, broken;
	int64_t since_us;
};

static void read_options(struct pace *pace, int argc, char **argv)
{
	static const struct option options[] = {
	    {"connect", required_argument, NULL, 'a'},
	    {"url", required_argument, NULL, 'u'},
	    {"rate", required_argument, NULL, 'r'},
	    {"connections", required_argument, NULL, 'c'},
	    {NULL, 0, NULL, 0},
	};
	int option;
	bool good = true;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'a')
			pace->connect = optarg;
		else if (option == 'u')
			pace->url = optarg;
		else if (option == 'r')
			good =
			    good && text_int(span_of(optarg), 1, 1000000, &pace->rate);
		else if (option == 'c')
			good = good && text_int(span_of(optarg), 1, 10000,
					   &pace->connection_count);
		else
			good = false;
	}
	if (!good || pace->connect == NULL || pace->url == NULL ||
	    getenv("TWILIO_AUTH_TOKEN") == NULL)
		exit((fputs(usage, stderr), 2));
}

static void watch(struct pace *pace, int fd, void *what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
	if (fd < 0 || epoll_ctl(pace->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		perror("pace");
		exit(1);
	}
}

static void idle_add(struct pace *pace, struct exchange *exchange)
{
	size_t count = (size_t)pace->connection_count;
	pace->idle[(pace->idle_first + pace->idle_count++) % count] = exchange;
}

static struct exchange *idle_take(struct pace *pace)
{
	struct exchange *exchange = pace->idle[pace->idle_first];
	pace->idle_first = (pace->idle_first + 1) % (size_t)pace->connection_count;
	pace->idle_count--;
	return exchange;
}

static void start(struct pace *pace)
{
	size_t count = (size_t)pace->connection_count;
	int64_t every_ns = 1000000000 / pace->rate;
	struct timespec every = {every_ns / 1000000000, every_ns % 1000000000};
	struct itimerspec ticks = {every, every};
	pace->maker =
	    message_maker_new(MESSAGE_SMS, pace->url, getenv("TWILIO_AUTH_TOKEN"));
	pace->epoll = epoll_create1(EPOLL_CLOEXEC);
	pace->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	pace->exchanges = mem_new(count, sizeof(struct exchange));
	pace->idle = mem_new(count, sizeof(struct exchange *));
	for (size_t i = 0; i < count; i++) {
		if (!exchange_open(&pace->exchanges[i], pace->connect, pace->epoll))
			exit(1);
		idle_add(pace, &pace->exchanges[i]);
	}
	watch(pace, pace->timer, pace);
	watch(pace, STDIN_FILENO, NULL);
	pace->begun_us = pace->since_us = clock_mono_us();
	timerfd_settime(pace->timer, 0, &ticks, NULL);
}

/* All that are due and find a connection that has nothing else to do. */
static void send_due(struct pace *pace)
{
	int64_t now = clock_mono_us();
	while (pace->idle_count > 0) {
		int64_t due = pace->begun_us + pace->sent * 1000000 / pace->rate;
		if (due > now)
			break;
		struct exchange *exchange = idle_take(pace);
		pace->sent++;
		if (!exchange_send(exchange, pace->maker, due)) {
			pace->broken++;
			exchange_close(exchange);
		}
	}
}

static void take_reply(struct pace *pace, struct exchange *exchange)
{
	int status = 0;
	enum exchange_result got = exchange_receive(exchange, &status);
	if (got == EXCHANGE_WAITS)
		return;
	if (got == EXCHANGE_CLOSED || got == EXCHANGE_MALFORMED) {
		pace->broken++;
		exchange_close(exchange);
		return;
	}
	idle_add(pace, exchange);
	if (got == EXCHANGE_REFUSED)
		pace->refused++;
	else
		samples_add(
		    &pace->samples, (uint32_t)(clock_mono_us() - exchange->since_us));
}

static void print_phase(struct pace *pace)
{
	int64_t now = clock_mono_us();
	int64_t due = (now - pace->begun_us) * pace->rate / 1000000;
	struct samples *samples = &pace->samples;
	samples_sort(samples);
	printf("{\"seconds\":%.3f,\"answered\":%zu,\"p50_us\":%u,\"p90_us\":%u,"
	       "\"p99_us\":%u,\"max_us\":%u,\"refused\":%zu,\"broken\":%zu,"
	       "\"behind\":%lld}\n",
	    (double)(now - pace->since_us) / 1e6, samples->count,
	    samples_share(samples, 0.5), samples_share(samples, 0.9),
	    samples_share(samples, 0.99), samples_share(samples, 1.0), pace->refused,
	    pace->broken, (long long)(due > pace->sent ? due - pace->sent : 0));
	fflush(stdout);
	samples_clear(samples);
	pace->refused = pace->broken = 0;
	pace->since_us = now;
}

/* False when the input has ended. */
static bool read_input(struct pace *pace)
{
	char bytes[64];
	ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));
	for (ssize_t i = 0; i < count; i++)
		if (bytes[i] == '\n')
			print_phase(pace);
	return count > 0 || (count < 0 && errno == EINTR);
}

/* False when it is over. */
static bool turn(struct pace *pace)
{
	struct epoll_event events[EVENTS_MAX];
	uint64_t ticks;
	bool more = true;
	int count = epoll_wait(pace->epoll, events, EVENTS_MAX, -1);
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr == NULL)
			more = read_input(pace);
		else if (events[i].data.ptr != pace)
			take_reply(pace, events[i].data.ptr);
		else if (read(pace->timer, &ticks, sizeof(ticks)) < 0)
			continue;
	}
	send_due(pace);
	return more;
}

int main(int argc, char **argv)
{
	struct pace pace = {.rate = 1000, .connection_count = 64};
	read_options(&pace, argc, argv);
	start(&pace);
	while (turn(&pace))
		continue;
	for (int64_t i = 0; i < pace.connection_count; i++)
		exchange_close(&pace.exchanges[i]);
	samples_clear(&pace.samples);
	message_maker_free(pace.maker);
	free((void *)pace.idle);
	free(pace.exchanges);
	return 0;
}
