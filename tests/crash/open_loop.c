#include "open_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../e2e/conversation.h"
#include "util/clock.h"
#include "util/mem.h"

enum { EVENTS_MAX = 64, STALLED_US = 20000000 };

struct line {
	int fd;
	int number; /* of the request it waits for; -1: none */
	int64_t due_us;
	struct buf answer;
	struct line *next; /* of those that are free */
};

struct run {
	const struct open_loop *loop;
	struct open_loop_result *out;
	int epoll;
	struct line *spare;
	int sent, ended;
	int64_t start_us, heard_us;
	struct buf request;
};

static struct line *take_line(struct run *run)
{
	struct line *line = run->spare;
	if (line != NULL) {
		run->spare = line->next;
		return line;
	}
	line = mem_new(1, sizeof(*line));
	*line = (struct line){.fd = talk_connect(run->loop->address), .number = -1};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
	assert_int_equal(epoll_ctl(run->epoll, EPOLL_CTL_ADD, line->fd, &event), 0);
	run->out->most_connections++;
	return line;
}

static void give_up(struct run *run, struct line *line)
{
	run->ended += line->number >= 0;
	(void)close(line->fd);
	buf_free(&line->answer);
	free(line);
}

static int64_t due_us(const struct run *run, int number)
{
	return run->start_us + (int64_t)number * 1000000 / run->loop->per_second;
}

static void send_due(struct run *run)
{
	while (
	    run->sent < run->loop->count && due_us(run, run->sent) <= clock_mono_us()) {
		struct line *line = take_line(run);
		line->number = run->sent++;
		line->due_us = due_us(run, line->number);
		buf_clear(&run->request);
		buf_clear(&line->answer);
		run->loop->make(&run->request, line->number);
		if (send(line->fd, run->request.ptr, run->request.len, MSG_NOSIGNAL) !=
		    (ssize_t)run->request.len)
			give_up(run, line);
	}
}

static bool is_whole(const struct buf *answer)
{
	const char *end = strstr(answer->ptr, "\r\n\r\n");
	const char *length = strcasestr(answer->ptr, "Content-Length: ");
	size_t body = length == NULL ? 0 : (size_t)atol(length + 16);
	return end != NULL && answer->len >= (size_t)(end - answer->ptr) + 4 + body;
}

static void take_answer(struct run *run, struct line *line)
{
	char bytes[4096];
	ssize_t got = recv(line->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		/* A free one, which has been idle for long, is still on its list. */
		if (line->number >= 0)
			give_up(run, line);
		else
			(void)epoll_ctl(run->epoll, EPOLL_CTL_DEL, line->fd, NULL);
		return;
	}
	buf_add(&line->answer, bytes, (size_t)got);
	if (line->number < 0 || !is_whole(&line->answer))
		return;
	if (run->loop->is_right(line->answer.ptr, line->number))
		run->out->took_us[run->out->right++] = clock_mono_us() - line->due_us;
	run->ended++;
	line->number = -1;
	line->next = run->spare;
	run->spare = line;
}

static bool turn(struct run *run)
{
	struct epoll_event events[EVENTS_MAX];
	int64_t wait_us = run->sent < run->loop->count
			      ? due_us(run, run->sent) - clock_mono_us()
			      : STALLED_US;
	wait_us = wait_us < 0 ? 0 : wait_us;
	struct timespec wait = {wait_us / 1000000, wait_us % 1000000 * 1000};
	int count = epoll_pwait2(run->epoll, events, EVENTS_MAX, &wait, NULL);
	int64_t now_us = clock_mono_us();
	for (int i = 0; i < count; i++)
		take_answer(run, events[i].data.ptr);
	if (count > 0)
		run->heard_us = now_us;
	return now_us - run->heard_us < STALLED_US;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

void open_loop_run(struct open_loop_result *out, const struct open_loop *loop)
{
	int64_t now_us = clock_mono_us();
	struct run run = {.loop = loop,
	    .out = out,
	    .epoll = epoll_create1(EPOLL_CLOEXEC),
	    .start_us = now_us,
	    .heard_us = now_us};
	*out = (struct open_loop_result){
	    .took_us = mem_new((size_t)loop->count, sizeof(*out->took_us))};
	assert_true(run.epoll >= 0);
	do
		send_due(&run);
	while (run.ended < loop->count && turn(&run));
	qsort(out->took_us, (size_t)out->right, sizeof(*out->took_us), by_size);
	for (struct line *line = run.spare, *next; line != NULL; line = next) {
		next = line->next;
		give_up(&run, line);
	}
	buf_free(&run.request);
	(void)close(run.epoll);
}
