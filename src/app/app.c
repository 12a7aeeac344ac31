#include "app/app.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app/admin.h"
#include "app/builtin.h"
#include "app/control.h"
#include "app/lane.h"
#include "app/webhook.h"
#include "util/log.h"
#include "util/mem.h"

/* Every lifetime of the process, in the order of opening. */
struct app {
	struct service service;
	struct store *store;
	struct templates *templates;
	struct control *control;
	struct lane *lanes; /* one for each loop */
	int lane_count;
	struct server *server;
	struct admin *admin;
};

static bool admit(void *ctx, struct request *request, struct reply *refusal)
{
	struct app *app = ctx;
	const struct route *route = route_find(app->service.routes, request->path);
	if (route == NULL) {
		*refusal = (struct reply){.status = 404,
		    .content_type = "text/plain; charset=utf-8",
		    .body = SPAN("there is no route of this path\n")};
		return false;
	}
	if (request->method == METHOD_OTHER) {
		*refusal = (struct reply){.status = 405,
		    .content_type = "text/plain; charset=utf-8",
		    .header = "Allow: GET, POST",
		    .body = SPAN("webhooks come by GET or POST\n")};
		return false;
	}
	return true;
}

static void serve(void *ctx, struct request *request)
{
	struct app *app = ctx;
	webhook_start(&app->lanes[loop_index(request->loop)], request,
	    route_find(app->service.routes, request->path));
}

/* The cores this process may run on, which taskset and containers limit. */
static int cores(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

static int open_store(struct app *app, struct error *err)
{
	const struct config *config = app->service.config;
	struct store_config store = {.dir = config->data};
	if (store_open(&app->store, &store, err) < 0)
		return -1;
	app->service.store = app->store;
	return builtin_declare(app->store, err);
}

static int open_server(struct app *app, struct error *err)
{
	const struct config *config = app->service.config;
	struct server_config server = {
	    .listen = config->listen,
	    .threads = app->lane_count,
	    .limits = server_default_limits,
	    .admit = admit,
	    .serve = serve,
	    .ctx = app,
	};
	server.limits.body_bytes = (size_t)config->max_body;
	server.limits.connections = (size_t)config->max_connections;
	server.limits.request_ms = config->request_timeout_ms;
	server.limits.idle_ms = config->idle_timeout_ms;
	return server_open(&app->server, &server, err);
}

static int open_admin(struct app *app, struct error *err)
{
	struct admin_view view = {app->server, app->lanes, app->lane_count, app->store};
	if (app->service.config->admin == NULL)
		return 0;
	return admin_open(&app->admin, app->service.config->admin, &view, err);
}

int app_open(struct app **out, const struct config *config, const struct route *routes,
    struct error *err)
{
	struct app *app = mem_new(1, sizeof(*app));
	app->service.config = config;
	app->service.routes = routes;
	app->lane_count = config->threads > 0 ? (int)config->threads : cores();
	app->lanes = mem_new((size_t)app->lane_count, sizeof(*app->lanes));
	for (int i = 0; i < app->lane_count; i++)
		lane_open(&app->lanes[i], &app->service);
	if (templates_open(&app->templates, config->templates, err) < 0)
		goto failed;
	app->service.templates = app->templates;
	if (open_store(app, err) < 0 ||
	    control_open(&app->control, config->data, app->store, err) < 0 ||
	    open_server(app, err) < 0 || open_admin(app, err) < 0)
		goto failed;
	*out = app;
	return 0;
failed:
	app_close(app);
	return -1;
}

const char *app_address(const struct app *app)
{
	return server_address(app->server);
}

const char *app_admin_address(const struct app *app)
{
	return app->admin != NULL ? admin_address(app->admin) : NULL;
}

void app_close(struct app *app)
{
	if (app == NULL)
		return;
	if (app->server != NULL)
		server_drain(app->server, app->service.config->drain_timeout_ms);
	admin_close(app->admin);
	control_close(app->control);
	/* The store commits what is left; its callbacks still post to the loops. */
	store_close(app->store);
	server_close(app->server);
	for (int i = 0; i < app->lane_count; i++)
		lane_close(&app->lanes[i]);
	templates_close(app->templates);
	free(app->lanes);
	free(app);
}

/* What to enter at Twilio, with the overrides that make it try again when this server
 * was away: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides */
static void print_urls(const struct config *config)
{
	const char *base = config->public_url;
	if (base == NULL) {
		(void)fputs(
		    "no --public-url is set: signatures are checked against the Host "
		    "header; set it to the URL that Twilio calls\n",
		    stderr);
		return;
	}
	(void)fprintf(stderr,
	    "In the Twilio Console, set for your phone number:\n"
	    "  A message comes in   %s/twilio/sms#rc=2&rp=5xx,rt,ct\n"
	    "  A call comes in      %s/twilio/voice#rc=2&rp=5xx,rt,ct\n"
	    "  Call status changes  %s/twilio/voice/status#rc=2&rp=5xx,rt,ct\n"
	    "  Primary handler fails (both)  %s/twilio/fallback\n"
	    "and as status callback of messages you send:\n"
	    "  %s/twilio/sms/status#rc=2&rp=5xx,rt,ct\n",
	    base, base, base, base, base);
}

static void print_ready(const struct app *app)
{
	(void)fprintf(stderr, "listening on http://%s\n", app_address(app));
	if (app_admin_address(app) != NULL)
		(void)fprintf(stderr, "admin on http://%s\n", app_admin_address(app));
	print_urls(app->service.config);
}

/* A burst leaves its memory with the C library, which keeps it: what a quiet server
 * does not need goes back to the machine, once after each burst. */
struct quiet {
	uint64_t served, trimmed; /* requests at the last look, at the last trim */
};

static void give_back_memory(struct quiet *quiet, const struct app *app)
{
	struct server_stats stats;
	server_stats(app->server, &stats);
	if (stats.requests_total == quiet->served && quiet->trimmed != quiet->served) {
		(void)malloc_trim(0);
		quiet->trimmed = quiet->served;
	}
	quiet->served = stats.requests_total;
}

int app_run(const struct config *config, struct error *err)
{
	struct app *app = NULL;
	sigset_t stop;
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk: 503 */
	if (app_open(&app, config, builtin_routes, err) < 0)
		return -1;
	print_ready(app);
	const struct timespec second = {.tv_sec = 1};
	struct quiet quiet = {0};
	while (sigtimedwait(&stop, NULL, &second) < 0 &&
	       (errno == EAGAIN || errno == EINTR)) {
		templates_reload(app->templates);
		give_back_memory(&quiet, app);
	}
	(void)sigdelset(&stop, SIGTERM);
	(void)pthread_sigmask(SIG_UNBLOCK, &stop, NULL); /* a second Ctrl-C ends it */
	log_write(LOG_INFO, "stopping: requests in flight finish", NULL);
	app_close(app);
	return 0;
}
