#include "admin/admin.h"

#include <inttypes.h>
#include <stdlib.h>

#include "admin/metric.h"
#include "admin/metrics_jobs.h"
#include "util/mem.h"

struct admin {
	struct server *server;
	struct admin_view view;
	struct admin_jobs *jobs;
};

static void text_reply(struct request *request, int status, struct span body)
{
	request_reply(request, &(struct reply){.status = status,
				   .content_type = "text/plain; charset=utf-8",
				   .body = body});
}

static void on_health(struct admin *admin, struct request *request)
{
	(void)admin;
	text_reply(request, 200, SPAN("ok\n"));
}

static void on_ready(struct admin *admin, struct request *request)
{
	if (store_healthy(admin->view.store))
		text_reply(request, 200, SPAN("ready\n"));
	else
		text_reply(request, 503, SPAN("the store cannot write; see the log\n"));
}

static void webhook_metrics(struct buf *out, const struct admin_view *view)
{
	buf_puts(out, "# HELP offhook_webhooks_total Webhooks answered, by outcome.\n"
		      "# TYPE offhook_webhooks_total counter\n");
	for (int outcome = 0; outcome < OUTCOMES; outcome++) {
		uint64_t sum = 0;
		for (int i = 0; i < view->lane_count; i++)
			sum += atomic_load_explicit(
			    &view->lanes[i].outcomes[outcome], memory_order_relaxed);
		buf_printf(out, "offhook_webhooks_total{outcome=\"%s\"} %" PRIu64 "\n",
		    outcome_name((enum outcome)outcome), sum);
	}
}

static void http_metrics(struct buf *out, const struct admin_view *view)
{
	struct server_stats http;
	server_stats(view->server, &http);
	admin_metric(out, "http_connections", "gauge", "Connections open.",
	    http.connections_open);
	admin_metric(out, "http_connections_total", "counter", "Connections accepted.",
	    http.connections_total);
	admin_metric(out, "http_requests_total", "counter", "Well-formed requests.",
	    http.requests_total);
	admin_metric(out, "http_malformed_total", "counter",
	    "Requests answered 400 unread.", http.malformed_total);
	admin_metric(out, "http_timed_out_total", "counter",
	    "Requests that came too slowly.", http.timed_out_total);
	admin_metric(out, "http_shed_total", "counter",
	    "Connections or requests turned away.", http.shed_total);
	admin_metric(out, "http_request_bytes", "gauge",
	    "Memory of requests being served.", http.memory_bytes);
}

static void store_metrics(struct buf *out, const struct admin_view *view)
{
	struct store_stats store;
	store_stats(view->store, &store);
	admin_metric(
	    out, "store_events_total", "counter", "Events committed.", store.events);
	admin_metric(out, "store_duplicates_total", "counter",
	    "Repeats answered with the stored reply.", store.duplicates);
	admin_metric(
	    out, "store_commits_total", "counter", "Group commits.", store.commits);
	admin_metric(out, "store_failed_commits_total", "counter",
	    "Commits that failed.", store.failed_commits);
	admin_metric(out, "store_waiting", "gauge", "Transactions not yet committed.",
	    store.waiting);
	admin_metric(out, "store_wal_bytes", "gauge", "Size of the write-ahead log.",
	    (uint64_t)store.wal_bytes);
	admin_metric(out, "store_healthy", "gauge", "1 while commits succeed.",
	    store_healthy(view->store) ? 1 : 0);
}

static void on_metrics(struct admin *admin, struct request *request)
{
	struct buf out = {0};
	webhook_metrics(&out, &admin->view);
	http_metrics(&out, &admin->view);
	store_metrics(&out, &admin->view);
	admin_jobs_metrics(admin->jobs, &out);
	request_reply(
	    request, &(struct reply){.status = 200,
			 .content_type = "text/plain; version=0.0.4; charset=utf-8",
			 .body = buf_span(&out)});
	buf_free(&out);
}

static const struct {
	const char *path;
	void (*serve)(struct admin *admin, struct request *request);
} pages[] = {{"/healthz", on_health}, {"/readyz", on_ready}, {"/metrics", on_metrics}};

static void serve(void *ctx, struct request *request)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (!span_is(request->path, pages[i].path))
			continue;
		pages[i].serve(ctx, request);
		return;
	}
	text_reply(request, 404, SPAN("there is /healthz, /readyz and /metrics\n"));
}

int admin_open(struct admin **out, const char *listen, const struct admin_view *view,
    struct error *err)
{
	struct admin *admin = mem_new(1, sizeof(*admin));
	admin->view = *view;
	struct server_config config = {
	    .listen = listen,
	    .threads = 1,
	    .name = "oh-admin",
	    .limits = server_default_limits,
	    .serve = serve,
	    .ctx = admin,
	};
	config.limits.connections = 100;
	if (admin_jobs_open(&admin->jobs, view->store, view->work, err) < 0 ||
	    server_open(&admin->server, &config, err) < 0) {
		admin_jobs_close(admin->jobs);
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
	admin_jobs_close(admin->jobs);
	free(admin);
}
