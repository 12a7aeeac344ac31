/* cmd_acme_order -- the process in which the server asks a CA for a certificate. */
#include "acme/order_process.h"
#include "cli/options.h"

static int acme_order_run(const struct options *options)
{
	(void)options;
	return order_process_run();
}

const struct command cmd_acme_order = {
    .name = "acme-order",
    .usage = "",
    .summary = "ask a CA for a certificate (the server starts it)",
    .hidden = true,
    .run = acme_order_run,
};
