#include "drive.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"

enum { EVENTS_MAX = 256, STALLED_MS = 20000 };

struct drive {
	const struct drive_config *config;
	struct message_maker *maker;
	struct exchange *exchanges;
	int epoll;
	size_t open; /* connections that wait for a reply */
	bool counting, once;
};

struct drive *drive_new(const struct drive_config *config)
{
	struct drive *drive = mem_new(1, sizeof(*drive));
	drive->config = config;
	drive->maker = message_maker_new(config->kind, config->url, config->token);
	if (config->churn)
		message_ends_connection(drive->maker);
	drive->exchanges = mem_new(config->connections, sizeof(struct exchange));
	drive->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; i < config->connections; i++)
		drive->exchanges[i].fd = -1;
	for (size_t i = 0; i < config->connections; i++)
		if (!exchange_open(
			&drive->exchanges[i], config->connect, drive->epoll)) {
			drive_free(drive);
			return NULL;
		}
	return drive;
}

static void hang_up(struct drive *drive, struct exchange *exchange)
{
	if (exchange->waiting)
		drive->open--;
	exchange_close(exchange);
}

void drive_free(struct drive *drive)
{
	if (drive == NULL)
		return;
	for (size_t i = 0; i < drive->config->connections; i++)
		exchange_close(&drive->exchanges[i]);
	close(drive->epoll);
	message_maker_free(drive->maker);
	free(drive->exchanges);
	free(drive);
}

static void send_next(
    struct drive *drive, struct exchange *exchange, struct drive_result *result)
{
	int64_t now = clock_mono_us();
	if (exchange->fd < 0 &&
	    !exchange_open(exchange, drive->config->connect, drive->epoll)) {
		result->closed++;
		return;
	}
	drive->open++;
	if (!exchange_send(exchange, drive->maker, now)) {
		result->closed++;
		hang_up(drive, exchange);
	}
}

/* The client closes, too: a server need not do what "Connection: close" says. */
static void go_on(
    struct drive *drive, struct exchange *exchange, struct drive_result *result)
{
	if (drive->config->churn)
		exchange_close(exchange);
	send_next(drive, exchange, result);
}

static void note(
    struct drive *drive, struct drive_result *result, const struct exchange *exchange)
{
	result->answered++;
	if (drive->counting)
		samples_add(&result->latencies,
		    (uint32_t)(clock_mono_us() - exchange->since_us));
}

static void take_reply(
    struct drive *drive, struct exchange *exchange, struct drive_result *result)
{
	int status = 0, due = drive->config->kind == MESSAGE_STATUS ? 204 : 200;
	bool waited = exchange->waiting;
	enum exchange_result got = exchange_receive(exchange, &status);
	if (got == EXCHANGE_WAITS)
		return;
	drive->open -= waited && !exchange->waiting ? 1 : 0;
	if (got == EXCHANGE_CLOSED)
		result->closed += waited ? 1 : 0;
	else if (got == EXCHANGE_MALFORMED)
		result->malformed++;
	else if (status != due)
		result->refused[status]++;
	else
		note(drive, result, exchange);
	if (got == EXCHANGE_CLOSED || got == EXCHANGE_MALFORMED)
		hang_up(drive, exchange);
	else if (!drive->once)
		go_on(drive, exchange, result);
}

/* False when nothing came for so long that nothing will. */
static bool turn(struct drive *drive, struct drive_result *result)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(drive->epoll, events, EVENTS_MAX, STALLED_MS);
	for (int i = 0; i < count; i++)
		take_reply(drive, events[i].data.ptr, result);
	return count > 0 || (count < 0 && errno == EINTR);
}

static void start_all(struct drive *drive, struct drive_result *result)
{
	for (size_t i = 0; i < drive->config->connections; i++)
		send_next(drive, &drive->exchanges[i], result);
}

static bool drive_sated(const struct drive *drive, const struct drive_result *result)
{
	return drive->config->requests > 0 &&
	       result->answered >= drive->config->requests;
}

void drive_run(struct drive *drive, struct drive_result *out)
{
	int64_t from = clock_mono_us() + drive->config->warmup_us;
	int64_t until = from + drive->config->measure_us;
	int64_t now = clock_mono_us();
	start_all(drive, out);
	while (now < until && drive->open > 0 && !drive_sated(drive, out) &&
	       turn(drive, out)) {
		now = clock_mono_us();
		if (!drive->counting && now >= from) {
			drive->counting = true;
			from = now;
		}
	}
	out->elapsed_us = now - from;
}

void drive_once(struct drive *drive, struct drive_result *out)
{
	drive->counting = drive->once = true;
	start_all(drive, out);
	while (drive->open > 0 && turn(drive, out))
		continue;
}
