#include "app/app.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "alert/alert_settings.h"
#include "app/certificates.h"
#include "app/issuance.h"
#include "app/manager.h"
#include "app/redirect.h"
#include "app/reload.h"
#include "app/token_watch.h"
#include "builtin/builtin.h"
#include "builtin/templates.h"
#include "config/guard.h"
#include "control/control.h"
#include "engines/engines.h"
#include "handlers/handlers.h"
#include "util/clock.h"
#include "util/cores.h"
#include "util/log.h"
#include "util/log_adopt.h"
#include "util/log_flood.h"
#include "util/mem.h"
#include "webhook/examiner.h"
#include "webhook/lane.h"
#include "webhook/order.h"
#include "webhook/rekey.h"
#include "webhook/stray.h"
#include "webhook/webhook.h"
#include "workers/work.h"

/* What lives as long as the process, in the order of opening (app_close). */
struct app {
	struct service service; /* and its order */
	struct lane *lanes;     /* one for each loop */
	int lane_count;
	struct templates *templates;
	struct store *store;
	struct work *work;
	struct control *control;
	struct handlers *handlers;         /* NULL: the built-in app */
	struct certificates *certificates; /* NULL: plain HTTP */
	struct server *server;
	struct redirect *redirect; /* NULL: no --redirect-listen */
	struct issuance *issuance; /* NULL: no --acme */
	struct admin *admin;       /* NULL: no --admin */
	struct control_server told;
	struct reload *_Atomic reload; /* NULL: nothing is reloaded yet */
	struct manager *manager;       /* likewise */
	struct token_watch token_watch;
	uint64_t served;  /* requests and handshakes at the last look */
	uint64_t trimmed; /* and when memory was last given back */
};

/* 404, or 405 with what is allowed there. */
static struct reply app_refusal(const struct route *other)
{
	if (other == NULL)
		return (struct reply){.status = 404,
		    .content_type = "text/plain; charset=utf-8",
		    .body = SPAN("there is no route of this path\n")};
	return (struct reply){.status = 405,
	    .content_type = "text/plain; charset=utf-8",
	    .header = other->allow != NULL ? other->allow : "Allow: GET, POST",
	    .body = SPAN("this path is not for that method\n")};
}

static const struct route *app_route(
    struct app *app, const struct request *request, const struct route **other)
{
	return route_find(atomic_load(&app->service.routes), request->path,
	    request->method_name, other);
}

static bool app_admit(void *ctx, struct request *request, struct reply *refusal)
{
	const struct route *other;
	if (app_route(ctx, request, &other) != NULL)
		return true;
	*refusal = app_refusal(other);
	return false;
}

static void app_refused(
    void *ctx, const struct request *request, int status, struct span why)
{
	struct app *app = ctx;
	stray_log(atomic_load(&app->service.routes), request, status, why);
}

static void app_serve(void *ctx, struct request *request)
{
	struct app *app = ctx;
	const struct route *other;
	const struct route *route = app_route(app, request, &other);
	if (route == NULL) { /* a swap has removed it since */
		struct reply refusal = app_refusal(other);
		request_reply(request, &refusal);
		return;
	}
	webhook_start(&app->lanes[loop_index(request->loop)], request, route);
}

static int app_open_store(struct app *app, struct error *err)
{
	const struct config *config = app->service.config;
	struct store_config store = {.dir = config->data};
	if (store_open(&app->store, engines_for(config->data), &store, err) < 0)
		return -1;
	app->service.store = app->store;
	if (rekey_store(app->store, config, err) < 0)
		return -1;
	return builtin_declare(app->store, err);
}

static const char *app_scheme(const struct app *app)
{
	return app->certificates != NULL ? "https" : "http";
}

const char *app_address(const struct app *app)
{
	return server_address(app->server);
}

