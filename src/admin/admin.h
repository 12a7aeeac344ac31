/* admin -- the owner's listener, apart from Twilio's: /healthz (the server runs),
 * /readyz (it can store), /metrics (for Prometheus). Bind it to a private address. */
#ifndef OFFHOOK_ADMIN_ADMIN_H
#define OFFHOOK_ADMIN_ADMIN_H

#include "http/server.h"
#include "util/error.h"
#include "webhook/lane.h"
#include "workers/work.h"

struct admin;

/* What it reports on; all of it must outlive the admin. */
struct admin_view {
	const struct server *server;
	const struct lane *lanes;
	int lane_count;
	struct store *store;
	const struct work *work;
};

int admin_open(struct admin **out, const char *listen, const struct admin_view *view,
    struct error *err);
const char *admin_address(const struct admin *admin);
void admin_close(struct admin *admin); /* NULL is fine */

#endif
