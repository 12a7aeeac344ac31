#include "admin/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/log_flood.h"
#include "util/mem.h"

enum { FRESH_US = 5000000, TOKENS_SHOWN = 100 };

struct metrics {
	struct admin_view view;
	struct store_reader *reader;
	struct buf queues;  /* the lines about queues, as last counted */
	int64_t counted_us; /* 0: never */
};

/* One without labels. */
static void metric(struct buf *out, const char *name, const char *type,
    const char *help, uint64_t value)
{
	buf_printf(out,
	    "# HELP offhook_%s %s\n# TYPE offhook_%s %s\noffhook_%s %" PRIu64 "\n",
	    name, help, name, type, name, value);
}

static void metrics_webhooks(struct buf *out, const struct admin_view *view)
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
	metric(out, "refusals_undiagnosed_total", "counter",
	    "Refused webhooks whose line in the log has no diagnosis.",
	    atomic_load(&view->lanes[0].service->refusals_undiagnosed));
}

/* Which token is still in use: by its place in the settings, those of auth-token first, then
 * auth-tokens, then shared-keys. A reload begins anew. */
static void metrics_tokens(struct buf *out, const struct admin_view *view)
{
	const struct config *config = view->lanes[0].service->config;
	buf_puts(out,
	    "# HELP offhook_token_matched_total Webhooks by the token that signed them.\n"
	    "# TYPE offhook_token_matched_total counter\n");
	for (size_t i = 0; i < tokens_count(config->tokens) && i < TOKENS_SHOWN; i++)
		buf_printf(out,
		    "offhook_token_matched_total{token=\"%zu\"} %" PRIu64 "\n", i + 1,
		    tokens_matched(config->tokens, i));
}

static void metrics_http(struct buf *out, const struct admin_view *view)
{
	struct server_stats http;
	server_stats(view->server, &http);
	metric(out, "http_connections", "gauge", "Connections open.",
	    http.connections_open);
	metric(out, "http_connections_total", "counter", "Connections accepted.",
	    http.connections_total);
	metric(out, "http_requests_total", "counter", "Well-formed requests.",
	    http.requests_total);
	metric(out, "http_malformed_total", "counter", "Requests answered 400 unread.",
	    http.malformed_total);
	metric(out, "http_timed_out_total", "counter", "Requests that came too slowly.",
	    http.timed_out_total);
	metric(out, "http_shed_total", "counter",
	    "Connections or requests turned away.", http.shed_total);
	metric(out, "http_request_bytes", "gauge", "Memory of requests being served.",
	    http.memory_bytes);
	buf_puts(out,
	    "# HELP offhook_http_refused_total Requests answered before they were "
	    "webhooks, by code.\n"
	    "# TYPE offhook_http_refused_total counter\n");
	for (int i = 0; i < SERVER_REFUSALS; i++)
		buf_printf(out, "offhook_http_refused_total{code=\"%d\"} %" PRIu64 "\n",
		    server_refusals[i], http.refused_total[i]);
}

static void metrics_tls(struct buf *out, const struct admin_view *view)
{
	struct server_stats http;
	server_stats(view->server, &http);
	if (!http.tls)
		return;
	metric(out, "tls_handshakes_total", "counter", "TLS handshakes made.",
	    http.handshakes_total);
	metric(out, "tls_handshake_failures_total", "counter",
	    "TLS handshakes that failed, or were not ended in time.",
	    http.handshake_failures_total);
	metric(out, "certificate_not_after_seconds", "gauge",
	    "When the first of the certificates ends, since 1970; 0: there is none.",
	    (uint64_t)(http.certificate_end_ms / 1000));
}

static void metrics_log(struct buf *out)
{
	metric(out, "log_dropped_total", "counter",
	    "Log lines dropped because nobody read them.", log_dropped());
	buf_puts(out,
	    "# HELP offhook_log_left_out_total Log lines left out because there were "
	    "too many of their sort.\n"
	    "# TYPE offhook_log_left_out_total counter\n");
	for (int i = 0; i < LOG_FLOODS; i++)
		buf_printf(out, "offhook_log_left_out_total{sort=\"%s\"} %" PRIu64 "\n",
		    log_flood_name((enum log_flood)i),
		    log_flood_left_out((enum log_flood)i));
}

