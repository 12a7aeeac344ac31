#include "admin/admin.h"

#include <stdlib.h>

#include "admin/metrics.h"
#include "util/mem.h"

struct admin {
	struct server *server;
	struct store *store;
	struct metrics *metrics;
};

static void admin_reply(struct request *request, int status, struct span body)
{
	request_reply(request, &(struct reply){.status = status,
				   .content_type = "text/plain; charset=utf-8",
				   .body = body});
}

static void admin_on_health(struct admin *admin, struct request *request)
{
	(void)admin;
	admin_reply(request, 200, SPAN("ok\n"));
}

static void admin_on_ready(struct admin *admin, struct request *request)
{
	struct error why;
	struct buf text = {0};
	if (store_healthy(admin->store, &why)) {
		admin_reply(request, 200, SPAN("ready\n"));
		return;
	}
	buf_printf(&text, "the store is not ready: %s\n", why.text);
	admin_reply(request, 503, buf_span(&text));
	buf_free(&text);
}

static void admin_on_metrics(struct admin *admin, struct request *request)
{
	struct buf out = {0};
	metrics_write(admin->metrics, &out);
	request_reply(
	    request, &(struct reply){.status = 200,
			 .content_type = "text/plain; version=0.0.4; charset=utf-8",
			 .body = buf_span(&out)});
	buf_free(&out);
}

static const struct {
	const char *path;
	void (*serve)(struct admin *admin, struct request *request);
} admin_pages[] = {
    {"/healthz", admin_on_health},
    {"/readyz", admin_on_ready},
    {"/metrics", admin_on_metrics},
};

static void admin_serve(void *ctx, struct request *request)
{
	for (size_t i = 0; i < sizeof(admin_pages) / sizeof(admin_pages[0]); i++) {
		if (!span_is(request->path, admin_pages[i].path))
			continue;
		admin_pages[i].serve(ctx, request);
		return;
	}
	admin_reply(request, 404, SPAN("there is /healthz, /readyz and /metrics\n"));
}

int admin_open(struct admin **out, const char *listen, const struct admin_view *view,
    struct error *err)
{
	struct admin *admin = mem_new(1, sizeof(*admin));
	admin->store = view->store;
	struct server_config config = {
	    .listen = listen,
	    .threads = 1,
	    .name = "oh-admin",
	    .limits = server_default_limits,
	    .serve = admin_serve,
	    .ctx = admin,
	};
	config.limits.connections = 100;
	if (metrics_open(&admin->metrics, view, err) < 0 ||
	    server_open(&admin->server, &config, err) < 0) {
		metrics_close(admin->metrics);
		free(admin);
		return error_wrap(err, "admin");
	}
	*out = admin;
	return 0;
}

const char *admin_address(const struct admin *admin)
{
	return server_address(admin->server);
}

void admin_close(struct admin *admin)
{
	if (admin == NULL)
		return;
	server_drain(admin->server, 1000);
	server_close(admin->server);
	metrics_close(admin->metrics);
	free(admin);
}