static int app_open_server(struct app *app, struct error *err)
{
	const struct config *config = app->service.config;
	struct server_config server = {
	    .listen = config->listen,
	    .threads = app->lane_count,
	    .name = "oh-loop",
	    .limits = server_default_limits,
	    .tls = certificates_tls(app->certificates),
	    .admit = app_admit,
	    .refused = app_refused,
	    .serve = app_serve,
	    .ctx = app,
	};
	server.limits.body_bytes = (size_t)config->max_body;
	server.limits.connections = (size_t)config->max_connections;
	server.limits.request_ms = config->request_timeout_ms;
	server.limits.idle_ms = config->idle_timeout_ms;
	if (server_open(&app->server, &server, err) < 0)
		return -1;
	if (config->redirect_listen != NULL &&
	    redirect_open(&app->redirect, config, app_address(app), err) < 0)
		return -1;
	return issuance_open(
	    &app->issuance, &app->service, app->certificates, app->redirect, err);
}

static int app_open_admin(struct app *app, struct error *err)
{
	struct admin_view view = {
	    app->server, app->lanes, app->lane_count, app->store, app->work};
	if (app->service.config->admin == NULL)
		return 0;
	return admin_open(&app->admin, app->service.config->admin, &view, err);
}

/* Handlers first: their manifest says which workers there are. */
static int app_start_work(struct app *app, const oh_app *user, struct error *err)
{
	if (user != NULL && user->routes != NULL &&
	    handlers_open(&app->handlers, &app->service, err) < 0)
		return -1;
	return work_start(app->work, user, err);
}

static int app_do_swap(void *ctx, const char *program, struct error *err)
{
	const struct app *app = ctx;
	return work_swap(app->work, program, err);
}

static int app_do_reload(void *ctx, json_t **answer, struct error *err)
{
	struct app *app = ctx;
	struct reload *reload = atomic_load(&app->reload);
	if (reload == NULL)
		return error_set(err, "the server is not ready to reload its settings");
	manager_reloading(app->manager);
	int rc = reload_now(reload, answer, err);
	certificates_reload(app->certificates);
	issuance_wake(app->issuance);
	manager_ready(app->manager);
	const struct config *config = app->service.config;
	atomic_store(&app->told.public_url, config->public_url);
	return rc;
}

static void app_pin(void *ctx, char out[CONTROL_PIN_SIZE])
{
	const struct app *app = ctx;
	tls_pin(certificates_tls(app->certificates), out);
}

static int app_open_all(struct app **out, const struct config *config,
    const struct route *routes, const oh_app *user, struct error *err)
{
	struct app *app = mem_new(1, sizeof(*app));
	app->service.config = config;
	atomic_init(&app->service.routes, routes);
	app->service.order = order_new();
	app->lane_count = config->threads > 0 ? (int)config->threads : cores_usable();
	app->lanes = mem_new((size_t)app->lane_count, sizeof(*app->lanes));
	for (int i = 0; i < app->lane_count; i++)
		lane_open(&app->lanes[i], &app->service);
	if (alert_settings_check(config, err) < 0 ||
	    templates_open(&app->templates, config->templates, err) < 0 ||
	    certificates_open(&app->certificates, &app->service, err) < 0 ||
	    examiner_open(&app->service.examiner, config->tokens, err) < 0)
		goto failed;
	app->service.templates = app->templates;
	if (app_open_store(app, err) < 0 ||
	    work_open(&app->work, &app->service, err) < 0 ||
	    control_open(&app->control, config->data, app->store, err) < 0 ||
	    app_start_work(app, user, err) < 0 || app_open_server(app, err) < 0 ||
	    app_open_admin(app, err) < 0)
		goto failed;
	app->told = (struct control_server){.swap = app_do_swap,
	    .reload = app_do_reload,
	    .ctx = app,
	    .address = app_address(app),
	    .pin = app->certificates != NULL ? app_pin : NULL};
	atomic_init(&app->told.public_url, config->public_url);
	control_attach(app->control, &app->told);
	*out = app;
	return 0;
failed:
	app_close(app);
	return -1;
}