static void metrics_store(struct buf *out, const struct admin_view *view)
{
	struct store_stats store;
	store_stats(view->store, &store);
	metric(out, "store_events_total", "counter", "Events committed.", store.events);
	metric(out, "store_duplicates_total", "counter",
	    "Repeats answered with the stored reply.", store.duplicates);
	metric(out, "store_commits_total", "counter", "Group commits.", store.commits);
	metric(out, "store_failed_commits_total", "counter", "Commits that failed.",
	    store.failed_commits);
	metric(out, "store_waiting", "gauge", "Transactions not yet committed.",
	    store.waiting);
	metric(out, "store_wal_bytes", "gauge", "Size of the write-ahead log.",
	    (uint64_t)store.wal_bytes);
	metric(out, "store_healthy", "gauge",
	    "1 while commits and checkpoints succeed.",
	    store_healthy(view->store, NULL) ? 1 : 0);
}

/* ---- jobs, and each queue ---- */

static void metrics_line(
    struct buf *out, const char *name, const struct store_queue *queue, int64_t value)
{
	buf_printf(out, "offhook_%s{queue=\"%.*s\"} %" PRId64 "\n", name,
	    SPAN_ARG(queue->name), value);
}

static void metrics_gauge(
    struct buf *out, const char *name, const char *help, struct buf *lines)
{
	buf_printf(
	    out, "# HELP offhook_%s %s\n# TYPE offhook_%s gauge\n", name, help, name);
	buf_put(out, buf_span(lines));
	buf_free(lines);
}

static void metrics_count_queues(struct metrics *metrics)
{
	/* Prometheus wants all lines of one metric together. */
	struct buf waiting = {0};
	struct buf dead = {0};
	struct buf age = {0};
	int64_t now_ms = clock_wall_ms();
	struct arena *arena = arena_new();
	struct store_queue *queue = NULL;
	struct error err;
	buf_clear(&metrics->queues);
	if (store_queues(metrics->reader, true, arena, &queue, &err) < 0) {
		log_write(LOG_WARN, "metrics: the queues cannot be counted", "why",
		    err.text, NULL);
		queue = NULL; /* no counts are better than some */
	}
	for (; queue != NULL; queue = queue->next) {
		int64_t due_ms = queue->oldest_due_ms;
		metrics_line(&waiting, "jobs_waiting", queue,
		    queue->counts[JOB_WAITING] + queue->counts[JOB_BLOCKED]);
		metrics_line(&dead, "jobs_dead", queue, queue->counts[JOB_DEAD]);
		metrics_line(&age, "jobs_oldest_due_seconds", queue,
		    due_ms < now_ms ? (now_ms - due_ms) / 1000 : 0);
	}
	arena_free(arena);
	metrics_gauge(&metrics->queues, "jobs_waiting",
	    "Open jobs of a queue that do not run: waiting, or behind another of "
	    "their group.",
	    &waiting);
	metrics_gauge(&metrics->queues, "jobs_dead", "Dead letters of a queue.", &dead);
	metrics_gauge(&metrics->queues, "jobs_oldest_due_seconds",
	    "For how long the job of a queue that is due longest has been due.", &age);
	metrics->counted_us = clock_mono_us();
}

static void metrics_jobs(struct buf *out, const struct admin_view *view)
{
	struct jobs_stats stats;
	work_stats(view->work, &stats);
	metric(out, "jobs_started_total", "counter", "Attempts begun.", stats.started);
	metric(out, "jobs_done_total", "counter", "Jobs that are done.", stats.done);
	metric(
	    out, "jobs_failed_total", "counter", "Attempts that failed.", stats.failed);
	metric(out, "jobs_dead_total", "counter", "Jobs that became dead letters.",
	    stats.dead);
	metric(out, "jobs_snoozed_total", "counter", "Attempts that put their job off.",
	    stats.snoozed);
	metric(out, "jobs_running", "gauge", "Attempts under way.",
	    (uint64_t)stats.running);
}

/* ---- all ---- */

void metrics_write(struct metrics *metrics, struct buf *out)
{
	metrics_webhooks(out, &metrics->view);
	metrics_tokens(out, &metrics->view);
	metrics_http(out, &metrics->view);
	metrics_tls(out, &metrics->view);
	metrics_log(out);
	metrics_store(out, &metrics->view);
	metrics_jobs(out, &metrics->view);
	if (metrics->counted_us == 0 ||
	    clock_mono_us() - metrics->counted_us > FRESH_US)
		metrics_count_queues(metrics);
	buf_put(out, buf_span(&metrics->queues));
}

int metrics_open(struct metrics **out, const struct admin_view *view, struct error *err)
{
	struct metrics *metrics = mem_new(1, sizeof(*metrics));
	metrics->view = *view;
	if (store_reader_new(&metrics->reader, view->store, err) < 0) {
		free(metrics);
		return -1;
	}
	*out = metrics;
	return 0;
}

void metrics_close(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	store_reader_close(metrics->reader);
	buf_free(&metrics->queues);
	free(metrics);
}
