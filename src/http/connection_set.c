#include <assert.h>
#include <stdlib.h>

#include "http/connection_internal.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/mem.h"

enum {
	/* How long the handshakes of a round may take: each costs a signature, and
	 * webhooks wait meanwhile. */
	GREET_US = 2000,
};

/* ---- where it stands ---- */

/* GONE is what it becomes where it is. */
static struct connection_list *connections_of(struct connections *set, enum state state)
{
	switch (state) {
	case STATE_GREETING:
	case STATE_READING:
	case STATE_SENDING:
		return &set->slow;
	case STATE_SERVING:
		return &set->serving;
	case STATE_IDLE:
	case STATE_LINGERING:
	case STATE_GONE:
		break;
	}
	return &set->resting;
}

void connection_enter(struct connection *c, enum state state)
{
	struct connection_list *from = connections_of(c->set, c->state);
	struct connection_list *to = connections_of(c->set, state);
	c->state = state;
	if (from == to)
		return;
	TAILQ_REMOVE(from, c, link);
	TAILQ_INSERT_TAIL(to, c, link);
	c->since = ++c->set->moves;
}

bool connections_empty(const struct connections *set)
{
	return TAILQ_EMPTY(&set->slow) && TAILQ_EMPTY(&set->serving) &&
	       TAILQ_EMPTY(&set->resting);
}

/* ---- making room ---- */

/* The first of a list that is not c, and may be closed: one whose serve has made us run
 * another may not. */
static struct connection *connections_first(
    struct connection_list *list, const struct connection *c)
{
	struct connection *first = TAILQ_FIRST(list);
	while (first != NULL && (first == c || first->running))
		first = TAILQ_NEXT(first, link);
	return first;
}

static void connection_unqueue(struct connection *c)
{
	if (c->queued)
		TAILQ_REMOVE(&c->set->greeting, c, queue);
	c->queued = false;
}

void connection_free(struct connection *c)
{
	struct connections *set = c->set;
	connection_end(c);
	connection_unqueue(c);
	loop_timer_stop(set->loop, &c->timer);
	stream_close(&c->stream);
	TAILQ_REMOVE(connections_of(set, c->state), c, link);
	free(c);
	atomic_fetch_sub_explicit(&set->shared->open, 1, memory_order_relaxed);
}

/* For another one's sake: not from within its own connection_run. */
static void connection_close(struct connection *c)
{
	assert(!c->running);
	connection_free(c);
}

bool connection_make_room(const struct connection *c)
{
	struct connection *oldest = connections_first(&c->set->slow, c);
	connection_count(&c->set->shared->shed);
	if (oldest != NULL)
		connection_close(oldest);
	return oldest != NULL;
}

/* ---- what wakes a connection ---- */

static void connections_arm_greet(
    struct connections *set, void (*when)(struct loop *loop, struct loop_task *task))
{
	if (!set->greet_armed)
		when(set->loop, &set->greet);
	set->greet_armed = true;
}

static void connections_run_greet(struct loop_task *task)
{
	struct connections *set = container_of(task, struct connections, greet);
	int64_t until_us = clock_mono_us() + GREET_US;
	struct connection *c;
	set->greet_armed = false;
	while (
	    (c = TAILQ_FIRST(&set->greeting)) != NULL && clock_mono_us() < until_us) {
		connection_unqueue(c);
		/* A flood of hellos from who leaves. Later, who has left may have sent a
		 * whole request before. */
		if (!stream_begun(&c->stream) && stream_left(&c->stream)) {
			connection_count(&set->shared->handshakes_failed);
			connection_enter(c, STATE_GONE);
		}
		connection_run(c);
	}
	if (c != NULL) /* the others in the next round */
		connections_arm_greet(set, loop_post);
}

static void connection_on_wake(struct stream *stream)
{
	struct connection *c = container_of(stream, struct connection, stream);
	if (c->state != STATE_GREETING) {
		connection_run(c);
		return;
	}
	if (!c->queued)
		TAILQ_INSERT_TAIL(&c->set->greeting, c, queue);
	c->queued = true;
	connections_arm_greet(c->set, loop_at_round_end);
}

/* ---- the set ---- */

void connections_init(
    struct connections *set, struct loop *loop, struct server_shared *shared)
{
	*set = (struct connections){.loop = loop, .shared = shared};
	TAILQ_INIT(&set->slow);
	TAILQ_INIT(&set->serving);
	TAILQ_INIT(&set->resting);
	TAILQ_INIT(&set->greeting);
	set->greet.run = connections_run_greet;
}

void connections_add(
    struct connections *set, int fd, const struct sockaddr_storage *peer)
{
	struct server_shared *shared = set->shared;
	const struct server_limits *limits = &shared->config.limits;
	size_t open = atomic_fetch_add_explicit(&shared->open, 1, memory_order_relaxed);
	struct connection *c = mem_new(1, sizeof(*c));
	c->set = set;
	c->peer = *peer;
	c->timer.fire = connection_on_deadline;
	c->state = shared->config.tls != NULL ? STATE_GREETING : STATE_IDLE;
	stream_open(&c->stream, set->loop, fd, shared->config.tls, &shared->memory,
	    connection_on_wake);
	TAILQ_INSERT_TAIL(connections_of(set, c->state), c, link);
	c->since = ++set->moves;
	connection_count(&shared->connections);
	connection_deadline(
	    c, c->state == STATE_GREETING ? limits->request_ms : limits->idle_ms);
	if (open < limits->connections) {
		connection_run(c);
		return;
	}
	connection_count(&shared->shed);
	struct connection *oldest = connections_first(&set->resting, c);
	struct connection *half = connections_first(&set->slow, c);
	if (oldest == NULL || (half != NULL && half->since < oldest->since))
		oldest = half;
	if (oldest != NULL) {
		connection_close(oldest);
	} else if (c->state == STATE_GREETING) {
		connection_enter(c, STATE_GONE);
	} else {
		connection_begin(c);
		connection_send_error(c, 503, "too many connections");
	}
	connection_run(c);
}

void connections_drain(struct connections *set)
{
	struct connection *c;
	set->draining = true;
	TAILQ_FOREACH(c, &set->resting, link)
		if (c->state == STATE_IDLE)
			connection_deadline(c, DRAIN_GRACE_MS);
	TAILQ_FOREACH(c, &set->slow, link)
		if (c->state == STATE_GREETING && !stream_begun(&c->stream))
			connection_deadline(c, DRAIN_GRACE_MS);
	if (connections_empty(set))
		set->drained(set);
}

static void connections_clear_list(struct connection_list *list)
{
	struct connection *c = TAILQ_FIRST(list);
	while (c != NULL) {
		struct connection *next = TAILQ_NEXT(c, link);
		connection_free(c);
		c = next;
	}
}

void connections_clear(struct connections *set)
{
	connections_clear_list(&set->slow);
	connections_clear_list(&set->serving);
	connections_clear_list(&set->resting);
	buf_free(&set->out);
}