int app_open(struct app **out, const struct config *config, const oh_app *user,
    struct error *err)
{
	return app_open_all(out, config, builtin_routes, user, err);
}

int app_open_routes(struct app **out, const struct config *config,
    const struct route *routes, struct error *err)
{
	return app_open_all(out, config, routes, NULL, err);
}

int app_swap(struct app *app, const char *program, struct error *err)
{
	return work_swap(app->work, program, err);
}

int app_handlers(struct app *app, int *out, int max)
{
	return app->handlers == NULL ? 0 : handlers_pids(app->handlers, out, max);
}

int app_workers(struct app *app, int *out, int max)
{
	return work_pids(app->work, out, max);
}

const char *app_admin_address(const struct app *app)
{
	return app->admin != NULL ? admin_address(app->admin) : NULL;
}

/* Not the reverse of the order of opening. The server drains first, because requests in
 * flight need all the rest; it closes after examiner, handlers and store, because those
 * still post to its loops; what webhooks hold (lanes, manifests, the order, templates) comes
 * last. */
void app_close(struct app *app)
{
	if (app == NULL)
		return;
	issuance_close(app->issuance);
	redirect_close(app->redirect);
	work_stop(app->work); /* running jobs may end while the server drains */
	if (app->server != NULL)
		server_drain(app->server, app->service.config->drain_timeout_ms);
	admin_close(app->admin);
	control_close(app->control);
	examiner_stop(app->service.examiner);
	handlers_close(app->handlers);
	work_close(app->work);
	store_close(app->store); /* commits what is left */
	server_close(app->server);
	certificates_close(app->certificates);
	for (int i = 0; i < app->lane_count; i++)
		lane_close(&app->lanes[i]);
	examiner_free(app->service.examiner);
	handlers_free(app->handlers);
	order_free(app->service.order);
	templates_close(app->templates);
	reload_free(app->reload);
	free(app->lanes);
	free(app);
}

/* What Twilio's Console asks a route's URL for; NULL: it is not entered there. */
static const char *app_console(const struct route *route)
{
	switch (route->kind) {
	case EVENT_SMS_RECEIVED:
		return "A message comes in";
	case EVENT_CALL_RECEIVED:
		return "A call comes in";
	case EVENT_CALL_STATUS:
		return "Call status changes";
	case EVENT_SMS_STATUS:
		return "status callback of messages you send";
	case EVENT_CALL_ACTION:
	case EVENT_RECORDING_STATUS:
	case EVENT_TRANSCRIPTION:
	case EVENT_JSON:
	case EVENT_OTHER:
	case EVENT_KINDS:
		break;
	}
	return route->console;
}

static void app_print_route(const char *base, const struct route *route)
{
	const char *console = app_console(route);
	if (console == NULL)
		return;
	char *url = mem_printf(
	    "%s%s%s", base, route->path, route->console == NULL ? ROUTE_OVERRIDES : "");
	char *row = mem_printf("  %-36s  %s", console, url);
	log_tell(row, "to be set in the Twilio Console", "console", console, "url", url,
	    NULL);
	free(row);
	free(url);
}

static void app_print_address(const char *what, const char *scheme, const char *address)
{
	char *text = mem_printf("%s on %s://%s", what, scheme, address);
	log_tell(NULL, text, "address", address, NULL);
	free(text);
}

static void app_print_console(const struct app *app, const char *base)
{
	log_tell("In the Twilio Console, set for your phone number:", NULL, NULL);
	for (const struct route *route = atomic_load(&app->service.routes);
	     route->path != NULL; route++)
		app_print_route(base, route);
	log_tell("  (" ROUTE_OVERRIDES
		 " has Twilio try twice more after a 5xx or a timeout; it is "
		 "not sent and not signed)",
	    NULL, NULL);
}

