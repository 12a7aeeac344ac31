#include "app/manager.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/text.h"

enum { CLOSING_MS = 30000 }; /* to commit what is left and close the store */

/* WATCHDOG_PID, when it is set, says whose signs of life are wanted. */
static int64_t manager_watchdog_us(void)
{
	const char *each = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	int64_t each_us, number;
	if (each == NULL || !text_int(span_of(each), 1, INT64_MAX, &each_us))
		return 0;
	if (pid != NULL &&
	    (!text_int(span_of(pid), 1, INT64_MAX, &number) || number != getpid()))
		return 0;
	return each_us;
}

void manager_open(struct manager *out, const char *scheme, const char *address)
{
	struct error err;
	*out = (struct manager){.scheme = scheme, .address = address};
	if (notify_open(&out->notify, getenv("NOTIFY_SOCKET"), &err) < 0)
		log_write(LOG_WARN, "the service manager is not told that it runs",
		    "why", err.text, NULL);
	if (out->notify.fd >= 0)
		out->each_us = manager_watchdog_us() / 2;
}

void manager_ready(const struct manager *manager)
{
	notify_send(&manager->notify, "READY=1\nSTATUS=listening on %s://%s",
	    manager->scheme, manager->address);
}

void manager_reloading(const struct manager *manager)
{
	notify_send(&manager->notify,
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reads its settings again",
	    clock_mono_us());
}

void manager_stopping(struct manager *manager, int64_t drain_ms)
{
	notify_send(&manager->notify,
	    "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64
	    "\nSTATUS=stopping: requests in flight finish",
	    (drain_ms + CLOSING_MS) * 1000);
}

/* Whether the loops and the store's writer get on. */
static bool manager_alive(
    struct manager *manager, struct server *server, struct store *store)
{
	struct store_stats stats;
	store_stats(store, &stats);
	uint64_t settled = stats.commits + stats.failed_commits;
	bool commits = stats.waiting == 0 || settled != manager->settled;
	manager->settled = settled;
	return server_answers(server) && commits;
}

static void manager_tell_health(struct manager *manager, struct store *store)
{
	struct error why;
	bool unhealthy = !store_healthy(store, &why);
	if (unhealthy == manager->unhealthy)
		return;
	manager->unhealthy = unhealthy;
	if (unhealthy)
		notify_send(
		    &manager->notify, "STATUS=nothing can be stored: %s", why.text);
	else
		notify_send(&manager->notify, "STATUS=listening on %s://%s",
		    manager->scheme, manager->address);
}

void manager_look(
    struct manager *manager, struct server *server, struct store *store, int64_t now_us)
{
	if (manager->notify.fd < 0)
		return;
	manager_tell_health(manager, store);
	if (manager->each_us == 0)
		return;
	bool due = now_us - manager->sign_us >= manager->each_us;
	if (manager_alive(manager, server, store)) {
		if (due) {
			notify_send(&manager->notify, "WATCHDOG=1");
			manager->sign_us = now_us;
		}
		manager->stuck = false;
	} else if (due && !manager->stuck) {
		manager->stuck = true;
		log_write(LOG_ERROR,
		    "the server does not get on: a loop or the store's writer is stuck",
		    NULL);
	}
}

void manager_close(struct manager *manager)
{
	notify_close(&manager->notify);
}
