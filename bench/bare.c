#include "bare.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <getopt.h>
#include <llhttp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/mem.h"

struct bare {
	struct event_base *base;
	struct bare_form *form;
	struct bare_store *store;
	struct bare_work *gathered; /* of this round, newest first */
	llhttp_settings_t settings;
	int wake;
	bool stop;
};

struct connection {
	struct bare_work work; /* first: a work's connection is where it is */
	struct bare *bare;
	struct bufferevent *bev;
	llhttp_t parser;
	struct buf header; /* the name that is being read */
	bool is_signature;
	bool with_store, gone;
};

static void connection_free(struct connection *conn)
{
	bufferevent_free(conn->bev);
	buf_free(&conn->header);
	buf_free(&conn->work.body);
	buf_free(&conn->work.signature);
	buf_free(&conn->work.params);
	buf_free(&conn->work.doc);
	buf_free(&conn->work.reply);
	free(conn);
}

static void connection_end(struct connection *conn)
{
	if (conn->with_store)
		conn->gone = true;
	else
		connection_free(conn);
}

static int on_begin(llhttp_t *parser)
{
	struct connection *conn = parser->data;
	buf_clear(&conn->header);
	buf_clear(&conn->work.signature);
	buf_clear(&conn->work.body);
	return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
	struct connection *conn = parser->data;
	buf_add(&conn->header, at, len);
	return 0;
}

static int on_header_field_complete(llhttp_t *parser)
{
	struct connection *conn = parser->data;
	conn->is_signature =
	    span_ieq(buf_span(&conn->header), SPAN("X-Twilio-Signature"));
	buf_clear(&conn->header);
	return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
	struct connection *conn = parser->data;
	if (conn->is_signature)
		buf_add(&conn->work.signature, at, len);
	return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
	struct connection *conn = parser->data;
	buf_add(&conn->work.body, at, len);
	return 0;
}

static void reply(struct connection *conn, const char *status, struct span body)
{
	char head[256];
	int len = snprintf(head, sizeof(head),
	    "HTTP/1.1 %s\r\nContent-Type: text/xml; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    status, body.len);
	bufferevent_write(conn->bev, head, (size_t)len);
	bufferevent_write(conn->bev, body.ptr, body.len);
}

static int on_complete(llhttp_t *parser)
{
	struct connection *conn = parser->data;
	struct bare *bare = conn->bare;
	buf_reserve(&conn->work.body, 0);
	if (!bare_form_handle(bare->form, &conn->work)) {
		reply(conn, "403 Forbidden", SPAN("refused\n"));
		return 0;
	}
	conn->with_store = true;
	conn->work.next = bare->gathered;
	bare->gathered = &conn->work;
	return 0;
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct connection *conn = ctx;
	struct evbuffer *input = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(input);
	const char *bytes = (const char *)evbuffer_pullup(input, -1);
	if (llhttp_execute(&conn->parser, bytes, len) == HPE_OK)
		evbuffer_drain(input, len);
	else
		connection_end(conn);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	(void)bev;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
		connection_end(ctx);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *from, int len, void *ctx)
{
	struct connection *conn = mem_new(1, sizeof(*conn));
	(void)listener, (void)from, (void)len;
	conn->bare = ctx;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	llhttp_init(&conn->parser, HTTP_REQUEST, &conn->bare->settings);
	conn->parser.data = conn;
	conn->bev = bufferevent_socket_new(conn->bare->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(conn->bev, on_read, NULL, on_event, conn);
	bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
}

static void on_committed(evutil_socket_t fd, short what, void *ctx)
{
	struct bare *bare = ctx;
	uint64_t count;
	(void)what;
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		return;
	struct bare_work *work = bare_store_done(bare->store);
	while (work != NULL) {
		struct connection *conn = (struct connection *)(void *)work;
		work = work->next;
		conn->with_store = false;
		if (conn->gone)
			connection_free(conn);
		else
			reply(conn, "200 OK", buf_span(&conn->work.reply));
	}
}

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
	struct bare *bare = ctx;
	(void)fd, (void)what;
	bare->stop = true;
}

/* On a free port of the loopback address. */
static void listen_on(struct bare *bare)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	struct evconnlistener *listener = evconnlistener_new_bind(bare->base, on_accept,
	    bare, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 1024,
	    (const struct sockaddr *)&at, sizeof(at));
	if (listener == NULL || getsockname(evconnlistener_get_fd(listener),
				    (struct sockaddr *)&at, &len) != 0) {
		perror("bare: cannot listen");
		exit(1);
	}
	fprintf(stderr, "listening on http://127.0.0.1:%u\n", ntohs(at.sin_port));
}

static void run(struct bare *bare)
{
	struct event *committed, *term;
	bare->base = event_base_new();
	llhttp_settings_init(&bare->settings);
	bare->settings.on_message_begin = on_begin;
	bare->settings.on_header_field = on_header_field;
	bare->settings.on_header_field_complete = on_header_field_complete;
	bare->settings.on_header_value = on_header_value;
	bare->settings.on_body = on_body;
	bare->settings.on_message_complete = on_complete;
	committed =
	    event_new(bare->base, bare->wake, EV_READ | EV_PERSIST, on_committed, bare);
	term = evsignal_new(bare->base, SIGTERM, on_signal, bare);
	event_add(committed, NULL);
	event_add(term, NULL);
	listen_on(bare);
	while (!bare->stop) {
		event_base_loop(bare->base, EVLOOP_ONCE);
		if (bare->gathered != NULL)
			bare_store_submit(bare->store, bare->gathered);
		bare->gathered = NULL;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"data", required_argument, NULL, 'd'},
	    {"url", required_argument, NULL, 'u'},
	    {NULL, 0, NULL, 0},
	};
	const char *dir = NULL, *url = NULL;
	const char *token = getenv("TWILIO_AUTH_TOKEN");
	struct bare bare = {.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'd')
			dir = optarg;
		else if (option == 'u')
			url = optarg;
	}
	if (dir == NULL || url == NULL || token == NULL) {
		fputs("usage: bare --data DIR --url SIGNED-URL, the Auth Token in "
		      "TWILIO_AUTH_TOKEN\n",
		    stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	bare.form = bare_form_new(token, url);
	bare.store = bare_store_open(dir, bare.wake);
	run(&bare);
	bare_store_close(bare.store);
	bare_form_free(bare.form);
	return 0;
}