static void app_print_ready(const struct app *app)
{
	const struct config *config = app->service.config;
	char *own = issuance_url(config);
	app_print_address("listening", app_scheme(app), app_address(app));
	if (app->redirect != NULL)
		app_print_address("redirect", "http", redirect_address(app->redirect));
	if (app_admin_address(app) != NULL)
		app_print_address("admin", "http", app_admin_address(app));
	if (config->public_url != NULL || own != NULL)
		app_print_console(
		    app, config->public_url != NULL ? config->public_url : own);
	else
		log_tell(NULL,
		    "no --public-url is set: signatures are checked against the Host "
		    "header; set it to the URL that Twilio calls",
		    NULL);
	free(own);
}

/* ---- until it is told to stop ---- */

static void app_signals(sigset_t *out)
{
	(void)sigemptyset(out);
	(void)sigaddset(out, SIGTERM);
	(void)sigaddset(out, SIGINT);
	(void)sigaddset(out, SIGHUP);
	(void)sigaddset(out, SIGUSR1);
}

void app_block_signals(void)
{
	sigset_t signals;
	app_signals(&signals);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

/* What is looked at about once a second. */
static void app_look(struct app *app)
{
	struct failure_listeners listeners = service_listeners(&app->service);
	int64_t now_us = clock_mono_us();
	templates_reload(app->templates);
	certificates_look(app->certificates, now_us);
	(void)token_watch_look(&app->token_watch, app->service.config->tokens, now_us);
	log_flood_tell(now_us, false);
	outage_look(&app->service.outage, app->store, &listeners, now_us);
	manager_look(app->manager, app->server, app->store, now_us);
	/* After a burst the C library keeps the memory. Once the server is quiet again, it
	 * goes back to the machine. */
	struct server_stats stats;
	server_stats(app->server, &stats);
	uint64_t served = stats.requests_total + stats.handshakes_total;
	if (served == app->served && app->trimmed != app->served) {
		(void)malloc_trim(0);
		app->trimmed = app->served;
	}
	app->served = served;
}

static void app_wait(struct app *app, bool terminal)
{
	const struct timespec second = {.tv_sec = 1};
	struct error ignored; /* it is in the log */
	sigset_t signals;
	app_signals(&signals);
	for (;;) {
		int signal = sigtimedwait(&signals, NULL, &second);
		bool closed = terminal && isatty(STDERR_FILENO) == 0;
		if (signal == SIGTERM || signal == SIGINT ||
		    (signal == SIGHUP && closed))
			return;
		if (signal == SIGHUP)
			(void)app_do_reload(app, NULL, &ignored);
		else if (signal == SIGUSR1)
			log_write(LOG_DEBUG,
			    "SIGUSR1: the log goes to stderr; there is no file to open "
			    "again",
			    NULL);
		app_look(app);
	}
}

int app_run(const struct config *config, const struct app_source *source,
    const oh_app *user, struct error *err)
{
	struct app *app = NULL;
	struct manager manager;
	sigset_t again;
	bool terminal = isatty(STDERR_FILENO) == 1;
	app_block_signals();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk: 503 */
	if (log_start(err) < 0)
		return -1;
	guard_config(config);
	if (log_adopt_start(err) < 0 || app_open(&app, config, user, err) < 0) {
		log_adopt_stop();
		log_stop();
		return -1;
	}
	manager_open(&manager, app_scheme(app), app_address(app));
	app->manager = &manager;
	atomic_store(&app->reload, reload_new(&app->service, app->work, source));
	app_print_ready(app);
	store_make_room(app->service.store);
	manager_ready(&manager);
	app_wait(app, terminal);
	(void)sigemptyset(&again);
	(void)sigaddset(&again, SIGINT);
	(void)pthread_sigmask(SIG_UNBLOCK, &again, NULL); /* a second Ctrl-C ends it */
	log_write(LOG_INFO, "stopping: requests in flight finish", NULL);
	manager_stopping(&manager, config->drain_timeout_ms);
	app_close(app);
	manager_close(&manager);
	log_adopt_stop();
	log_flood_tell(clock_mono_us(), true);
	log_stop();
	guard_end();
	return 0;
}
